// expect: Tested integer data
// Shuffles of double, long long, half2 and struct members, all four kinds, widths 4 to 32, sub-warp reductions.
#include <cuda_fp16.h>
__global__ void shuffles(const double *d, const long long *l, const half2 *h, double *od, long long *ol, half2 *oh, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  double x = i < n ? d[i] : 0.0;
  long long q = i < n ? l[i] & 0xffff : 0ll;
  half2 v = i < n ? h[i] : __float2half2_rn(0.f);
  for (int w = 4; w > 0; w /= 2) x += __shfl_down_sync(0xffffffffu, x, w, 8);
  x = __shfl_sync(0xffffffffu, x, 0, 8);
  q += __shfl_xor_sync(0xffffffffu, q, 3, 4);
  long long up = __shfl_up_sync(0xffffffffu, q, 1u, 16);
  if (threadIdx.x % 16 >= 1) q = q * 2 + up;
  for (int m = 16; m >= 1; m >>= 1) v = __hadd2(v, __shfl_xor_sync(0xffffffffu, v, m));
  if (i < n) { od[i] = x; ol[i] = q; oh[i] = v; }
}
void run(const double *d, const long long *l, const half2 *h, double *od, long long *ol, half2 *oh, int n) {
  shuffles<<<(n + 63) / 64, 64>>>(d, l, h, od, ol, oh, n);
}
