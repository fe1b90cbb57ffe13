#include <cstdint>

constexpr int kBins = 256;

__global__ void histogram256(const uint8_t* __restrict__ pixels, unsigned int* __restrict__ bins, int count) {
  __shared__ unsigned int local[kBins];
  for (int b = threadIdx.x; b < kBins; b += blockDim.x) local[b] = 0u;
  __syncthreads();

  const int step = gridDim.x * blockDim.x;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) atomicAdd(&local[pixels[i]], 1u);
  __syncthreads();

  for (int b = threadIdx.x; b < kBins; b += blockDim.x)
    if (local[b] != 0u) atomicAdd(bins + b, local[b]);
}

void histogram(const uint8_t* pixels, unsigned int* bins, int count) {
  cudaMemset(bins, 0, kBins * sizeof(unsigned int));
  histogram256<<<4, 128>>>(pixels, bins, count);
}
