// RV64I: arithmetic, comparisons, shifts, jumps, branches, loads and stores of all sizes.
#include "test.h"

BEGIN
  TEST_RR(1, add, 0, 0xffffffffffffffff, 1)
  TEST_RR(2, addw, 0xffffffff80000000, 0x7fffffff, 1)
  TEST_RR(3, sub, 0x8000000000000000, 0, 0x8000000000000000)
  TEST_RR(4, subw, 0x7fffffff, 0xffffffff80000000, 1)
  TEST_RR(5, slt, 1, -1, 1)
  TEST_RR(6, sltu, 0, -1, 1)
  TEST_RR(7, xor, 0xff0ff00f, 0xf0f0f0f0, 0x0fff00ff)
  TEST_RR(8, sll, 0x8000000000000000, 1, 127)
  TEST_RR(9, sllw, 0xffffffff80000000, 1, 63)
  TEST_RR(10, srl, 1, 0x8000000000000000, 63)
  TEST_RR(11, srlw, 1, 0x80000000, 31)
  TEST_RR(12, sra, -1, 0x8000000000000000, 63)
  TEST_RR(13, sraw, -1, 0x80000000, 31)
  TEST_RI(14, addi, -2049, -1, -2048)
  TEST_RI(15, sltiu, 1, 1, -1)
  TEST_RI(16, andi, 0xfffffffffffff800, -1, -2048)
  TEST_RI(17, srai, -1, -8, 3)
  TEST_RI(18, sraiw, -1, 0xf0000000, 31)
  TEST(19, a2, 0xffffffff80000000, lui a2, 0x80000)
  TEST(20, a2, 4, auipc a0, 0; auipc a1, 0; sub a2, a1, a0)

  // A call and its return, and a branch that is not taken.
  TEST(21, a2, 7, li a2, 3; jal ra, double_and_one; beqz a2, failed)

  // Each lane has a word of its own behind the stack's end: bytes and halves, with and without sign.
  addi s0, sp, -16
  li a0, 0x8182838485868788
  sd a0, 0(s0)
  TEST(22, a2, 0xffffffffffffff88, lb a2, 0(s0))
  TEST(23, a2, 0x88, lbu a2, 0(s0))
  TEST(24, a2, 0xffffffffffff8586, lh a2, 2(s0))
  TEST(25, a2, 0x8586, lhu a2, 2(s0))
  TEST(26, a2, 0xffffffff81828384, lw a2, 4(s0))
  TEST(27, a2, 0x81828384, lwu a2, 4(s0))
  TEST(28, a2, 0x81828384aa868788, li a0, 0x1aa; sb a0, 3(s0); ld a2, 0(s0))
  TEST(29, a2, 0xbbbb8384aa868788, li a0, 0xbbbb; sh a0, 6(s0); ld a2, 0(s0))
  TEST(30, a2, 0xbbbb838400000001, li a0, 1; sw a0, 0(s0); ld a2, 0(s0))

  // Lanes part by their number, sum 0 .. lane, and meet again.
  csrr s1, 0xCCC
  mv s2, s1
  li s3, 0
1:
  add s3, s3, s2
  addi s2, s2, -1
  bgtz s2, 1b
  // s3 is lane * (lane + 1) / 2, but for lane 0, which has added 0.
  addi s4, s1, 1
  mul s4, s4, s1
  srli s4, s4, 1
  TEST(31, a2, 0, sub a2, s3, s4)
END

  .section .text, "ax", @progbits
double_and_one:
  slli a2, a2, 1
  addi a2, a2, 1
  ret
