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
  // What a thread copies, and what it multiplies: elements at constant distances from these.
  const float *a = A + (blockIdx.y * TILE + thread / DEPTH) * k + thread % DEPTH;
  const float *b = B + blockIdx.x * TILE + thread / TILE * n + thread % TILE;
  float *as = &As[thread % DEPTH][thread / DEPTH];
  float *bs = &Bs[thread / TILE][thread % TILE];
  const float *x = &As[0][ty];
  const float *y = &Bs[0][tx];
  float sum[4][4] = {};
  float u[4], v[4];
#pragma unroll
  for (int i = 0; i < 4; i++) u[i] = a[i * 8 * k], v[i] = b[i * 2 * n];
  for (int t = 0; t < k; t += DEPTH) {
#pragma unroll
    for (int i = 0; i < 4; i++) as[i * 8] = u[i], bs[i * 2 * TILE] = v[i];
    __syncthreads();
    // The next tile is on its way while this one is multiplied.
    if (t + DEPTH < k) {
      a += DEPTH;
      b += DEPTH * n;
#pragma unroll
      for (int i = 0; i < 4; i++) u[i] = a[i * 8 * k], v[i] = b[i * 2 * n];
    }
#pragma unroll
    for (int d = 0; d < DEPTH; d++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) sum[i][j] += x[d * (TILE + 4) + i * 8] * y[d * TILE + j * 8];
      }
    }
    __syncthreads();
  }
  float *c = C + (blockIdx.y * TILE + ty) * n + blockIdx.x * TILE + tx;
#pragma unroll
  for (int i = 0; i < 4; i++) {
#pragma unroll
    for (int j = 0; j < 4; j++) c[i * 8 * n + j * 8] = sum[i][j];
  }
}
