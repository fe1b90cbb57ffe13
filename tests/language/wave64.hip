// falconc: kernel=wave_reduce grid=(n+255)/256 block=256
#include <hip/hip_runtime.h>
template <typename T> __device__ T wave_sum(T v) {
  for (int d = warpSize / 2; d > 0; d /= 2) v += __shfl_down(v, d);
  return v;
}
__global__ void wave_reduce(const float* x, float* out, int n) {
  __shared__ float part[4];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float s = wave_sum(i < n ? x[i] : 0.0f);
  int lane = threadIdx.x % warpSize, wave = threadIdx.x / warpSize;
  if (lane == 0) part[wave] = s;
  __syncthreads();
  if (threadIdx.x == 0) out[blockIdx.x] = part[0] + part[1] + part[2] + part[3];
}
