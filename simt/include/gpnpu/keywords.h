// CUDA's keywords as attributes of clang.
#pragma once

// The calls of warps meet as those of compute capability 7.0 do, and as there lanes make progress independently.
#undef __CUDA_ARCH__
#define __CUDA_ARCH__ 700
#define __CUDACC__ 1
#define __GPNPU__ 1

#define __host__ __attribute__((host))
#define __device__ __attribute__((device))
// gpnpu-cc finds kernels by their section, and makes an entry for each.
#define __global__ __attribute__((global, used, section(".text.kernel")))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __grid_constant__
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))

#define __forceinline__ __inline__ __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __align__(n)
// Clang knows `__restrict__` itself.

// How the functions of these headers are declared.
#define __GPNPU_INLINE static __device__ __inline__ __attribute__((always_inline))
#define __GPNPU_FUNCTION static __device__ __inline__

typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef long long longlong;
typedef unsigned long long ulonglong;
