// expect: Unknown bit reinterpretation
// falconc: kernel=atomic_min_double grid=(n+31)/32 block=32
__device__ double atomicMinD(double *address, double val) {
  unsigned long long int *p = (unsigned long long int *)address;
  unsigned long long int old = *p, assumed;
  do {
    assumed = old;
    if (__longlong_as_double(assumed) <= val) break;
    old = atomicCAS(p, assumed, __double_as_longlong(val));
  } while (assumed != old);
  return __longlong_as_double(old);
}
__global__ void atomic_min_double(const double *x, double *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) atomicMinD(out, x[i]);
}
