// falconc: kernel=count_big grid=2 block=32
__device__ int hits;
__device__ const float limits[4] = {0.25f, 0.5f, 1.0f, 2.0f};
__global__ void count_big(const float *x, int *per_bin, int n) {
  for (int i = blockIdx.x * 32 + threadIdx.x; i < n; i += 64) {
    for (int b = 3; b >= 0; --b) {
      if (x[i] > limits[b]) { atomicAdd(per_bin + b, 1); atomicAdd(&hits, 1); break; }
    }
  }
}
