// falconc: kernel=bf16_rows grid=rows block=32
#include <cuda_bf16.h>
__global__ void bf16_rows(const __nv_bfloat16 *x, __nv_bfloat16 *mean, int rows, int cols) {
  const __nv_bfloat16 *row = x + blockIdx.x * cols;
  float s = 0.f;
  for (int c = threadIdx.x; c < cols; c += 32) s += __bfloat162float(row[c]);
#pragma unroll
  for (int d = 16; d >= 1; d >>= 1) s += __shfl_xor_sync(0xffffffff, s, d);
  if (threadIdx.x == 0) mean[blockIdx.x] = __float2bfloat16(s / cols);
}
