// falconc: kernel=sobel grid=(w+31)/32,h block=32
__global__ void sobel(const float *img, float *mag, int w, int h) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x;
  const int y = blockIdx.y;
  if (x >= w) return;
  auto at = [&](int dx, int dy) {
    int xx = x + dx, yy = y + dy;
    xx = xx < 0 ? 0 : (xx >= w ? w - 1 : xx);
    yy = yy < 0 ? 0 : (yy >= h ? h - 1 : yy);
    return img[yy * w + xx];
  };
  const float gx = at(1, -1) + 2 * at(1, 0) + at(1, 1) - at(-1, -1) - 2 * at(-1, 0) - at(-1, 1);
  const float gy = at(-1, 1) + 2 * at(0, 1) + at(1, 1) - at(-1, -1) - 2 * at(0, -1) - at(1, -1);
  mag[y * w + x] = sqrtf(gx * gx + gy * gy);
}
