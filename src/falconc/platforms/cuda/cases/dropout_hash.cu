// falconc: kernel=dropout grid=(n+127)/128 block=128
using u32 = unsigned int;

__device__ u32 hash(u32 x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  return x;
}

__global__ void dropout(const float *in, float *out, unsigned char *keep, u32 seed, u32 n, float p) {
  const u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    const float u = (hash(i ^ seed) >> 8) * (1.0f / 16777216.0f);
    keep[i] = u >= p;
    out[i] = keep[i] ? in[i] / (1.0f - p) : 0.0f;
  }
}
