// expect: Unknown bit reinterpretation
// e4m3 emulated by bit operations on the float's pattern, both directions.
// falconc: kernel=to_e4m3 grid=(n+127)/128 block=128
// falconc: kernel=from_e4m3 grid=(n+127)/128 block=128
typedef unsigned char fp8_t;
__device__ fp8_t encode(float f) {
  unsigned b = __float_as_uint(f), sign = (b >> 24) & 0x80u;
  b &= 0x7fffffffu;
  if (b >= 0x43e80000u) return (fp8_t)(sign | 0x7eu);
  if (b < 0x3c800000u) return (fp8_t)(sign | (unsigned)__float2int_rn(__uint_as_float(b) * 512.f));
  b += 0x7ffffu + ((b >> 20) & 1u);
  return (fp8_t)(sign | ((b >> 20) - (120u << 3)));
}
__global__ void to_e4m3(const float *x, fp8_t *q, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) q[i] = encode(x[i]);
}
__global__ void from_e4m3(const fp8_t *q, float *x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  unsigned v = q[i], e = (v >> 3) & 15u, m = v & 7u;
  float r = e ? __uint_as_float(((e + 120u) << 23) | (m << 20)) : (float)m * 0.001953125f;
  x[i] = v & 0x80u ? -r : r;
}
