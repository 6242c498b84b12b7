// Prefix sums: `scan` of each block's part with its total, after which `add_totals` adds those of the blocks before.
__device__ int warp_scan(int value) {
  int lane = threadIdx.x % warpSize;
  for (int offset = 1; offset < warpSize; offset *= 2) {
    int other = __shfl_up_sync(0xffffffff, value, offset);
    if (lane >= offset) value += other;
  }
  return value;
}

__global__ void scan(const int *in, int *out, int *totals, int n) {
  __shared__ int sums[64];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int lane = threadIdx.x % warpSize;
  int warp = threadIdx.x / warpSize;
  int warps = blockDim.x / warpSize;
  int value = warp_scan(i < n ? in[i] : 0);
  if (lane == warpSize - 1) sums[warp] = value;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int w = 1; w < warps; w++) sums[w] += sums[w - 1];
    totals[blockIdx.x] = sums[warps - 1];
  }
  __syncthreads();
  if (warp > 0) value += sums[warp - 1];
  if (i < n) out[i] = value;
}

__global__ void add_totals(int *out, const int *totals, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  int before = 0;
  for (int b = 0; b < blockIdx.x; b++) before += totals[b];
  out[i] += before;
}
