#include <cuda_fp16.h>

template <int THREADS>
__global__ void __launch_bounds__(THREADS) rmsnorm(__half *__restrict__ out, const __half *__restrict__ x,
                                                   const __half *__restrict__ w, int dim, float eps) {
  __shared__ float shared_sum[THREADS / 32];
  const __half *xr = x + blockIdx.x * (size_t)dim;
  float ss = 0.f;
  for (int i = threadIdx.x; i < dim; i += THREADS) {
    float v = __half2float(xr[i]);
    ss += v * v;
  }
#pragma unroll
  for (int o = 16; o > 0; o >>= 1) ss += __shfl_down_sync(0xffffffff, ss, o);
  if ((threadIdx.x & 31) == 0) shared_sum[threadIdx.x >> 5] = ss;
  __syncthreads();
  float total = 0.f;
  for (int k = 0; k < THREADS / 32; ++k) total += shared_sum[k];
  const float scale = rsqrtf(total / dim + eps);
  for (int i = threadIdx.x; i < dim; i += THREADS)
    out[blockIdx.x * (size_t)dim + i] = __float2half(__half2float(xr[i]) * scale * __half2float(w[i]));
}

void launch_rmsnorm(__half *out, const __half *x, const __half *w, int tokens, int dim) {
  rmsnorm<128><<<tokens, 128>>>(out, x, w, dim, 1e-5f);
}
