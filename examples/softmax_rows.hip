// Softmax of each row: one block a row, its waves reduce with shuffles, the parts meet in LDS.
#include <hip/hip_runtime.h>

constexpr int THREADS = 256;

__device__ float wave_max(float v) {
  for (int d = warpSize / 2; d > 0; d /= 2) v = fmaxf(v, __shfl_xor(v, d));
  return v;
}

__device__ float wave_sum(float v) {
  for (int d = warpSize / 2; d > 0; d /= 2) v += __shfl_xor(v, d);
  return v;
}

__global__ void softmax_rows(const float *__restrict__ in, float *__restrict__ out, int cols) {
  __shared__ float part[THREADS / 32];
  const float *x = in + (size_t)blockIdx.x * cols;
  float *y = out + (size_t)blockIdx.x * cols;
  const int lane = threadIdx.x % warpSize;
  const int wave = threadIdx.x / warpSize;
  const int waves = THREADS / warpSize;

  float m = -INFINITY;
  for (int c = threadIdx.x; c < cols; c += THREADS) m = fmaxf(m, x[c]);
  m = wave_max(m);
  if (lane == 0) part[wave] = m;
  __syncthreads();
  m = part[0];
  for (int w = 1; w < waves; ++w) m = fmaxf(m, part[w]);
  __syncthreads();

  float sum = 0.0f;
  for (int c = threadIdx.x; c < cols; c += THREADS) sum += expf(x[c] - m);
  sum = wave_sum(sum);
  if (lane == 0) part[wave] = sum;
  __syncthreads();
  sum = 0.0f;
  for (int w = 0; w < waves; ++w) sum += part[w];

  for (int c = threadIdx.x; c < cols; c += THREADS) y[c] = expf(x[c] - m) / sum;
}

hipError_t softmax(const float *in, float *out, int rows, int cols, hipStream_t stream) {
  softmax_rows<<<rows, THREADS, 0, stream>>>(in, out, cols);
  return hipGetLastError();
}
