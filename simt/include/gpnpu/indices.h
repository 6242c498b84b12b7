// threadIdx, blockIdx, blockDim, gridDim, warpSize: read-only CSRs, as properties.
#pragma once

// In lib/csr.c, linked as bitcode: inline assembly of CUDA code would not be hoisted out of loops or merged.
#define __GPNPU_CSR(name) extern "C" __device__ __attribute__((const)) unsigned int __gpnpu_##name(void);
__GPNPU_CSR(tid_x)
__GPNPU_CSR(tid_y)
__GPNPU_CSR(tid_z)
__GPNPU_CSR(ctaid_x)
__GPNPU_CSR(ctaid_y)
__GPNPU_CSR(ctaid_z)
__GPNPU_CSR(ntid_x)
__GPNPU_CSR(ntid_y)
__GPNPU_CSR(ntid_z)
__GPNPU_CSR(nctaid_x)
__GPNPU_CSR(nctaid_y)
__GPNPU_CSR(nctaid_z)
__GPNPU_CSR(lane)
__GPNPU_CSR(warp)
__GPNPU_CSR(lanes)
__GPNPU_CSR(core)
#undef __GPNPU_CSR

#define __GPNPU_INDEX(name, csr, whole)                                                            \
  struct __gpnpu_##csr {                                                                           \
    __declspec(property(get = get_x)) unsigned int x;                                              \
    __declspec(property(get = get_y)) unsigned int y;                                              \
    __declspec(property(get = get_z)) unsigned int z;                                              \
    __GPNPU_INLINE unsigned int get_x() { return __gpnpu_##csr##_x(); }                            \
    __GPNPU_INLINE unsigned int get_y() { return __gpnpu_##csr##_y(); }                            \
    __GPNPU_INLINE unsigned int get_z() { return __gpnpu_##csr##_z(); }                            \
    __device__ __forceinline__ operator whole() const { return whole{x, y, z}; }                   \
  };                                                                                               \
  static __device__ const __gpnpu_##csr name = {};

__GPNPU_INDEX(threadIdx, tid, uint3)
__GPNPU_INDEX(blockIdx, ctaid, uint3)
__GPNPU_INDEX(blockDim, ntid, dim3)
__GPNPU_INDEX(gridDim, nctaid, dim3)
#undef __GPNPU_INDEX

// Lanes of a warp: 4 to 16, and never a constant.
struct __gpnpu_warp_size {
  __device__ __forceinline__ operator int() const { return static_cast<int>(__gpnpu_lanes()); }
};
static __device__ const __gpnpu_warp_size warpSize = {};

// Cycles since the launch.
__GPNPU_INLINE long long clock64() {
  long long cycles;
  asm volatile("csrr %0, 0xC00" : "=r"(cycles));
  return cycles;
}
__GPNPU_INLINE int clock() { return static_cast<int>(clock64()); }
