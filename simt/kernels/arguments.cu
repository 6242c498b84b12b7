// Arguments of all kinds: more of them than registers, small structures in registers, a large one behind a pointer.
struct Mixed {
  float weight;
  int count;
};

struct Large {
  int values[8];
};

__global__ void arguments(int *out, int a, unsigned int b, long long c, unsigned char d, bool e, Mixed mixed, int f, int g,
                          float2 pair, float h0, float h1, float h2, float h3, float h4, float h5, float h6, long long i,
                          Large large) {
  if (threadIdx.x != 0) return;
  out[0] = a;
  out[1] = b;
  out[2] = static_cast<int>(c >> 32);
  out[3] = d;
  out[4] = e;
  out[5] = __float_as_int(mixed.weight);
  out[6] = mixed.count;
  out[7] = f;
  out[8] = g;
  out[9] = __float_as_int(pair.x);
  out[10] = __float_as_int(pair.y);
  out[11] = __float_as_int(h0);
  out[12] = __float_as_int(h5);
  out[13] = __float_as_int(h6);
  out[14] = static_cast<int>(i >> 32);
  out[15] = large.values[7];
}
