// y = A x for A in CSR form: a thread for each row, and a warp for each row.
__global__ void spmv(int rows, const int *row_start, const int *column, const float *value, const float *x, float *y) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  float sum = 0.0f;
  for (int i = row_start[row]; i < row_start[row + 1]; i++) sum += value[i] * x[column[i]];
  y[row] = sum;
}

__global__ void spmv_warp(int rows, const int *row_start, const int *column, const float *value, const float *x, float *y) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / warpSize;
  int lane = threadIdx.x % warpSize;
  if (row >= rows) return;
  float sum = 0.0f;
  for (int i = row_start[row] + lane; i < row_start[row + 1]; i += warpSize) sum += value[i] * x[column[i]];
  for (int offset = warpSize / 2; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffff, sum, offset);
  if (lane == 0) y[row] = sum;
}
