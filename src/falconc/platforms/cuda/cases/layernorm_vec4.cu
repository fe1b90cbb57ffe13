// Rows of 4*THREADS floats, one float4 a thread.
template <int THREADS>
__device__ float sum_all(float v) {
  __shared__ float s[THREADS / 32];
#pragma unroll
  for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(0xffffffff, v, o, 32);
  if (threadIdx.x % 32 == 0) s[threadIdx.x / 32] = v;
  __syncthreads();
  float total = 0;
#pragma unroll
  for (int w = 0; w < THREADS / 32; ++w) total += s[w];
  __syncthreads();
  return total;
}

template <int THREADS>
__global__ void layernorm_vec4(const float *x, const float *gamma, const float *beta, float *y, float eps) {
  const int dim = THREADS * 4;
  const float4 v = reinterpret_cast<const float4 *>(x + blockIdx.x * dim)[threadIdx.x];
  const float mean = sum_all<THREADS>(v.x + v.y + v.z + v.w) / dim;
  const float4 d = make_float4(v.x - mean, v.y - mean, v.z - mean, v.w - mean);
  const float var = sum_all<THREADS>(d.x * d.x + d.y * d.y + d.z * d.z + d.w * d.w) / dim;
  const float r = rsqrtf(var + eps);
  const float4 g = reinterpret_cast<const float4 *>(gamma)[threadIdx.x];
  const float4 b = reinterpret_cast<const float4 *>(beta)[threadIdx.x];
  float4 o;
  o.x = d.x * r * g.x + b.x;
  o.y = d.y * r * g.y + b.y;
  o.z = d.z * r * g.z + b.z;
  o.w = d.w * r * g.w + b.w;
  reinterpret_cast<float4 *>(y + blockIdx.x * dim)[threadIdx.x] = o;
}

void layernorm_256(const float *x, const float *gamma, const float *beta, float *y, int rows) {
  layernorm_vec4<64><<<rows, 64>>>(x, gamma, beta, y, 1e-5f);
}
