// falconc: kernel=range_stats grid=4 block=64
// Atomics of several kinds on integers.
__global__ void range_stats(const int *x, int n, int *lo, int *hi, unsigned *above, int threshold) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    const int v = x[i];
    atomicMin(lo, v);
    atomicMax(hi, v);
    if (v > threshold) atomicInc(above, 0xffffffffu);
  }
}
