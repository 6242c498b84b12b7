// A program whose third test fails, so that the way of a failure is seen: it writes 7.
#include "test.h"

BEGIN
  TEST_RR(1, add, 3, 1, 2)
  TEST_RR(2, sub, 1, 3, 2)
  TEST_RR(3, add, 5, 2, 2)
  TEST_RR(4, add, 4, 2, 2)
END
