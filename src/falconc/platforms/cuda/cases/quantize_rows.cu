#include <stdint.h>

// Symmetric int8 quantisation, a scale per row; and back.
__global__ void quantize_rows(const float *x, int8_t *q, float *scales, int cols) {
  __shared__ float amax[64];
  const int t = threadIdx.x;
  float a = 0.f;
  for (int c = t; c < cols; c += 64) a = fmaxf(a, fabsf(x[blockIdx.x * cols + c]));
  amax[t] = a;
  __syncthreads();
  for (int s = 32; s > 0; s /= 2) {
    if (t < s) amax[t] = fmaxf(amax[t], amax[t + s]);
    __syncthreads();
  }
  const float scale = amax[0] / 127.f;
  const float inv = amax[0] > 0.f ? 127.f / amax[0] : 0.f;
  for (int c = t; c < cols; c += 64) {
    int v = __float2int_rn(x[blockIdx.x * cols + c] * inv);
    v = v > 127 ? 127 : (v < -127 ? -127 : v);
    q[blockIdx.x * cols + c] = (int8_t)v;
  }
  if (t == 0) scales[blockIdx.x] = scale;
}

__global__ void dequantize_rows(const int8_t *q, const float *scales, float *x, int rows, int cols) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < rows * cols) x[i] = static_cast<float>(q[i]) * scales[i / cols];
}

void roundtrip(const float *x, int8_t *q, float *scales, float *y, int rows, int cols) {
  quantize_rows<<<rows, 64>>>(x, q, scales, cols);
  dequantize_rows<<<(rows * cols + 255) / 256, 256>>>(q, scales, y, rows, cols);
}
