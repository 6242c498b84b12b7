// Every lane another way: Collatz steps, a switch, nested branches and an early exit from a loop.
__global__ void divergence(const unsigned int *in, unsigned int *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  unsigned int x = in[i], steps = 0;
  while (x > 1) {
    x = x % 2 == 0 ? x / 2 : 3 * x + 1;
    steps++;
  }
  unsigned int kind = 0;
  switch (in[i] % 5) {
    case 0: kind = steps * 7; break;
    case 1: kind = steps ^ 0x55; break;
    case 2: kind = steps << 3; break;
    case 3: kind = ~steps; break;
    default: kind = steps / 3;
  }
  unsigned int found = 0;
  for (unsigned int d = 2; d < 64; d++) {
    if (in[i] % d == 0) {
      found = d;
      break;
    }
  }
  out[i] = kind + (found << 16);
}
