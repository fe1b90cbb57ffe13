// expect: Unknown bit reinterpretation
// Atomics on double, half2, bfloat162 and float maximum through ordered integers.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
__device__ __forceinline__ float atomicMaxFloat(float *addr, float value) {
  return value >= 0 ? __int_as_float(atomicMax((int *)addr, __float_as_int(value)))
                    : __uint_as_float(atomicMin((unsigned int *)addr, __float_as_uint(value)));
}
__global__ void scatter_all(const float *x, const int *to, double *sums, half2 *h, float *top, int n, int m) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    int j = (unsigned)to[i] % (unsigned)m;
    atomicAdd(&sums[j], (double)x[i]);
    atomicAdd(h + j, __floats2half2_rn(x[i], 1.f));
    atomicMaxFloat(top, x[i]);
  }
}
void run(const float *x, const int *to, double *s, half2 *h, float *t, int n, int m) { scatter_all<<<4, 64>>>(x, to, s, h, t, n, m); }
