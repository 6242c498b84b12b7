// Integer and conversion intrinsics, minima and maxima, and the rounding variants that the F extension has.
#pragma once

#define __GPNPU_MIN_MAX(T)                                                                         \
  __GPNPU_INLINE constexpr T min(T a, T b) { return b < a ? b : a; }                               \
  __GPNPU_INLINE constexpr T max(T a, T b) { return a < b ? b : a; }
__GPNPU_MIN_MAX(int)
__GPNPU_MIN_MAX(unsigned int)
__GPNPU_MIN_MAX(long)
__GPNPU_MIN_MAX(unsigned long)
__GPNPU_MIN_MAX(long long)
__GPNPU_MIN_MAX(unsigned long long)
#undef __GPNPU_MIN_MAX
__GPNPU_INLINE float min(float a, float b) { return fminf(a, b); }
__GPNPU_INLINE float max(float a, float b) { return fmaxf(a, b); }

__GPNPU_INLINE int abs(int a) { return __builtin_abs(a); }
__GPNPU_INLINE long abs(long a) { return __builtin_labs(a); }
__GPNPU_INLINE long long abs(long long a) { return __builtin_llabs(a); }

__GPNPU_INLINE int __popc(unsigned int a) { return __builtin_popcount(a); }
__GPNPU_INLINE int __popcll(unsigned long long a) { return __builtin_popcountll(a); }
__GPNPU_INLINE int __clz(int a) { return a == 0 ? 32 : __builtin_clz(static_cast<unsigned int>(a)); }
__GPNPU_INLINE int __clzll(long long a) { return a == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(a)); }
__GPNPU_INLINE int __ffs(int a) { return __builtin_ffs(a); }
__GPNPU_INLINE int __ffsll(long long a) { return __builtin_ffsll(a); }
__GPNPU_INLINE unsigned int __brev(unsigned int a) { return __builtin_bitreverse32(a); }
__GPNPU_INLINE unsigned long long __brevll(unsigned long long a) { return __builtin_bitreverse64(a); }

__GPNPU_INLINE int __mulhi(int a, int b) { return static_cast<int>((static_cast<long>(a) * b) >> 32); }
__GPNPU_INLINE unsigned int __umulhi(unsigned int a, unsigned int b) {
  return static_cast<unsigned int>((static_cast<unsigned long>(a) * b) >> 32);
}
__GPNPU_INLINE long long __mul64hi(long long a, long long b) {
  return static_cast<long long>((static_cast<__int128>(a) * b) >> 64);
}
__GPNPU_INLINE unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}
__GPNPU_INLINE int __mul24(int a, int b) { return ((a << 8) >> 8) * ((b << 8) >> 8); }
__GPNPU_INLINE unsigned int __umul24(unsigned int a, unsigned int b) { return (a & 0xffffffu) * (b & 0xffffffu); }

__GPNPU_INLINE int __float_as_int(float a) { return __builtin_bit_cast(int, a); }
__GPNPU_INLINE unsigned int __float_as_uint(float a) { return __builtin_bit_cast(unsigned int, a); }
__GPNPU_INLINE float __int_as_float(int a) { return __builtin_bit_cast(float, a); }
__GPNPU_INLINE float __uint_as_float(unsigned int a) { return __builtin_bit_cast(float, a); }

// One instruction with the rounding mode in it: to nearest even, to zero, up, down.
#define __GPNPU_ROUNDED(suffix, mode)                                                              \
  __GPNPU_ROUNDED_2(__fadd_##suffix, "fadd.s", mode)                                               \
  __GPNPU_ROUNDED_2(__fsub_##suffix, "fsub.s", mode)                                               \
  __GPNPU_ROUNDED_2(__fmul_##suffix, "fmul.s", mode)                                               \
  __GPNPU_ROUNDED_2(__fdiv_##suffix, "fdiv.s", mode)                                               \
  __GPNPU_INLINE float __fmaf_##suffix(float a, float b, float c) {                                \
    float d;                                                                                       \
    asm("fmadd.s %0, %1, %2, %3, " mode : "=f"(d) : "f"(a), "f"(b), "f"(c));                       \
    return d;                                                                                      \
  }                                                                                                \
  __GPNPU_CONVERTED(float, "f", __fsqrt_##suffix, float, "f", "fsqrt.s", mode)                     \
  __GPNPU_CONVERTED(int, "r", __float2int_##suffix, float, "f", "fcvt.w.s", mode)                  \
  __GPNPU_CONVERTED(unsigned int, "r", __float2uint_##suffix, float, "f", "fcvt.wu.s", mode)       \
  __GPNPU_CONVERTED(long long, "r", __float2ll_##suffix, float, "f", "fcvt.l.s", mode)             \
  __GPNPU_CONVERTED(unsigned long long, "r", __float2ull_##suffix, float, "f", "fcvt.lu.s", mode)  \
  __GPNPU_CONVERTED(float, "f", __int2float_##suffix, int, "r", "fcvt.s.w", mode)                  \
  __GPNPU_CONVERTED(float, "f", __uint2float_##suffix, unsigned int, "r", "fcvt.s.wu", mode)       \
  __GPNPU_CONVERTED(float, "f", __ll2float_##suffix, long long, "r", "fcvt.s.l", mode)             \
  __GPNPU_CONVERTED(float, "f", __ull2float_##suffix, unsigned long long, "r", "fcvt.s.lu", mode)  \
  __GPNPU_INLINE float __frcp_##suffix(float a) { return __fdiv_##suffix(1.0f, a); }
#define __GPNPU_ROUNDED_2(name, instruction, mode)                                                 \
  __GPNPU_INLINE float name(float a, float b) {                                                    \
    float c;                                                                                       \
    asm(instruction " %0, %1, %2, " mode : "=f"(c) : "f"(a), "f"(b));                              \
    return c;                                                                                      \
  }
#define __GPNPU_CONVERTED(To, to, name, From, from, instruction, mode)                             \
  __GPNPU_INLINE To name(From a) {                                                                 \
    To b;                                                                                          \
    asm(instruction " %0, %1, " mode : "=" to(b) : from(a));                                       \
    return b;                                                                                      \
  }
__GPNPU_ROUNDED(rn, "rne")
__GPNPU_ROUNDED(rz, "rtz")
__GPNPU_ROUNDED(ru, "rup")
__GPNPU_ROUNDED(rd, "rdn")
#undef __GPNPU_ROUNDED
#undef __GPNPU_ROUNDED_2
#undef __GPNPU_CONVERTED

// Through the caches as every load and store: the hints mean nothing here.
template <class T> __GPNPU_INLINE T __ldg(const T *address) { return *address; }
