// Vector types of CUDA: members, alignment and `make_` functions.
#pragma once

// `double` can be stored and copied, but not computed with.
#define __GPNPU_VECTORS(T, element, align2, align4)                                                \
  struct T##1 {                                                                                    \
    element x;                                                                                     \
  };                                                                                               \
  struct __align__(align2) T##2 {                                                                  \
    element x, y;                                                                                  \
  };                                                                                               \
  struct T##3 {                                                                                    \
    element x, y, z;                                                                               \
  };                                                                                               \
  struct __align__(align4) T##4 {                                                                  \
    element x, y, z, w;                                                                            \
  };                                                                                               \
  __GPNPU_INLINE T##1 make_##T##1(element x) { return {x}; }                                       \
  __GPNPU_INLINE T##2 make_##T##2(element x, element y) { return {x, y}; }                         \
  __GPNPU_INLINE T##3 make_##T##3(element x, element y, element z) { return {x, y, z}; }           \
  __GPNPU_INLINE T##4 make_##T##4(element x, element y, element z, element w) { return {x, y, z, w}; }

__GPNPU_VECTORS(char, signed char, 2, 4)
__GPNPU_VECTORS(uchar, unsigned char, 2, 4)
__GPNPU_VECTORS(short, short, 4, 8)
__GPNPU_VECTORS(ushort, unsigned short, 4, 8)
__GPNPU_VECTORS(int, int, 8, 16)
__GPNPU_VECTORS(uint, unsigned int, 8, 16)
__GPNPU_VECTORS(long, long, 16, 16)
__GPNPU_VECTORS(ulong, unsigned long, 16, 16)
__GPNPU_VECTORS(longlong, long long, 16, 16)
__GPNPU_VECTORS(ulonglong, unsigned long long, 16, 16)
__GPNPU_VECTORS(float, float, 8, 16)
__GPNPU_VECTORS(double, double, 16, 16)
#undef __GPNPU_VECTORS

// Dimensions; what is not given is 1.
struct dim3 {
  unsigned int x, y, z;
  __device__ constexpr dim3(unsigned int x = 1, unsigned int y = 1, unsigned int z = 1) : x(x), y(y), z(z) {}
  __device__ constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  __device__ operator uint3() const { return {x, y, z}; }
};
