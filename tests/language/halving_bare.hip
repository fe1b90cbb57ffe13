// falconc: kernel=block_sum grid=(n+255)/256 block=256
// Loops that halve until nothing is left, without a comparison: the usual sum of a block on waves of 64.
#include <hip/hip_runtime.h>
__device__ float wave_sum(float v) {
  for (int o = warpSize / 2; o; o >>= 1) v += __shfl_down(v, o);
  return v;
}
__global__ void block_sum(const float* x, float* out, int n) {
  __shared__ float part[4];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float s = wave_sum(i < n ? x[i] : 0.f);
  if ((threadIdx.x & 63) == 0) part[threadIdx.x >> 6] = s;
  __syncthreads();
  if (threadIdx.x < 64) {
    s = threadIdx.x < 4 ? part[threadIdx.x] : 0.f;
    s = wave_sum(s);
    if (threadIdx.x == 0) out[blockIdx.x] = s;
  }
}
