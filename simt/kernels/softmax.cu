// Softmax of each row, a block for each: maximum and sum by warps, then through shared memory.
__device__ float block_reduce(float value, float *scratch, bool maximum) {
  for (int offset = warpSize / 2; offset > 0; offset /= 2) {
    float other = __shfl_xor_sync(0xffffffff, value, offset);
    value = maximum ? fmaxf(value, other) : value + other;
  }
  int warp = threadIdx.x / warpSize;
  if (threadIdx.x % warpSize == 0) scratch[warp] = value;
  __syncthreads();
  value = scratch[0];
  for (int w = 1; w < blockDim.x / warpSize; w++) value = maximum ? fmaxf(value, scratch[w]) : value + scratch[w];
  __syncthreads();
  return value;
}

__global__ void softmax(const float *in, float *out, int columns) {
  __shared__ float scratch[64];
  const float *row = in + blockIdx.x * columns;
  float *result = out + blockIdx.x * columns;
  float highest = -INFINITY;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) highest = fmaxf(highest, row[i]);
  highest = block_reduce(highest, scratch, true);
  float sum = 0.0f;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    float e = expf(row[i] - highest);
    result[i] = e;
    sum += e;
  }
  sum = block_reduce(sum, scratch, false);
  for (int i = threadIdx.x; i < columns; i += blockDim.x) result[i] /= sum;
}
