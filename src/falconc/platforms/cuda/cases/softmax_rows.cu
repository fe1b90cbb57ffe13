#include <cuda_runtime.h>
#include <math_constants.h>

__device__ float warpMax(float v) {
  for (int offset = 16; offset > 0; offset /= 2) v = fmaxf(v, __shfl_xor_sync(0xffffffff, v, offset));
  return v;
}

__device__ float warpSum(float v) {
  for (int offset = 16; offset > 0; offset /= 2) v += __shfl_xor_sync(0xffffffff, v, offset);
  return v;
}

// one block of 128 threads a row
__global__ void softmax_rows(const float *__restrict__ x, float *__restrict__ y, int cols) {
  __shared__ float red[4];
  const float *row = x + (size_t)blockIdx.x * cols;
  float *dst = y + (size_t)blockIdx.x * cols;
  const int lane = threadIdx.x & 31;
  const int warp = threadIdx.x >> 5;

  float m = -3.402823466e+38F;
  for (int c = threadIdx.x; c < cols; c += blockDim.x) m = fmaxf(m, row[c]);
  m = warpMax(m);
  if (lane == 0) red[warp] = m;
  __syncthreads();
  m = fmaxf(fmaxf(red[0], red[1]), fmaxf(red[2], red[3]));
  __syncthreads();

  float s = 0.f;
  for (int c = threadIdx.x; c < cols; c += blockDim.x) s += expf(row[c] - m);
  s = warpSum(s);
  if (lane == 0) red[warp] = s;
  __syncthreads();
  s = red[0] + red[1] + red[2] + red[3];

  for (int c = threadIdx.x; c < cols; c += blockDim.x) dst[c] = expf(row[c] - m) / s;
}

void softmax(const float *x, float *y, int rows, int cols, cudaStream_t st) {
  softmax_rows<<<rows, 128, 0, st>>>(x, y, cols);
}
