// The sum of all, by shuffles in each warp, then of the warps' sums in the first warp, then by an atomic.
__device__ int warp_sum(int value) {
  for (int offset = warpSize / 2; offset > 0; offset /= 2) value += __shfl_down_sync(0xffffffff, value, offset);
  return value;
}

__global__ void reduce_shuffle(const int *in, int *out, int n) {
  // A block has at most 256 threads, a warp at least 4.
  __shared__ int sums[64];
  int lane = threadIdx.x % warpSize;
  int warp = threadIdx.x / warpSize;
  int sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) sum += in[i];
  sum = warp_sum(sum);
  if (lane == 0) sums[warp] = sum;
  __syncthreads();
  if (warp == 0) {
    int total = 0;
    for (int i = lane; i < blockDim.x / warpSize; i += warpSize) total += sums[i];
    total = warp_sum(total);
    if (lane == 0) atomicAdd(out, total);
  }
}
