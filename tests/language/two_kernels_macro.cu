#include <cuda_runtime.h>
#define ELEMENTWISE(NAME, EXPR)                                   \
  __global__ void NAME(const float *x, float *y, int n) {         \
    int i = blockIdx.x * blockDim.x + threadIdx.x;                \
    if (i < n) { float v = x[i]; y[i] = (EXPR); }                 \
  }
ELEMENTWISE(silu_kernel, v / (1.f + expf(-v)))
ELEMENTWISE(softsign_kernel, v / (1.f + fabsf(v)))
#undef ELEMENTWISE
void both(const float *x, float *y, float *z, int n) {
  int blocks = (n + 127) / 128;
  silu_kernel<<<blocks, 128>>>(x, y, n);
  softsign_kernel<<<blocks, 128>>>(x, z, n);
}
