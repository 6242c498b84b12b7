// F: arithmetic with its flags, rounding modes, comparisons, conversions and classes.
#include "test.h"

#define ONE 0x3f800000
#define TWO 0x40000000
#define THREE 0x40400000
#define NAN 0x7fc00000
#define SIGNALLING 0x7fa00000
#define INF 0x7f800000
#define MINUS_ZERO 0x80000000
#define LARGEST 0x7f7fffff
#define LEAST 0x00000001

// Flags.
#define NX 1
#define UF 2
#define OF 4
#define DZ 8
#define NV 16

// Test `n`: `op` of one number, an integer as the result.
#define TEST_FI(n, op, value, flags, a, ...)                                                       \
  TEST(n, a2, value, li a0, a; fmv.w.x fa0, a0; csrwi fflags, 0; op a2, fa0 __VA_ARGS__);          \
  TEST(n, a2, flags, csrr a2, fflags)
// Test `n`: a comparison.
#define TEST_FC(n, op, value, flags, a, b)                                                         \
  TEST(n, a2, value, li a0, a; li a1, b; fmv.w.x fa0, a0; fmv.w.x fa1, a1; csrwi fflags, 0;        \
       op a2, fa0, fa1);                                                                           \
  TEST(n, a2, flags, csrr a2, fflags)

BEGIN
  TEST_FF(1, fadd.s, THREE, 0, ONE, TWO)
  TEST_FF(2, fsub.s, 0, 0, ONE, ONE)
  TEST_FF(3, fmul.s, INF, OF | NX, LARGEST, TWO)
  TEST_FF(4, fmul.s, 0, UF | NX, LEAST, LEAST)
  TEST_FF(5, fdiv.s, INF, DZ, ONE, 0)
  TEST_FF(6, fdiv.s, 0x3eaaaaab, NX, ONE, THREE)
  TEST_FF(7, fdiv.s, NAN, NV, 0, 0)
  TEST_FF(8, fsub.s, NAN, NV, INF, INF)
  TEST_FF(9, fadd.s, NAN, NV, SIGNALLING, ONE)
  TEST_FF(10, fmin.s, MINUS_ZERO, 0, 0, MINUS_ZERO)
  TEST_FF(11, fmax.s, ONE, NV, SIGNALLING, ONE)
  TEST_FF(12, fsgnjn.s, 0xbf800000, 0, ONE, ONE)

  // 1 / 3 in the static modes, and in the dynamic one.
#define THIRD(n, mode, value)                                                                      \
  TEST(n, a2, value, li a0, ONE; li a1, THREE; fmv.w.x fa0, a0; fmv.w.x fa1, a1;                   \
       fdiv.s fa2, fa0, fa1, mode; fmv.x.w a2, fa2)
  THIRD(13, rne, 0x3eaaaaab)
  THIRD(14, rtz, 0x3eaaaaaa)
  THIRD(15, rdn, 0x3eaaaaaa)
  THIRD(16, rup, 0x3eaaaaab)
  THIRD(17, rmm, 0x3eaaaaab)
  csrwi frm, 1
  THIRD(18, dyn, 0x3eaaaaaa)
  csrwi frm, 0

  // (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24 if it is rounded once, and 0 if the product is rounded before.
  TEST(19, a2, 0x33800000, li a0, 0x3f800800; li a1, 0xbf801000; fmv.w.x fa0, a0; fmv.w.x fa1, a1;
       fmadd.s fa2, fa0, fa0, fa1; fmv.x.w a2, fa2)
  TEST_FI(20, fclass.s, 1 << 9, 0, NAN)
  TEST_FI(21, fclass.s, 1 << 5, 0, LEAST)
  TEST_FI(22, fcvt.w.s, 0x7fffffff, NV, INF, , rtz)
  TEST_FI(23, fcvt.wu.s, 0, NV, 0xbf800000, , rtz)
  TEST_FI(24, fcvt.l.s, 2, NX, 0x40200000, , rne)
  TEST_FI(25, fcvt.l.s, 3, NX, 0x40200000, , rmm)
  TEST_FI(26, fcvt.lu.s, 0xffffffffffffffff, NV, NAN, , rtz)
  TEST(27, a2, 0x5f800000, li a0, -1; fcvt.s.lu fa0, a0; fmv.x.w a2, fa0)
  TEST(28, a2, 0xffffffffbf800000, li a0, -1; fcvt.s.w fa0, a0; fmv.x.w a2, fa0)
  TEST_FC(29, feq.s, 0, 0, NAN, NAN)
  TEST_FC(30, flt.s, 0, NV, NAN, ONE)
  TEST_FC(31, fle.s, 1, 0, MINUS_ZERO, 0)
  TEST(32, a2, 0x3fb504f3, li a0, TWO; fmv.w.x fa0, a0; fsqrt.s fa1, fa0; fmv.x.w a2, fa1)

  addi s0, sp, -8
  TEST(33, a2, ONE, li a0, ONE; sw a0, 0(s0); flw fa0, 0(s0); fsw fa0, 4(s0); lw a2, 4(s0))
END
