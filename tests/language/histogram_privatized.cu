// expect: Tested integer data
// Histogram with one private copy per warp in shared memory, merged by global atomics; unsigned char data.
#define BINS 64
#define WARPS 4
__global__ void histo(const unsigned char *data, unsigned int *bins, int n) {
  __shared__ unsigned int local[WARPS][BINS];
  for (int i = threadIdx.x; i < WARPS * BINS; i += blockDim.x) ((unsigned int *)local)[i] = 0;
  __syncthreads();
  const int w = threadIdx.x >> 5;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x, step = gridDim.x * blockDim.x; i < n; i += step)
    atomicAdd(&local[w][data[i] >> 2], 1u);
  __syncthreads();
  for (int b = threadIdx.x; b < BINS; b += blockDim.x) {
    unsigned int sum = 0;
#pragma unroll
    for (int k = 0; k < WARPS; ++k) sum += local[k][b];
    if (sum) atomicAdd(bins + b, sum);
  }
}
int launch(const unsigned char *d, unsigned *b, int n) {
  const int threads = WARPS * 32;
  histo<<<min(4, (n + threads - 1) / threads), threads>>>(d, b, n);
  return 0;
}
