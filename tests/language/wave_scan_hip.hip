// Wave-wide inclusive scan on 64 lanes, ballots of 64 bits, shuffles without masks, warpSize arithmetic.
#include <hip/hip_runtime.h>
__device__ int wave_inclusive(int v) {
  for (int d = 1; d < warpSize; d <<= 1) {
    int o = __shfl_up(v, d);
    if ((threadIdx.x & (warpSize - 1)) >= d) v += o;
  }
  return v;
}
__global__ void compact(const float *x, int *pos, unsigned long long *masks, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  bool keep = i < n && x[i] > 0.f;
  unsigned long long m = __ballot(keep);
  int p = wave_inclusive(keep ? 1 : 0);
  if (i < n) pos[i] = keep ? p - 1 : -1;
  if (threadIdx.x % warpSize == 0) masks[i / warpSize] = m;
}
void run(const float *x, int *p, unsigned long long *m, int n) { compact<<<(n + 127) / 128, 128>>>(x, p, m, n); }
