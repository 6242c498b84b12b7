// The sum of each block's part, by a tree in dynamic shared memory: a float for each thread, a power of two of them.
__global__ void reduce_shared(const float *in, float *out, int n) {
  extern __shared__ float part[];
  unsigned int t = threadIdx.x;
  unsigned int i = blockIdx.x * blockDim.x * 2 + t;
  float sum = i < n ? in[i] : 0.0f;
  if (i + blockDim.x < n) sum += in[i + blockDim.x];
  part[t] = sum;
  __syncthreads();
  for (unsigned int s = blockDim.x / 2; s > 0; s >>= 1) {
    if (t < s) part[t] += part[t + s];
    __syncthreads();
  }
  if (t == 0) out[blockIdx.x] = part[0];
}
