// expect: Tested integer data
// Rotary embedding applied while writing the key-value cache; half2 data; positions from an array; 3-D grid from dim3 variables.
#include <cuda_fp16.h>
__global__ void rope_append(half2 *__restrict__ kcache, const half2 *__restrict__ k, const float *__restrict__ cos_sin, const int *pos,
                            int heads, int half_dim, int max_len) {
  const int h = blockIdx.y, b = blockIdx.z;
  const int d = blockIdx.x * blockDim.x + threadIdx.x;
  if (d >= half_dim) return;
  const int p = (unsigned)pos[b] % (unsigned)max_len;
  const float c = cos_sin[(p * half_dim + d) * 2], s = cos_sin[(p * half_dim + d) * 2 + 1];
  float2 v = __half22float2(k[(b * heads + h) * half_dim + d]);
  half2 r = __floats2half2_rn(v.x * c - v.y * s, v.x * s + v.y * c);
  kcache[((b * heads + h) * max_len + p) * half_dim + d] = r;
}
void append(half2 *kcache, const half2 *k, const float *cs, const int *pos, int batch, int heads, int half_dim, int max_len) {
  dim3 block(32);
  dim3 grid((half_dim + block.x - 1) / block.x, heads, batch);
  rope_append<<<grid, block>>>(kcache, k, cs, pos, heads, half_dim, max_len);
}
