// falconc: kernel=upsample_bilinear grid=(ow+15)/16,(oh+3)/4,2 block=16,4,1
__global__ void upsample_bilinear(const float *src, float *dst, int ih, int iw, int oh, int ow) {
  int ox = blockIdx.x * blockDim.x + threadIdx.x, oy = blockIdx.y * blockDim.y + threadIdx.y;
  if (ox >= ow || oy >= oh) return;
  const float fy = fmaxf((oy + 0.5f) * ih / oh - 0.5f, 0.0f);
  const float fx = fmaxf((ox + 0.5f) * iw / ow - 0.5f, 0.0f);
  const int y0 = min((int)fy, ih - 1), x0 = min((int)fx, iw - 1);
  const int y1 = y0 + (y0 < ih - 1), x1 = x0 + (x0 < iw - 1);
  const float wy = fy - y0, wx = fx - x0;
  const float *p = src + blockIdx.z * ih * iw;
  dst[(blockIdx.z * oh + oy) * ow + ox] = (1 - wy) * ((1 - wx) * p[y0 * iw + x0] + wx * p[y0 * iw + x1]) +
                                          wy * ((1 - wx) * p[y1 * iw + x0] + wx * p[y1 * iw + x1]);
}
