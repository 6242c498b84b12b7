// Barriers, fences, votes and shuffles: custom-0 instructions of docs/simt.md.
#pragma once

// All threads of the block wait for each other, and see each other's writes.
__GPNPU_INLINE void __syncthreads() { asm volatile(".insn r 0x0B, 0, 0, x0, x0, x0" ::: "memory"); }

// The lanes of `mask` wait for each other, and see each other's writes.
__GPNPU_INLINE void __syncwarp(unsigned int mask = 0xffffffffu) {
  asm volatile(".insn r 0x0B, 0, 2, x0, %0, x0" ::"r"(mask) : "memory");
}

// Writes before it are visible to all before those after it.
__GPNPU_INLINE void __threadfence() { asm volatile("fence rw, rw" ::: "memory"); }
__GPNPU_INLINE void __threadfence_block() { __threadfence(); }
__GPNPU_INLINE void __threadfence_system() { __threadfence(); }

// Ends the launch with a fault.
__GPNPU_INLINE void __trap() { asm volatile("ebreak"); }

// Lanes that execute this together just now.
__GPNPU_INLINE unsigned int __activemask() {
  unsigned int mask;
  asm volatile("csrr %0, 0xCD2" : "=r"(mask));
  return mask;
}

// A vote of the lanes in `mask` that have met: `warpsync`, then the vote, with nothing between them that could part them.
// Lanes with another mask may have met here too and execute it together with these: their bits do not count.
__GPNPU_INLINE unsigned int __ballot_sync(unsigned int mask, int predicate) {
  unsigned int lanes;
  asm volatile(".insn r 0x0B, 0, 2, x0, %1, x0\n\t.insn r 0x0B, 1, 2, %0, %2, x0"
               : "=&r"(lanes)
               : "r"(mask), "r"(predicate));
  return lanes & mask;
}
__GPNPU_INLINE int __any_sync(unsigned int mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
__GPNPU_INLINE int __all_sync(unsigned int mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

// A shuffle of the lanes in `mask` that have met. A width that is no power of two up to the lanes of a warp is all of them.
#define __GPNPU_SHUFFLE(kind, number, operand)                                                     \
  __GPNPU_INLINE long __gpnpu_shfl_##kind(unsigned int mask, long value, unsigned int n, int width) { \
    long other;                                                                                    \
    const unsigned long control = (n & 0xffu) | (width & 0xfful) << 8;                             \
    asm volatile(".insn r 0x0B, 0, 2, x0, %1, x0\n\t.insn r 0x0B, 2, " #number ", %0, %2, %3"      \
                 : "=&r"(other)                                                                    \
                 : "r"(mask), "r"(value), "r"(control));                                           \
    return other;                                                                                  \
  }                                                                                                \
  __GPNPU_SHUFFLE_OF(int, kind, operand)                                                           \
  __GPNPU_SHUFFLE_OF(unsigned int, kind, operand)                                                  \
  __GPNPU_SHUFFLE_OF(long, kind, operand)                                                          \
  __GPNPU_SHUFFLE_OF(unsigned long, kind, operand)                                                 \
  __GPNPU_SHUFFLE_OF(long long, kind, operand)                                                     \
  __GPNPU_SHUFFLE_OF(unsigned long long, kind, operand)                                            \
  __GPNPU_INLINE float __shfl##kind##_sync(unsigned int mask, float value, operand n, int width = 0) { \
    const int bits = __builtin_bit_cast(int, value);                                               \
    return __builtin_bit_cast(float, static_cast<int>(__gpnpu_shfl_##kind(mask, bits, n, width))); \
  }                                                                                                \
  __GPNPU_INLINE double __shfl##kind##_sync(unsigned int mask, double value, operand n, int width = 0) { \
    return __builtin_bit_cast(double, __gpnpu_shfl_##kind(mask, __builtin_bit_cast(long, value), n, width)); \
  }
#define __GPNPU_SHUFFLE_OF(T, kind, operand)                                                       \
  __GPNPU_INLINE T __shfl##kind##_sync(unsigned int mask, T value, operand n, int width = 0) {     \
    return static_cast<T>(__gpnpu_shfl_##kind(mask, static_cast<long>(value), n, width));          \
  }

__GPNPU_SHUFFLE(, 0, int)
__GPNPU_SHUFFLE(_up, 1, unsigned int)
__GPNPU_SHUFFLE(_down, 2, unsigned int)
__GPNPU_SHUFFLE(_xor, 3, int)
#undef __GPNPU_SHUFFLE_OF
#undef __GPNPU_SHUFFLE
