struct ConvParams {
  int channels, height, width;
  int filters, kh, kw;
  int stride, pad;
  int out_h, out_w;
};

// blockIdx.z = output channel
__global__ void conv2d_nchw(const float *input, const float *weight, const float *bias, float *output, ConvParams p) {
  const int ox = blockIdx.x * blockDim.x + threadIdx.x;
  const int oy = blockIdx.y * blockDim.y + threadIdx.y;
  const int oc = blockIdx.z;
  if (ox >= p.out_w || oy >= p.out_h) return;

  float acc = bias[oc];
  for (int ic = 0; ic < p.channels; ++ic) {
    for (int ky = 0; ky < p.kh; ++ky) {
      const int iy = oy * p.stride - p.pad + ky;
      if (iy < 0 || iy >= p.height) continue;
      for (int kx = 0; kx < p.kw; ++kx) {
        const int ix = ox * p.stride - p.pad + kx;
        if (ix < 0 || ix >= p.width) continue;
        acc += input[(ic * p.height + iy) * p.width + ix] * weight[((oc * p.channels + ic) * p.kh + ky) * p.kw + kx];
      }
    }
  }
  output[(oc * p.out_h + oy) * p.out_w + ox] = acc;
}

void conv3x3(const float *x, const float *w, const float *b, float *y) {
  ConvParams p = {3, 17, 19, 4, 3, 3, 1, 1, 17, 19};
  dim3 block(8, 8);
  dim3 grid(3, 3, 4);
  conv2d_nchw<<<grid, block>>>(x, w, b, y, p);
}
