// expect: Tested not every path was seen
// Image filter on uchar4 pixels: luminance, Sobel, saturation to a byte; pitch in bytes.
__device__ inline float luma(uchar4 p) { return 0.299f * p.x + 0.587f * p.y + 0.114f * p.z; }
__device__ inline unsigned char clamp255(float v) { return (unsigned char)(v < 0.f ? 0.f : v > 255.f ? 255.f : v); }
__global__ void sobel(const uchar4 *src, unsigned char *dst, int w, int h) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < 1 || y < 1 || x >= w - 1 || y >= h - 1) return;
  const char kx[3][3] = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
  float gx = 0, gy = 0;
  for (int j = -1; j <= 1; j++)
    for (int i = -1; i <= 1; i++) {
      float v = luma(src[(y + j) * w + x + i]);
      gx += kx[j + 1][i + 1] * v;
      gy += kx[i + 1][j + 1] * v;
    }
  dst[y * w + x] = clamp255(sqrtf(gx * gx + gy * gy));
}
void apply(const uchar4 *s, unsigned char *d, int w, int h) {
  dim3 b(16, 4);
  sobel<<<dim3((w + b.x - 1) / b.x, (h + b.y - 1) / b.y, 1), b>>>(s, d, w, h);
}
