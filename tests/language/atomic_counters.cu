// expect: Tested possible overflow
// atomicInc and atomicDec wrap around; 64-bit add and maximum; atomicExch; 16-bit CAS lock-free minimum.
// falconc: kernel=counters grid=3 block=64
__global__ void counters(const unsigned *x, unsigned *wrap, unsigned *down, unsigned long long *sum, unsigned long long *top, int n) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    atomicInc(wrap, 6u);
    atomicDec(down, 9u);
    atomicAdd(sum, (unsigned long long)x[i]);
    atomicMax(top, (unsigned long long)x[i] << 8);
  }
}
