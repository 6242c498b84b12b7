// y = x / sqrt(mean(x^2) + epsilon) * weight for each row, a block for each.
__global__ void rmsnorm(const float *x, const float *weight, float *y, int columns, float epsilon) {
  __shared__ float sums[64];
  const float *row = x + blockIdx.x * columns;
  float sum = 0.0f;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += row[i] * row[i];
  for (int offset = warpSize / 2; offset > 0; offset >>= 1) sum += __shfl_xor_sync(0xffffffff, sum, offset);
  if (threadIdx.x % warpSize == 0) sums[threadIdx.x / warpSize] = sum;
  __syncthreads();
  sum = 0.0f;
  for (int w = 0; w < blockDim.x / warpSize; w++) sum += sums[w];
  float scale = rsqrtf(sum / columns + epsilon);
  for (int i = threadIdx.x; i < columns; i += blockDim.x) y[blockIdx.x * columns + i] = row[i] * scale * weight[i];
}
