#include <cuda_runtime.h>
constexpr int R = 2;
__constant__ float taps[2 * R + 1];
__constant__ int dilation = 1;
__global__ void fir(const float *x, float *y, int n) {
  int i = threadIdx.x + blockIdx.x * blockDim.x;
  if (i >= n) return;
  float s = 0.f;
  for (int k = -R; k <= R; ++k) {
    int j = i + k;
    if (j < 0 || j >= n) continue;
    s = fmaf(taps[k + R], __ldg(x + j), s);
  }
  y[i] = s;
}
void run(const float *h_taps, const float *x, float *y, int n) {
  cudaMemcpyToSymbol(taps, h_taps, sizeof(taps));
  const int threads = 96;
  fir<<<(n + threads - 1) / threads, threads>>>(x, y, n);
}
