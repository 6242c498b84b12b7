// Atomics: AMO instructions where there is one, LR/SC otherwise. Relaxed, as CUDA's; `_block` and `_system` are the same.
#pragma once

#define __GPNPU_ATOMIC(name, T, ...)                                                               \
  __GPNPU_INLINE T name(T *address, T value) { return __VA_ARGS__; }                               \
  __GPNPU_INLINE T name##_block(T *address, T value) { return name(address, value); }              \
  __GPNPU_INLINE T name##_system(T *address, T value) { return name(address, value); }

#define __GPNPU_ATOMICS(T)                                                                         \
  __GPNPU_ATOMIC(atomicAdd, T, __atomic_fetch_add(address, value, __ATOMIC_RELAXED))               \
  __GPNPU_ATOMIC(atomicSub, T, __atomic_fetch_sub(address, value, __ATOMIC_RELAXED))               \
  __GPNPU_ATOMIC(atomicMin, T, __atomic_fetch_min(address, value, __ATOMIC_RELAXED))               \
  __GPNPU_ATOMIC(atomicMax, T, __atomic_fetch_max(address, value, __ATOMIC_RELAXED))               \
  __GPNPU_ATOMIC(atomicAnd, T, __atomic_fetch_and(address, value, __ATOMIC_RELAXED))               \
  __GPNPU_ATOMIC(atomicOr, T, __atomic_fetch_or(address, value, __ATOMIC_RELAXED))                 \
  __GPNPU_ATOMIC(atomicXor, T, __atomic_fetch_xor(address, value, __ATOMIC_RELAXED))               \
  __GPNPU_ATOMIC(atomicExch, T, __atomic_exchange_n(address, value, __ATOMIC_RELAXED))             \
  __GPNPU_INLINE T atomicCAS(T *address, T compare, T value) {                                     \
    __atomic_compare_exchange_n(address, &compare, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED); \
    return compare;                                                                                \
  }                                                                                                \
  __GPNPU_INLINE T atomicCAS_block(T *address, T compare, T value) { return atomicCAS(address, compare, value); } \
  __GPNPU_INLINE T atomicCAS_system(T *address, T compare, T value) { return atomicCAS(address, compare, value); }

__GPNPU_ATOMICS(int)
__GPNPU_ATOMICS(unsigned int)
__GPNPU_ATOMICS(long long)
__GPNPU_ATOMICS(unsigned long long)
#undef __GPNPU_ATOMICS

// A compare-and-swap loop: the order of the additions, and so the rounding, is not given.
__GPNPU_ATOMIC(atomicAdd, float, __atomic_fetch_add(address, value, __ATOMIC_RELAXED))
__GPNPU_INLINE float __gpnpu_exchange(float *address, float value) {
  const int old = __atomic_exchange_n(reinterpret_cast<int *>(address), __builtin_bit_cast(int, value), __ATOMIC_RELAXED);
  return __builtin_bit_cast(float, old);
}
__GPNPU_ATOMIC(atomicExch, float, __gpnpu_exchange(address, value))

// Counters that wrap at a limit: `old >= limit ? 0 : old + 1`, and `old == 0 || old > limit ? limit : old - 1`.
__GPNPU_INLINE unsigned int __gpnpu_increment(unsigned int *address, unsigned int limit) {
  unsigned int old = *static_cast<volatile unsigned int *>(address);
  for (;;) {
    const unsigned int seen = atomicCAS(address, old, old >= limit ? 0 : old + 1);
    if (seen == old) return old;
    old = seen;
  }
}
__GPNPU_INLINE unsigned int __gpnpu_decrement(unsigned int *address, unsigned int limit) {
  unsigned int old = *static_cast<volatile unsigned int *>(address);
  for (;;) {
    const unsigned int seen = atomicCAS(address, old, old == 0 || old > limit ? limit : old - 1);
    if (seen == old) return old;
    old = seen;
  }
}
__GPNPU_ATOMIC(atomicInc, unsigned int, __gpnpu_increment(address, value))
__GPNPU_ATOMIC(atomicDec, unsigned int, __gpnpu_decrement(address, value))
#undef __GPNPU_ATOMIC
