// falconc: kernel=gelu_half2 grid=(n2+63)/64 block=64
#include <cuda_fp16.h>
__device__ __half2 scale2(__half2 a, float s) { return __hmul2(a, __float2half2_rn(s)); }
__global__ void gelu_half2(const __half2 *x, __half2 *y, int n2) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n2) return;
  __half2 v = x[i];
  float2 f = __half22float2(v);
  f.x = 0.5f * f.x * (1.f + tanhf(0.7978845608f * (f.x + 0.044715f * f.x * f.x * f.x)));
  f.y = 0.5f * f.y * (1.f + tanhf(0.7978845608f * (f.y + 0.044715f * f.y * f.y * f.y)));
  y[i] = __hadd2(__float22half2_rn(f), scale2(v, 0.125f));
}
