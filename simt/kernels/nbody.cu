// Accelerations of bodies (x, y, z, mass) by all others, tile by tile through dynamic shared memory: a float4 for each thread.
__device__ float3 interaction(float4 a, float4 b, float3 acceleration) {
  float3 r = make_float3(b.x - a.x, b.y - a.y, b.z - a.z);
  float squared = r.x * r.x + r.y * r.y + r.z * r.z + 0.01f;
  float inverse = rsqrtf(squared);
  float s = b.w * inverse * inverse * inverse;
  acceleration.x += r.x * s;
  acceleration.y += r.y * s;
  acceleration.z += r.z * s;
  return acceleration;
}

__global__ void nbody(const float4 *bodies, float4 *accelerations, int n) {
  extern __shared__ float4 tile[];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float4 mine = i < n ? bodies[i] : make_float4(0, 0, 0, 0);
  float3 acceleration = make_float3(0.0f, 0.0f, 0.0f);
  for (int start = 0; start < n; start += blockDim.x) {
    int j = start + threadIdx.x;
    tile[threadIdx.x] = j < n ? bodies[j] : make_float4(0, 0, 0, 0);
    __syncthreads();
    for (int k = 0; k < blockDim.x; k++) acceleration = interaction(mine, tile[k], acceleration);
    __syncthreads();
  }
  if (i < n) accelerations[i] = make_float4(acceleration.x, acceleration.y, acceleration.z, 0.0f);
}
