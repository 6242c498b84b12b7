// A: each AMO on words of the lane's own, LR and SC, and a counter that all lanes share.
#include "test.h"

#define TEST_AMO(n, op, kept, old, new, operand)                                                   \
  TEST(n, a2, old, li a0, kept; sd a0, 0(s0); li a1, operand; op a2, a1, (s0));                    \
  TEST(n, a2, new, ld a2, 0(s0))

BEGIN
  addi s0, sp, -64
  TEST_AMO(1, amoadd.w, 0x17fffffff, 0x7fffffff, 0x180000000, 1)
  TEST_AMO(2, amoadd.d, -1, -1, 0, 1)
  TEST_AMO(3, amoswap.w, 0x80000000, 0xffffffff80000000, 5, 5)
  TEST_AMO(4, amoswap.d, 1, 1, -1, -1)
  TEST_AMO(5, amoxor.d, 0xff, 0xff, 0xf0, 0x0f)
  TEST_AMO(6, amoor.w, 0xf0, 0xf0, 0xff, 0x0f)
  TEST_AMO(7, amoand.d, 0xff, 0xff, 0x0f, 0x0f)
  TEST_AMO(8, amomin.w, 5, 5, 0xfffffffe, -2)
  TEST_AMO(9, amominu.w, 5, 5, 5, -2)
  TEST_AMO(10, amomax.d, 5, 5, 5, -2)
  TEST_AMO(11, amomaxu.d, 5, 5, -2, -2)

  // LR and SC succeed in a line of the lane's own, and a second SC fails. Stacks of a warp share lines.
  la s3, lines
  csrr a0, 0xCC0
  slli a0, a0, 6
  add s3, s3, a0
  TEST(12, a2, 0, li a0, 3; lr.w a1, (s3); sc.w a2, a0, (s3))
  TEST(13, a2, 1, li a0, 3; sc.w a2, a0, (s3))
  TEST(14, a2, 3, lw a2, 0(s3))

  // All lanes of the warp add to one word, by AMO and by LR and SC: 1 + 2 for each.
  li s1, -1
  la s2, counter
  li a0, 1
  amoadd.w zero, a0, (s2)
1:
  lr.w a1, (s2)
  addi a1, a1, 2
  sc.w a2, a1, (s2)
  bnez a2, 1b
  warpsync(s1)
  csrr a0, 0xCC6
  slli a1, a0, 1
  add a0, a0, a1
  TEST(15, a2, 0, lw a2, 0(s2); sub a2, a2, a0)
END

  .data
  .balign 64
counter:
  .dword 0

  // One for each lane of a warp: the test is for one warp.
  .balign 64
lines:
  .space 16 * 64
