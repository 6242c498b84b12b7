// M: products, quotients and remainders, with the results that division by zero and overflow have.
#include "test.h"

BEGIN
  TEST_RR(1, mul, 0x8000000000000000, 0x4000000000000000, 2)
  TEST_RR(2, mulh, 0, -1, -1)
  TEST_RR(3, mulhu, 0xfffffffffffffffe, -1, -1)
  TEST_RR(4, mulhsu, -1, -1, -1)
  TEST_RR(5, mulw, 0xffffffffffffffff, 0x1ffffffff, 1)
  TEST_RR(6, div, -3, -7, 2)
  TEST_RR(7, rem, -1, -7, 2)
  TEST_RR(8, divu, 0x7ffffffffffffffc, -7, 2)
  TEST_RR(9, remu, 1, -7, 2)
  TEST_RR(10, div, -1, 5, 0)
  TEST_RR(11, rem, 5, 5, 0)
  TEST_RR(12, divu, -1, 5, 0)
  TEST_RR(13, remu, 5, 5, 0)
  TEST_RR(14, div, 0x8000000000000000, 0x8000000000000000, -1)
  TEST_RR(15, rem, 0, 0x8000000000000000, -1)
  TEST_RR(16, divw, 0xffffffff80000000, 0x80000000, -1)
  TEST_RR(17, remw, 0, 0x80000000, -1)
  TEST_RR(18, divuw, 0xffffffffffffffff, 0xfffffff5, 0)
  TEST_RR(19, remuw, 0xfffffffffffffff5, 0xfffffff5, 0)
  TEST_RR(20, remuw, 0, 0x80000000, 0xffffffff80000000)
END
