// Sorts each block's keys, two for each thread and a power of two of them, in dynamic shared memory.
__global__ void bitonic_sort(int *keys) {
  extern __shared__ int s[];
  const int n = blockDim.x * 2;
  int *mine = keys + blockIdx.x * n;
  s[threadIdx.x] = mine[threadIdx.x];
  s[threadIdx.x + blockDim.x] = mine[threadIdx.x + blockDim.x];
  for (int size = 2; size <= n; size *= 2) {
    for (int stride = size / 2; stride > 0; stride /= 2) {
      __syncthreads();
      int at = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
      bool ascending = (at & size) == 0;
      int a = s[at], b = s[at + stride];
      if ((a > b) == ascending) {
        s[at] = b;
        s[at + stride] = a;
      }
    }
  }
  __syncthreads();
  mine[threadIdx.x] = s[threadIdx.x];
  mine[threadIdx.x + blockDim.x] = s[threadIdx.x + blockDim.x];
}
