// falconc: kernel=rows_with_nan grid=6 block=64
// flags[row]: 1 if any element is NaN or infinite, 2 if all of them are.
__global__ void rows_with_nan(const float *x, int *flags, int cols) {
  __shared__ int any_bad, all_bad;
  if (threadIdx.x == 0) any_bad = 0, all_bad = 1;
  __syncthreads();
  for (int base = 0; base < cols; base += blockDim.x) {
    const int c = base + threadIdx.x;
    const bool inside = c < cols;
    const bool bad = inside && !isfinite(x[blockIdx.x * cols + c]);
    const int some = __any_sync(0xffffffffu, bad);
    const int every = __all_sync(0xffffffffu, bad || !inside);
    if (threadIdx.x % 32 == 0) {
      atomicOr(&any_bad, some);
      atomicAnd(&all_bad, every);
    }
  }
  __syncthreads();
  if (threadIdx.x == 0) flags[blockIdx.x] = any_bad + (any_bad & all_bad);
}
