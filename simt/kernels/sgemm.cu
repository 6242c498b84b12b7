// C = alpha A B + beta C, row-major, by tiles in shared memory: blocks of TILE x TILE threads, a thread for each element of C.
#define TILE 8

__global__ void sgemm(int m, int n, int k, float alpha, const float *A, const float *B, float beta, float *C) {
  __shared__ float As[TILE][TILE];
  __shared__ float Bs[TILE][TILE];
  int tx = threadIdx.x, ty = threadIdx.y;
  int row = blockIdx.y * TILE + ty;
  int col = blockIdx.x * TILE + tx;
  float sum = 0.0f;
  for (int t = 0; t < k; t += TILE) {
    As[ty][tx] = row < m && t + tx < k ? A[row * k + t + tx] : 0.0f;
    Bs[ty][tx] = t + ty < k && col < n ? B[(t + ty) * n + col] : 0.0f;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < TILE; i++) sum += As[ty][i] * Bs[i][tx];
    __syncthreads();
  }
  if (row < m && col < n) C[row * n + col] = alpha * sum + beta * C[row * n + col];
}
