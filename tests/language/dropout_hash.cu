// expect: Tested not every path was seen
// Dropout with a hash as generator (xorshift, wang), the mask stored as bytes, scale by reciprocal.
__device__ __host__ inline unsigned wang(unsigned s) {
  s = (s ^ 61u) ^ (s >> 16); s *= 9u; s = s ^ (s >> 4); s *= 0x27d4eb2du; s = s ^ (s >> 15);
  return s;
}
struct XorShift {
  unsigned state;
  __device__ explicit XorShift(unsigned seed) : state(seed ? seed : 1u) {}
  __device__ unsigned next() { state ^= state << 13; state ^= state >> 17; state ^= state << 5; return state; }
  __device__ float uniform() { return (next() >> 8) * (1.0f / 16777216.0f); }
};
__global__ void dropout(float *y, unsigned char *mask, const float *x, float p, unsigned seed, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  XorShift rng(wang(seed + i));
  rng.next();
  const bool keep = rng.uniform() >= p;
  mask[i] = keep;
  y[i] = keep ? x[i] / (1.f - p) : 0.f;
}
void run(float *y, unsigned char *m, const float *x, float p, unsigned s, int n) { dropout<<<(n + 255) / 256, 256>>>(y, m, x, p, s, n); }
