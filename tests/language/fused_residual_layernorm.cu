// Residual add and layernorm fused, row cached in dynamic shared memory cast to float4, blockDim (32, y), warp per row.
// falconc: kernel=fused_residual_ln grid=(N+3)/4 block=32,4 shared=4*(2+4)*C size=C:64,N:5
#define WARP_SIZE 32
__device__ __forceinline__ float warpReduceSum(float val) {
  for (int offset = 16; offset > 0; offset /= 2) val += __shfl_xor_sync(0xFFFFFFFF, val, offset);
  return val;
}
__device__ float4 add4(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }
__global__ void fused_residual_ln(float *residual, float *normed, float *mean, float *rstd, const float *inp1, const float *inp2,
                                  const float *weight, const float *bias, int N, int C) {
  extern __shared__ char params[];
  float4 *s_weight = reinterpret_cast<float4 *>(params);
  float4 *s_bias = s_weight + C / 4;
  float4 *s_res = s_bias + (C / 4) * (1 + threadIdx.y);
  int sidx = (threadIdx.x + WARP_SIZE * threadIdx.y);
  for (int i = sidx; i < C / 4; i += blockDim.y * WARP_SIZE) {
    s_weight[i] = reinterpret_cast<const float4 *>(weight)[i];
    s_bias[i] = reinterpret_cast<const float4 *>(bias)[i];
  }
  __syncthreads();
  int idx = blockIdx.x * blockDim.y + threadIdx.y;
  if (idx >= N) return;
  residual += C * idx; normed += C * idx; inp1 += C * idx; inp2 += C * idx;
  const float eps = 1e-5f;
  float sum = 0.0f;
  for (int c = threadIdx.x; c < C / 4; c += WARP_SIZE) {
    const float4 in1 = reinterpret_cast<const float4 *>(inp1)[c];
    const float4 in2 = reinterpret_cast<const float4 *>(inp2)[c];
    float4 out = add4(in1, in2);
    sum += out.x + out.y + out.z + out.w;
    reinterpret_cast<float4 *>(residual)[c] = out;
    s_res[c] = out;
  }
  sum = warpReduceSum(sum);
  float m = sum / C;
  float v = 0.f;
  for (int c = threadIdx.x; c < C / 4; c += WARP_SIZE) {
    const float4 res = s_res[c];
    v += (res.x - m) * (res.x - m) + (res.y - m) * (res.y - m) + (res.z - m) * (res.z - m) + (res.w - m) * (res.w - m);
  }
  v = warpReduceSum(v) / C;
  float s = rsqrtf(v + eps);
  for (int c = threadIdx.x; c < C / 4; c += WARP_SIZE) {
    const float4 res = s_res[c], w = s_weight[c], b = s_bias[c];
    float4 out;
    out.x = s * (res.x - m) * w.x + b.x;
    out.y = s * (res.y - m) * w.y + b.y;
    out.z = s * (res.z - m) * w.z + b.z;
    out.w = s * (res.w - m) * w.w + b.w;
    reinterpret_cast<float4 *>(normed)[c] = out;
  }
  if (threadIdx.x == 0) { mean[idx] = m; rstd[idx] = s; }
}
