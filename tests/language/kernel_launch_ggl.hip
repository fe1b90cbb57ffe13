// hipLaunchKernelGGL with template arguments in HIP_KERNEL_NAME, HIP_DYNAMIC_SHARED, old index names, vector operators.
#include <hip/hip_runtime.h>
template <typename T, int N> __global__ void axpy4(const T *x, T *y, float a, int n) {
  HIP_DYNAMIC_SHARED(T, buf)
  int i = hipBlockIdx_x * hipBlockDim_x + hipThreadIdx_x;
  buf[hipThreadIdx_x] = i < n ? x[i] * a : T{0, 0, 0, 0};
  __syncthreads();
  if (i < n) y[i] += buf[hipThreadIdx_x] + buf[(hipThreadIdx_x + N) % N] * 0.5f;
}
void run(const float4 *x, float4 *y, float a, int n) {
  hipLaunchKernelGGL(HIP_KERNEL_NAME(axpy4<float4, 64>), dim3((n + 63) / 64), dim3(64), 64 * sizeof(float4), 0, x, y, a, n);
}
