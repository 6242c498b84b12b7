// Rotary position embedding in place, pairs (2i, 2i + 1) of each head: blockIdx.y is the token, a thread for each pair.
__global__ void rope(float2 *x, const int *positions, int heads, int head_size, float base) {
  int pair = blockIdx.x * blockDim.x + threadIdx.x;
  int half = head_size / 2;
  if (pair >= heads * half) return;
  int i = pair % half;
  float frequency = powf(base, -2.0f * i / head_size);
  float angle = positions[blockIdx.y] * frequency;
  float sine, cosine;
  sincosf(angle, &sine, &cosine);
  float2 *at = x + blockIdx.y * heads * half + pair;
  float2 v = *at;
  *at = make_float2(v.x * cosine - v.y * sine, v.x * sine + v.y * cosine);
}
