// For small test programs that end as the public RISC-V test programs do: by what they write to `tohost`.
//
//   1         all tests passed
//   2 n + 1   test n failed
//
// A program begins with BEGIN, has tests numbered from 1 on, and ends with END. All lanes run the same code, each its own
// data, and the largest word that one writes stays: one that failed wins over those that passed.

// Custom-0 instructions of docs/simt.md.
#define exit_lane .insn r 0x0B, 0, 1, x0, x0, x0
#define warpsync(mask) .insn r 0x0B, 0, 2, x0, mask, x0

// Start-up as bare-metal environments do it, in machine mode: traps go to a handler, control registers are set, and `mret`
// leads into the program. `gp` holds the number of the running test.
#define BEGIN                                                                                      \
  .section .text.init, "ax", @progbits;                                                            \
  .globl _start;                                                                                   \
  _start:                                                                                          \
  la t0, trap;                                                                                     \
  csrw mtvec, t0;                                                                                  \
  csrwi satp, 0;                                                                                   \
  csrwi pmpaddr0, 31;                                                                              \
  csrwi pmpcfg0, 31;                                                                               \
  csrwi medeleg, 0;                                                                                \
  csrwi mideleg, 0;                                                                                \
  csrwi mie, 0;                                                                                    \
  csrwi mstatus, 0;                                                                                \
  csrr a0, mhartid;                                                                                \
  li gp, 0;                                                                                        \
  csrr sp, 0xCD1;                                                                                  \
  la t0, program;                                                                                  \
  csrw mepc, t0;                                                                                   \
  mret;                                                                                            \
  /* An environment call of a program that has passed or failed; anything else fails too. */       \
  trap:                                                                                            \
  csrr t0, mcause;                                                                                 \
  li t1, 11;                                                                                       \
  bne t0, t1, 1f;                                                                                  \
  beqz a0, report;                                                                                 \
  1: slli gp, gp, 1;                                                                               \
  ori gp, gp, 1;                                                                                   \
  j 2f;                                                                                            \
  report:                                                                                          \
  li gp, 1;                                                                                        \
  2: la t0, tohost;                                                                                \
  amomaxu.d zero, gp, (t0);                                                                        \
  exit_lane;                                                                                       \
  .section .text, "ax", @progbits;                                                                 \
  program:

#define END                                                                                        \
  li a0, 0;                                                                                        \
  ecall;                                                                                           \
  failed:                                                                                          \
  li a0, 1;                                                                                        \
  ecall;                                                                                           \
  .section .tohost, "aw", @progbits;                                                               \
  .balign 64;                                                                                      \
  .globl tohost;                                                                                   \
  tohost: .dword 0

// Test `n`: after `code`, `register` holds `value`.
#define TEST(n, register, value, ...)                                                              \
  li gp, n;                                                                                        \
  __VA_ARGS__;                                                                                     \
  li t6, value;                                                                                    \
  bne register, t6, failed

// Test `n`: `op` of the numbers `a` and `b`.
#define TEST_RR(n, op, value, a, b) TEST(n, a2, value, li a0, a; li a1, b; op a2, a0, a1)
// The same with the second as an immediate.
#define TEST_RI(n, op, value, a, b) TEST(n, a2, value, li a0, a; op a2, a0, b)

// Test `n`: `op` of binary32 numbers given by their bits, the bits of its result, and the flags that it raises.
#define TEST_FF(n, op, value, flags, a, b)                                                         \
  TEST(n, a2, value, li a0, a; li a1, b; fmv.w.x fa0, a0; fmv.w.x fa1, a1; csrwi fflags, 0;        \
       op fa2, fa0, fa1; fmv.x.w a2, fa2; slli a2, a2, 32; srli a2, a2, 32);                       \
  TEST(n, a2, flags, csrr a2, fflags)
