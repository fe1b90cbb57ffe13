#include <hip/hip_runtime.h>
#include <cstdio>

#define HIP_CHECK(x)                                                          \
  do {                                                                        \
    hipError_t e = (x);                                                       \
    if (e != hipSuccess) {                                                    \
      fprintf(stderr, "%s at line %d\n", hipGetErrorString(e), __LINE__);     \
      return;                                                                 \
    }                                                                         \
  } while (0)

template <unsigned BLOCK>
__global__ void block_max(const float* __restrict__ in, float* __restrict__ out, unsigned n) {
  __shared__ float lds[BLOCK];
  float best = -3.4e38f;
  for (unsigned i = blockIdx.x * BLOCK + threadIdx.x; i < n; i += BLOCK * gridDim.x) best = fmaxf(best, in[i]);
  lds[threadIdx.x] = best;
  __syncthreads();
  for (unsigned s = BLOCK / 2; s != 0; s /= 2) {
    if (threadIdx.x < s) lds[threadIdx.x] = fmaxf(lds[threadIdx.x], lds[threadIdx.x + s]);
    __syncthreads();
  }
  if (threadIdx.x == 0) out[blockIdx.x] = lds[0];
}

void partial_max(const float* host_in, float* host_out, unsigned n) {
  float *in, *out;
  HIP_CHECK(hipMalloc(&in, n * sizeof(float)));
  HIP_CHECK(hipMalloc(&out, 8 * sizeof(float)));
  HIP_CHECK(hipMemcpy(in, host_in, n * sizeof(float), hipMemcpyHostToDevice));
  block_max<256><<<8, 256>>>(in, out, n);
  HIP_CHECK(hipGetLastError());
  HIP_CHECK(hipMemcpy(host_out, out, 8 * sizeof(float), hipMemcpyDeviceToHost));
  HIP_CHECK(hipFree(in));
  HIP_CHECK(hipFree(out));
}
