// y = a x + y in a grid-stride loop: any grid does all of it.
__global__ void saxpy(int n, float a, const float *x, float *y) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
    y[i] = a * x[i] + y[i];
  }
}

// The same, each thread FAR elements at a time, so that many loads are under way.
#define FAR 4
__global__ void saxpy_far(int n, float a, const float *__restrict__ x, float *__restrict__ y) {
  const int step = blockDim.x * gridDim.x;
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  for (; i + (FAR - 1) * step < n; i += FAR * step) {
    float u[FAR], v[FAR];
#pragma unroll
    for (int j = 0; j < FAR; j++) u[j] = x[i + j * step];
#pragma unroll
    for (int j = 0; j < FAR; j++) v[j] = y[i + j * step];
#pragma unroll
    for (int j = 0; j < FAR; j++) y[i + j * step] = a * u[j] + v[j];
  }
  for (; i < n; i += step) y[i] = a * x[i] + y[i];
}
