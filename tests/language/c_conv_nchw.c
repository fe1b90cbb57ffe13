/* Direct convolution with padding and stride, arguments in a struct by value, six nested loops, a bias. */
// falconc: size=p_n:2,p_c:3,p_h:7,p_w:6,p_k:4,p_r:3,p_s:3,p_stride:2,p_pad:1
typedef struct { int n, c, h, w, k, r, s, stride, pad; } conv_t;
void conv2d(conv_t p, const float *x, const float *wgt, const float *bias, float *y) {
  const int oh = (p.h + 2 * p.pad - p.r) / p.stride + 1, ow = (p.w + 2 * p.pad - p.s) / p.stride + 1;
#pragma omp parallel for collapse(2)
  for (int n = 0; n < p.n; ++n)
    for (int k = 0; k < p.k; ++k)
      for (int i = 0; i < oh; ++i)
        for (int j = 0; j < ow; ++j) {
          float acc = bias ? bias[k] : 0.f;
          for (int c = 0; c < p.c; ++c)
            for (int r = 0; r < p.r; ++r) {
              const int ii = i * p.stride - p.pad + r;
              if (ii < 0 || ii >= p.h) continue;
              for (int s = 0; s < p.s; ++s) {
                const int jj = j * p.stride - p.pad + s;
                if ((unsigned)jj >= (unsigned)p.w) continue;
                acc += x[((n * p.c + c) * p.h + ii) * p.w + jj] * wgt[((k * p.c + c) * p.r + r) * p.s + s];
              }
            }
          y[((n * p.k + k) * oh + i) * ow + j] = acc;
        }
}
