// expect: Tested integer data
// falconc: kernel=stats grid=3 block=64
__global__ void stats(const int *x, int *lo, int *hi, unsigned *bits, unsigned long long *sum, int *owner, int n) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    int v = x[i];
    atomicMin(lo, v);
    atomicMax(hi, v);
    atomicOr(bits, 1u << (v & 31));
    atomicAdd(sum, (unsigned long long)(v & 0xff));
    atomicMax(&owner[v & 3], i);
  }
}
