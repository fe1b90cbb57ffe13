#include <cuda_runtime.h>

static const int kThreads = 128;

__global__ void dot_partial(const float *a, const float *b, float *partial, int n) {
  __shared__ float s[kThreads];
  float v = 0.0f;
  for (int i = blockIdx.x * kThreads + threadIdx.x; i < n; i += kThreads * gridDim.x) v = fmaf(a[i], b[i], v);
  s[threadIdx.x] = v;
  __syncthreads();
  for (int h = kThreads / 2; h >= 32; h /= 2) {
    if (threadIdx.x < h) s[threadIdx.x] += s[threadIdx.x + h];
    __syncthreads();
  }
  if (threadIdx.x < 32) {
    v = s[threadIdx.x];
    for (int d = 16; d; d /= 2) v += __shfl_down_sync(0xffffffff, v, d);
    if (threadIdx.x == 0) partial[blockIdx.x] = v;
  }
}

__global__ void dot_final(const float *partial, float *result, int blocks) {
  float v = threadIdx.x < blocks ? partial[threadIdx.x] : 0.0f;
  for (int d = 16; d; d /= 2) v += __shfl_down_sync(0xffffffff, v, d);
  if (threadIdx.x == 0) *result = v;
}

void dot(const float *a, const float *b, float *partial, float *result, int n) {
  dot_partial<<<16, kThreads>>>(a, b, partial, n);
  dot_final<<<1, 32>>>(partial, result, 16);
}
