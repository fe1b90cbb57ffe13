#include <cstdint>
// Gathers rows of a table; rows are a multiple of four floats and 16-byte aligned.
__global__ void embedding_lookup(const int64_t *__restrict__ ids, const float *__restrict__ table, float *__restrict__ out,
                                 int dim, int64_t vocab) {
  const int64_t id = ids[blockIdx.x];
  float4 *dst = reinterpret_cast<float4 *>(out + (int64_t)blockIdx.x * dim);
  if (id < 0 || id >= vocab) {
    for (int i = threadIdx.x; i < dim / 4; i += blockDim.x) dst[i] = make_float4(0.f, 0.f, 0.f, 0.f);
    return;
  }
  const float4 *src = reinterpret_cast<const float4 *>(table + id * dim);
  for (int i = threadIdx.x; i < dim / 4; i += blockDim.x) dst[i] = src[i];
}

void lookup(const int64_t *ids, const float *table, float *out, int tokens) {
  embedding_lookup<<<tokens, 32>>>(ids, table, out, 64, 100);
}
