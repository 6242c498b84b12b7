// A program as public bare-metal test suites make theirs, with a start-up of its own instead of that of test.h: each feature
// of machine mode is set up under a trap handler that skips what is not there, and after the word to `tohost` it goes round
// for ever, writing it again. All lanes write the same.

  .section .text.init, "ax", @progbits
  .globl _start
_start:
  j reset

// Environment calls end the program, from whatever mode they say that they come; any other trap is a failure.
  .balign 4
trap:
  csrr t5, mcause
  li t6, 8
  beq t5, t6, report
  li t6, 9
  beq t5, t6, report
  li t6, 11
  beq t5, t6, report
  ori gp, gp, 1337
report:
  la t5, tohost
1:
  sw gp, 0(t5)
  sw zero, 4(t5)
  j 1b

reset:
  li gp, 0
  csrr a0, mhartid
2:
  bnez a0, 2b
  // What may not be there has an address to go on at.
  la t0, 3f
  csrw mtvec, t0
  csrwi 0x744, 8
  .balign 4
3:
  la t0, 3f
  csrw mtvec, t0
  csrwi satp, 0
  .balign 4
3:
  la t0, 3f
  csrw mtvec, t0
  li t0, -1
  csrw pmpaddr0, t0
  li t0, 0x1f
  csrw pmpcfg0, t0
  .balign 4
3:
  csrwi mie, 0
  la t0, 3f
  csrw mtvec, t0
  csrwi medeleg, 0
  csrwi mideleg, 0
  .balign 4
3:
  la t0, trap
  csrw mtvec, t0
  csrw stvec, zero
  csrwi mstatus, 0
  li t0, 0x6000
  csrs mstatus, t0
  csrwi fcsr, 0
  la t0, main
  csrw mepc, t0
  csrr a0, mhartid
  mret

  .text
main:
  li gp, 2
  li a1, 21
  li a2, 2
  mul a3, a1, a2
  li a4, 42
  bne a3, a4, fail
  // Not all features have to be there, but those of F are.
  li gp, 3
  fcvt.s.w fa0, a3
  fcvt.w.s a3, fa0
  bne a3, a4, fail
  li gp, 4
  la a5, word
  lw a3, 0(a5)
  bne a3, a4, fail
  fence
  li gp, 1
  li a7, 93
  li a0, 0
  ecall
fail:
  fence
4:
  beqz gp, 4b
  slli gp, gp, 1
  ori gp, gp, 1
  li a7, 93
  mv a0, gp
  ecall

  .section .tohost, "aw", @progbits
  .balign 64
  .globl tohost
tohost: .dword 0
  .balign 64
  .globl fromhost
fromhost: .dword 0

  .data
  .balign 4
word: .word 42
