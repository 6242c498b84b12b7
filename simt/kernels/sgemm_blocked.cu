// C = A B, row-major, all sizes multiples of 32: blocks of 8 x 8 threads for tiles of 32 x 32, each thread 4 x 4 elements in
// registers, so that 8 loads of shared memory feed 16 multiply-adds.
#define TILE 32
#define DEPTH 8

__global__ void sgemm_blocked(int n, int k, const float *A, const float *B, float *C) {
  // A transposed, so that both are read along rows.
  __shared__ float As[DEPTH][TILE + 4];
  __shared__ float Bs[DEPTH][TILE];
  const int tx = threadIdx.x, ty = threadIdx.y;
  const int thread = ty * 8 + tx;
  const float *a = A + blockIdx.y * TILE * k;
  const float *b = B + blockIdx.x * TILE;
  float sum[4][4] = {};
  for (int t = 0; t < k; t += DEPTH) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int row = i * 8 + thread / DEPTH;
      As[thread % DEPTH][row] = a[row * k + t + thread % DEPTH];
      Bs[i * 2 + thread / TILE][thread % TILE] = b[(t + i * 2 + thread / TILE) * n + thread % TILE];
    }
    __syncthreads();
#pragma unroll
    for (int d = 0; d < DEPTH; d++) {
      float x[4], y[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        x[i] = As[d][i * 8 + ty];
        y[i] = Bs[d][i * 8 + tx];
      }
#pragma unroll
      for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) sum[i][j] += x[i] * y[j];
      }
    }
    __syncthreads();
  }
  float *c = C + blockIdx.y * TILE * n + blockIdx.x * TILE;
#pragma unroll
  for (int i = 0; i < 4; i++) {
#pragma unroll
    for (int j = 0; j < 4; j++) c[(i * 8 + ty) * n + j * 8 + tx] = sum[i][j];
  }
}
