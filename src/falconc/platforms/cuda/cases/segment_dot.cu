// falconc: kernel=segment_dot grid=(pairs+15)/16 block=128
// Groups of eight lanes each own one pair of vectors of length 32.
__global__ void segment_dot(const float4 *a, const float4 *b, float *out, int pairs) {
  const int group = (blockIdx.x * blockDim.x + threadIdx.x) >> 3;
  const int part = threadIdx.x & 7;
  float s = 0.0f;
  if (group < pairs) {
    const float4 u = a[group * 8 + part], v = b[group * 8 + part];
    s = u.x * v.x + u.y * v.y + u.z * v.z + u.w * v.w;
  }
  s += __shfl_down_sync(0xffffffffu, s, 4, 8);
  s += __shfl_down_sync(0xffffffffu, s, 2, 8);
  s += __shfl_down_sync(0xffffffffu, s, 1, 8);
  s = __shfl_sync(0xffffffffu, s, 0, 8);
  if (group < pairs && part == 0) out[group] = s;
}
