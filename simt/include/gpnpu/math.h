// Mathematical functions of binary32. There is no binary64 arithmetic: calls with a `double` do not compile.
//
// What F has instructions for is exact, and fmodf too. Of the others the largest errors, in units in the last place, over
// every third of all arguments (powf: over 10^9 pairs), are below:
//
//   expf 0.9   exp2f 0.9   exp10f 1.0   logf 0.9   log2f 1.2   log10f 1.1   sinf, cosf 1.5   tanf 3.2   tanhf 1.6
//   rsqrtf 1.5   powf 1.3
//
// The same bounds hold for subnormal arguments and results; infinities, NaNs and zeros are as in C (annex F).
#pragma once

#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define M_PI 3.14159265358979323846
#define FLT_MAX __FLT_MAX__
#define FLT_MIN __FLT_MIN__
#define FLT_EPSILON __FLT_EPSILON__

__GPNPU_INLINE float fmaf(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
__GPNPU_INLINE float fminf(float a, float b) { return __builtin_fminf(a, b); }
__GPNPU_INLINE float fmaxf(float a, float b) { return __builtin_fmaxf(a, b); }
__GPNPU_INLINE float fabsf(float a) { return __builtin_fabsf(a); }
__GPNPU_INLINE float copysignf(float a, float b) { return __builtin_copysignf(a, b); }
__GPNPU_INLINE float sqrtf(float a) { return __builtin_sqrtf(a); }
__GPNPU_INLINE float rsqrtf(float a) { return 1.0f / __builtin_sqrtf(a); }
__GPNPU_INLINE float floorf(float a) { return __builtin_floorf(a); }
__GPNPU_INLINE float ceilf(float a) { return __builtin_ceilf(a); }
__GPNPU_INLINE float truncf(float a) { return __builtin_truncf(a); }
__GPNPU_INLINE float roundf(float a) { return __builtin_roundf(a); }
__GPNPU_INLINE float rintf(float a) { return __builtin_rintf(a); }
__GPNPU_INLINE float __saturatef(float a) { return fminf(fmaxf(a, 0.0f), 1.0f); }
__GPNPU_INLINE float fdividef(float a, float b) { return a / b; }
__GPNPU_INLINE float __fdividef(float a, float b) { return a / b; }

__GPNPU_INLINE int __gpnpu_bits(float a) { return __builtin_bit_cast(int, a); }
__GPNPU_INLINE float __gpnpu_float(int bits) { return __builtin_bit_cast(float, bits); }
// The integer next to `a`, of which |a| < 2^22.
__GPNPU_INLINE float __gpnpu_nearest(float a) { return (a + 0x1.8p23f) - 0x1.8p23f; }
// `a * 2^n` for -280 <= n <= 254, rounded once: the first of two factors keeps `a`, in [1/2, 4), normal.
__GPNPU_INLINE float __gpnpu_scale(float a, int n) {
  const int half = n >> 1;
  return a * __gpnpu_float((half + 127) << 23) * __gpnpu_float((n - half + 127) << 23);
}

// `2^(n + r)` for |r| <= 1/2.
__GPNPU_INLINE float __gpnpu_exp2(float n, float r) {
  float p = 0x1.3f9068p-13f;
  p = fmaf(p, r, 0x1.5f0a66p-10f);
  p = fmaf(p, r, 0x1.3b30bp-7f);
  p = fmaf(p, r, 0x1.c6af78p-5f);
  p = fmaf(p, r, 0x1.ebfbd8p-3f);
  p = fmaf(p, r, 0x1.62e43p-1f);
  return __gpnpu_scale(fmaf(p, r, 1.0f), static_cast<int>(n));
}

// `e^(r) * 2^n` for |r| <= ln(2) / 2.
__GPNPU_INLINE float __gpnpu_exp(float n, float r) {
  float p = 0x1.6850ep-10f;
  p = fmaf(p, r, 0x1.123bccp-7f);
  p = fmaf(p, r, 0x1.555b98p-5f);
  p = fmaf(p, r, 0x1.55548ep-3f);
  p = fmaf(p, r, 0x1.fffff8p-2f);
  return __gpnpu_scale(fmaf(fmaf(p, r, 1.0f), r, 1.0f), static_cast<int>(n));
}

// Arguments beyond these give 0 and infinity whatever they are; a NaN passes.
__GPNPU_INLINE float __gpnpu_clamp(float a, float low, float high) { return a < low ? low : a > high ? high : a; }

__GPNPU_FUNCTION float exp2f(float a) {
  const float x = __gpnpu_clamp(a, -160.0f, 130.0f);
  const float n = __gpnpu_nearest(x);
  return a != a ? a : __gpnpu_exp2(n, x - n);
}

__GPNPU_FUNCTION float expf(float a) {
  const float x = __gpnpu_clamp(a, -110.0f, 90.0f);
  const float n = __gpnpu_nearest(x * 0x1.715476p0f);
  return a != a ? a : __gpnpu_exp(n, fmaf(n, -0x1.7f7d1cp-20f, fmaf(n, -0x1.62e4p-1f, x)));
}

__GPNPU_FUNCTION float exp10f(float a) {
  const float x = __gpnpu_clamp(a, -50.0f, 40.0f);
  const float n = __gpnpu_nearest(x * 0x1.a934fp1f);
  const float r = fmaf(x, 0x1.a934fp1f, -n);
  return a != a ? a : __gpnpu_exp2(n, fmaf(x, 0x1.2f346ep-24f, r));
}

// A positive finite `a` as `(1 + f) * 2^e`, 1 + f in [sqrt(1/2), sqrt(2)).
struct __gpnpu_split {
  float f;
  float e;
};
__GPNPU_INLINE __gpnpu_split __gpnpu_split_of(float a) {
  const bool subnormal = a < 0x1p-126f;
  const int bits = __gpnpu_bits(subnormal ? a * 0x1p23f : a);
  const int e = (bits - 0x3f3504f3) >> 23;
  return {__gpnpu_float(bits - (e << 23)) - 1.0f, static_cast<float>(e - (subnormal ? 23 : 0))};
}
// `log(1 + f) - f`.
__GPNPU_INLINE float __gpnpu_log1p_tail(float f) {
  float p = 0x1.2cb38cp-4f;
  p = fmaf(p, f, -0x1.ddb316p-4f);
  p = fmaf(p, f, 0x1.dc7628p-4f);
  p = fmaf(p, f, -0x1.fbbf2ap-4f);
  p = fmaf(p, f, 0x1.23de3ep-3f);
  p = fmaf(p, f, -0x1.556288p-3f);
  p = fmaf(p, f, 0x1.999d2ap-3f);
  p = fmaf(p, f, -0x1.ffffe6p-3f);
  p = fmaf(p, f, 0x1.555554p-2f);
  p = fmaf(p, f, -0.5f);
  return f * f * p;
}
// What a logarithm is of 0, infinity, negative numbers and NaNs; `finite` of all others.
__GPNPU_INLINE float __gpnpu_log_of(float a, float finite) {
  if (a > 0.0f && a < INFINITY) return finite;
  return a == 0.0f ? -INFINITY : a < 0.0f ? NAN : a;
}
// `(e + log2(1 + f)) * unit`, where `unit` is `high + low`, and `log_unit` = `unit / ln(2)` likewise.
__GPNPU_INLINE float __gpnpu_log(float a, float high, float low, float log_high, float log_low) {
  const __gpnpu_split s = __gpnpu_split_of(a);
  const float tail = __gpnpu_log1p_tail(s.f);
  const float product = s.f * log_high;
  const float rest = fmaf(s.f, log_high, -product) + fmaf(s.f, log_low, fmaf(tail, log_high, s.e * low));
  // `e * high` is exact enough to be split from the rest where it dominates.
  const float whole = s.e * high;
  const float sum = whole + product;
  const float lost = product - (sum - whole);
  return __gpnpu_log_of(a, sum + (lost + (rest + fmaf(s.e, high, -whole))));
}
__GPNPU_FUNCTION float logf(float a) { return __gpnpu_log(a, 0x1.62e43p-1f, -0x1.05c61p-29f, 1.0f, 0.0f); }
__GPNPU_FUNCTION float log2f(float a) { return __gpnpu_log(a, 1.0f, 0.0f, 0x1.715476p0f, 0x1.4ae0cp-26f); }
__GPNPU_FUNCTION float log10f(float a) {
  return __gpnpu_log(a, 0x1.344136p-2f, -0x1.ec10cp-27f, 0x1.bcb7b2p-2f, -0x1.5b235ep-27f);
}

// `a - quadrant * pi/2` in [-pi/4, pi/4], and the quadrant.
struct __gpnpu_angle {
  float r;
  int quadrant;
};
__GPNPU_FUNCTION __gpnpu_angle __gpnpu_reduce(float a) {
  if (fabsf(a) < 0x1p15f) {
    const float n = __gpnpu_nearest(a * 0x1.45f306p-1f);
    const float r = fmaf(n, -0x1.921fb6p0f, a);
    return {fmaf(n, 0x1.ee59dap-50f, fmaf(n, 0x1.777a5cp-25f, r)), static_cast<int>(n)};
  }
  // Payne and Hanek: 96 bits of 2/pi from where the product with the significand has its quadrant. Of finite arguments only.
  constexpr unsigned int TWO_OVER_PI[] = {0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};
  const int bits = __gpnpu_bits(a);
  const int exponent = ((bits >> 23) & 255) - 127 - 23;
  // The product is significand * 2^exponent * 0.a2f9..: bits of 2/pi of weight 2^(2 - exponent) and more are whole turns.
  const int from = exponent + 32 - 2;
  const int word = from >> 5;
  const int shift = from & 31;
  unsigned long high = static_cast<unsigned long>(TWO_OVER_PI[word]) << 32 | TWO_OVER_PI[word + 1];
  unsigned long low = static_cast<unsigned long>(TWO_OVER_PI[word + 2]) << 32 | (word + 3 < 8 ? TWO_OVER_PI[word + 3] : 0);
  if (shift != 0) {
    high = high << shift | low >> (64 - shift);
    low <<= shift;
  }
  const unsigned long significand = (bits & 0x7fffff) | 0x800000;
  // Turns of pi/2 with 62 bits behind the point, modulo 4.
  const unsigned long turns =
      significand * high + static_cast<unsigned long>((static_cast<unsigned __int128>(significand) * low) >> 64);
  const long quadrant = static_cast<long>((turns + (1ul << 61)) >> 62);
  const long rest = static_cast<long>(turns - (static_cast<unsigned long>(quadrant) << 62));
  // Times pi/2, which has 62 bits behind the point here.
  const long scaled = static_cast<long>((static_cast<__int128>(rest) * 0x6487ed5110b4611a) >> 64);
  const float r = static_cast<float>(scaled) * 0x1p-60f;
  return bits < 0 ? __gpnpu_angle{-r, static_cast<int>(-quadrant)} : __gpnpu_angle{r, static_cast<int>(quadrant)};
}
__GPNPU_INLINE float __gpnpu_sin_near_0(float r) {
  const float x = r * r;
  float p = 0x1.882736p-19f;
  p = fmaf(p, x, -0x1.a08584p-13f);
  p = fmaf(p, x, 0x1.11119ap-7f);
  p = fmaf(p, x, -0x1.555556p-3f);
  return fmaf(r * x, p, r);
}
__GPNPU_INLINE float __gpnpu_cos_near_0(float r) {
  const float x = r * r;
  float p = -0x1.59020ep-22f;
  p = fmaf(p, x, 0x1.a0f5d6p-16f);
  p = fmaf(p, x, -0x1.6c17d4p-10f);
  p = fmaf(p, x, 0x1.555556p-5f);
  return fmaf(fmaf(p, x, -0.5f), x, 1.0f);
}
// The sine for `turn` 0, the cosine for 1.
__GPNPU_INLINE float __gpnpu_sine(__gpnpu_angle angle, int turn) {
  const int quadrant = angle.quadrant + turn;
  const float s = __gpnpu_sin_near_0(angle.r);
  const float c = __gpnpu_cos_near_0(angle.r);
  const float value = quadrant & 1 ? c : s;
  return quadrant & 2 ? -value : value;
}
__GPNPU_FUNCTION float sinf(float a) {
  if (!(fabsf(a) < INFINITY)) return NAN;
  return a == 0.0f ? a : __gpnpu_sine(__gpnpu_reduce(a), 0);
}
__GPNPU_FUNCTION float cosf(float a) { return fabsf(a) < INFINITY ? __gpnpu_sine(__gpnpu_reduce(a), 1) : NAN; }
__GPNPU_FUNCTION void sincosf(float a, float *sine, float *cosine) {
  *sine = sinf(a);
  *cosine = cosf(a);
}
__GPNPU_FUNCTION float tanf(float a) {
  if (!(fabsf(a) < INFINITY)) return NAN;
  const __gpnpu_angle angle = __gpnpu_reduce(a);
  return a == 0.0f ? a : __gpnpu_sine(angle, 0) / __gpnpu_sine(angle, 1);
}

__GPNPU_FUNCTION float tanhf(float a) {
  const float x = fabsf(a);
  const float square = a * a;
  float p = 0x1.7cb37cp-9f;
  p = fmaf(p, square, -0x1.21b12ap-7f);
  p = fmaf(p, square, 0x1.6707d6p-6f);
  p = fmaf(p, square, -0x1.ba2e8cp-5f);
  p = fmaf(p, square, 0x1.11116p-3f);
  p = fmaf(p, square, -0x1.555556p-2f);
  const float small = fmaf(a * square, p, a);
  const float large = 1.0f - 2.0f / (expf(2.0f * x) + 1.0f);
  return copysignf(x < 0.55f ? small : large, a);
}

// `x^y` for a positive finite `x` not 1 and a finite `y` not 0: log2(x) to about 2^-33 of itself as a sum of two numbers.
__GPNPU_INLINE float __gpnpu_pow(float x, float y) {
  const __gpnpu_split split = __gpnpu_split_of(x);
  // s = f / (2 + f), high and low; the divisor is 1 + m, of which the addition may lose a bit.
  const float divisor = split.f + 2.0f;
  const float divisor_low = split.f - (divisor - 2.0f);
  const float s = split.f / divisor;
  const float s_low = fmaf(-s, divisor_low, fmaf(-s, divisor, split.f)) / divisor;
  // log(1 + f) = 2 atanh(s) = 2 (s + s^3 P(s^2)).
  const float square = s * s;
  float p = 0x1.8p-4f;
  p = fmaf(p, square, 0x1.c71c72p-4f);
  p = fmaf(p, square, 0x1.24924ap-3f);
  p = fmaf(p, square, 0x1.99999ap-3f);
  p = fmaf(p, square, 0x1.555556p-2f);
  // s^3 P with the error of s^2 and of 1/3 that counts: the first term of the series alone is worth it.
  const float square_low = fmaf(s, s, -square) + 2.0f * s * s_low;
  const float cube = s * square;
  const float cube_low = fmaf(s, square, -cube) + fmaf(s, square_low, s_low * square);
  const float third = cube * p;
  const float third_low = fmaf(cube, p, -third) + fmaf(cube_low, p, cube * -0x1.555556p-27f);
  const float sum = s + third;
  const float sum_low = third - (sum - s) + (third_low + s_low);
  // In units of log2: times 2 / ln(2).
  const float scaled = sum * 0x1.715476p1f;
  const float scaled_low = fmaf(sum, 0x1.715476p1f, -scaled) + fmaf(sum, 0x1.4ae0cp-25f, sum_low * 0x1.715476p1f);
  const float log = split.e + scaled;
  const float log_low = scaled - (log - split.e) + scaled_low;
  // Products beyond these are 0 or infinity, whatever the rest.
  const float product = __gpnpu_clamp(y * log, -200.0f, 200.0f);
  const bool inside = fabsf(product) < 200.0f;
  const float rest = inside ? fmaf(y, log, -product) + y * log_low : 0.0f;
  const float n = __gpnpu_nearest(product);
  return __gpnpu_exp2(n, (product - n) + rest);
}
__GPNPU_FUNCTION float powf(float x, float y) {
  if (y == 0.0f || x == 1.0f) return 1.0f;
  if (x != x || y != y) return x + y;
  const float magnitude = fabsf(x);
  const bool integer = truncf(y) == y;
  // From 2^24 on all are even.
  const bool odd = integer && fabsf(y) < 0x1p24f && (static_cast<int>(y) & 1) != 0;
  float result;
  if (magnitude == 0.0f || magnitude == INFINITY || fabsf(y) == INFINITY) {
    const bool grows = (magnitude > 1.0f) == (y > 0.0f);
    result = magnitude == 1.0f ? 1.0f : grows ? INFINITY : 0.0f;
  } else if (x < 0.0f && !integer) {
    return NAN;
  } else {
    result = magnitude == 1.0f ? 1.0f : __gpnpu_pow(magnitude, y);
  }
  return odd ? copysignf(result, x) : result;
}

__GPNPU_FUNCTION float fmodf(float a, float b) {
  if (!(fabsf(a) < INFINITY) || b == 0.0f || b != b) return NAN;
  if (fabsf(a) < fabsf(b)) return a;
  // Both as integers times a power of two, subnormals too; of the larger one up to 40 bits at a time are divided.
  const int a_exponent = (__gpnpu_bits(a) >> 23) & 255;
  const int b_exponent = (__gpnpu_bits(b) >> 23) & 255;
  const unsigned long divisor = (__gpnpu_bits(b) & 0x7fffff) | (b_exponent != 0 ? 0x800000 : 0);
  unsigned long rest = (__gpnpu_bits(a) & 0x7fffff) | (a_exponent != 0 ? 0x800000 : 0);
  rest %= divisor;
  const int lowest = b_exponent != 0 ? b_exponent : 1;
  int bits = (a_exponent != 0 ? a_exponent : 1) - lowest;
  while (bits > 0) {
    const int step = bits < 40 ? bits : 40;
    rest = (rest << step) % divisor;
    bits -= step;
  }
  return copysignf(__gpnpu_scale(static_cast<float>(rest), lowest - 150), a);
}

// The fast variants of CUDA are the same functions here.
__GPNPU_INLINE float __expf(float a) { return expf(a); }
__GPNPU_INLINE float __exp10f(float a) { return exp10f(a); }
__GPNPU_INLINE float __logf(float a) { return logf(a); }
__GPNPU_INLINE float __log2f(float a) { return log2f(a); }
__GPNPU_INLINE float __log10f(float a) { return log10f(a); }
__GPNPU_INLINE float __sinf(float a) { return sinf(a); }
__GPNPU_INLINE float __cosf(float a) { return cosf(a); }
__GPNPU_INLINE float __tanf(float a) { return tanf(a); }
__GPNPU_INLINE float __powf(float a, float b) { return powf(a, b); }

// The overloads of C++; of a `double` none.
#define __GPNPU_OVERLOAD(name)                                                                     \
  __GPNPU_INLINE float name(float a) { return name##f(a); }                                        \
  double name(double) = delete;
__GPNPU_OVERLOAD(sqrt)
__GPNPU_OVERLOAD(rsqrt)
__GPNPU_OVERLOAD(fabs)
__GPNPU_OVERLOAD(floor)
__GPNPU_OVERLOAD(ceil)
__GPNPU_OVERLOAD(trunc)
__GPNPU_OVERLOAD(round)
__GPNPU_OVERLOAD(rint)
__GPNPU_OVERLOAD(exp)
__GPNPU_OVERLOAD(exp2)
__GPNPU_OVERLOAD(log)
__GPNPU_OVERLOAD(log2)
__GPNPU_OVERLOAD(log10)
__GPNPU_OVERLOAD(sin)
__GPNPU_OVERLOAD(cos)
__GPNPU_OVERLOAD(tan)
__GPNPU_OVERLOAD(tanh)
#undef __GPNPU_OVERLOAD
__GPNPU_INLINE float pow(float a, float b) { return powf(a, b); }
__GPNPU_INLINE float fma(float a, float b, float c) { return fmaf(a, b, c); }
__GPNPU_INLINE float fmod(float a, float b) { return fmodf(a, b); }
__GPNPU_INLINE bool isnan(float a) { return a != a; }
__GPNPU_INLINE bool isinf(float a) { return fabsf(a) == INFINITY; }
__GPNPU_INLINE bool isfinite(float a) { return fabsf(a) < INFINITY; }
__GPNPU_INLINE bool signbit(float a) { return __gpnpu_bits(a) < 0; }
