// Votes and shuffles, whole warps and parts of them: 12 words for each thread.
__global__ void warp_functions(const int *in, int *out) {
  int t = threadIdx.x;
  int lane = t % warpSize;
  int value = in[t];
  int *mine = out + 12 * t;
  mine[0] = __any_sync(0xffffffff, value > 90);
  mine[1] = __all_sync(0xffffffff, value > 10);
  mine[2] = __ballot_sync(0xffffffff, value & 1);
  mine[3] = __shfl_sync(0xffffffff, value, lane + 1);
  mine[4] = __shfl_up_sync(0xffffffff, value, 1);
  mine[5] = __shfl_down_sync(0xffffffff, value, 2, 4);
  mine[6] = __shfl_xor_sync(0xffffffff, value, 1);
  long long wide = __shfl_sync(0xffffffff, static_cast<long long>(value) << 40, 0);
  mine[7] = static_cast<int>(wide >> 40);
  mine[8] = static_cast<int>(__shfl_xor_sync(0xffffffff, value * 0.5f, 2) * 4.0f);
  // Both halves, at once and with masks of their own.
  unsigned int half = (1u << warpSize / 2) - 1;
  unsigned int mask = lane < warpSize / 2 ? half : half << warpSize / 2;
  mine[9] = __ballot_sync(mask, value & 1);
  // One half only.
  mine[10] = 0;
  if (lane < warpSize / 2) mine[10] = __ballot_sync(half, value > 50) + (__activemask() << 16);
  __syncwarp();
  mine[11] = __popc(__ballot_sync(0xffffffff, true));
}
