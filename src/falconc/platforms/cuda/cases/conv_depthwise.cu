template <int K>
__global__ void depthwise_conv(const float *__restrict__ in, const float *__restrict__ filt, float *__restrict__ out, int h,
                               int w) {
  const int c = blockIdx.y;
  const int idx = blockIdx.x * blockDim.x + threadIdx.x;
  if (idx >= h * w) return;
  const int y = idx / w, x = idx % w;
  float sum = 0.f;
#pragma unroll
  for (int dy = 0; dy < K; ++dy) {
#pragma unroll
    for (int dx = 0; dx < K; ++dx) {
      int yy = y + dy - K / 2, xx = x + dx - K / 2;
      bool ok = yy >= 0 && yy < h && xx >= 0 && xx < w;
      sum += ok ? in[(c * h + yy) * w + xx] * filt[(c * K + dy) * K + dx] : 0.f;
    }
  }
  out[(c * h + y) * w + x] = sum;
}

void run_depthwise(const float *in, const float *filt, float *out, int channels, int h, int w) {
  dim3 grid((h * w + 127) / 128, channels);
  depthwise_conv<3><<<grid, 128>>>(in, filt, out, h, w);
}
