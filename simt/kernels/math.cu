// All functions of the header on each argument: out[f][i] = f(x[i]), the last of x[i] and y[i].
__global__ void math(const float *x, const float *y, float *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float a = x[i];
  out[0 * n + i] = expf(a);
  out[1 * n + i] = exp2f(a);
  out[2 * n + i] = exp10f(a);
  out[3 * n + i] = logf(a);
  out[4 * n + i] = log2f(a);
  out[5 * n + i] = log10f(a);
  out[6 * n + i] = sinf(a);
  out[7 * n + i] = cosf(a);
  out[8 * n + i] = tanf(a);
  out[9 * n + i] = tanhf(a);
  out[10 * n + i] = rsqrtf(a);
  out[11 * n + i] = sqrtf(a);
  out[12 * n + i] = floorf(a);
  out[13 * n + i] = roundf(a);
  out[14 * n + i] = powf(a, y[i]);
  out[15 * n + i] = fmodf(a, y[i]);
}
