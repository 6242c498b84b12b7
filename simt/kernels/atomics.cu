// Every atomic on a word of its own, from all threads; out[0..15] of 32 bits, wide[0..7] of 64, sum a float.
__global__ void atomics(int *out, unsigned int *positive, unsigned long long *wide, float *sum) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(&out[0], i);
  atomicSub(&out[1], i);
  atomicMin(&out[2], 50 - i);
  atomicMax(&out[3], i - 50);
  atomicAnd(&out[4], ~(1 << i % 31));
  atomicOr(&out[5], 1 << i % 31);
  atomicXor(&out[6], i);
  int old = out[7];
  for (int seen; (seen = atomicCAS(&out[7], old, old + 2)) != old;) old = seen;
  atomicMin(&positive[0], 0x80000000u + i);
  atomicMax(&positive[1], 0x80000000u + i);
  atomicInc(&positive[2], 9);
  atomicDec(&positive[3], 9);
  atomicExch(&positive[4], 7u);
  unsigned long long big = 1ull << 40;
  atomicAdd(&wide[0], big + i);
  atomicMax(&wide[1], big + i);
  atomicMin(&wide[2], big + i);
  atomicXor(&wide[3], big * i);
  atomicOr(&wide[4], 1ull << i % 64);
  atomicAdd(sum, 0.5f);
}
