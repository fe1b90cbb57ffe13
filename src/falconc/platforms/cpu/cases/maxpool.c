/* 2x2 max pooling, stride 2; odd last rows and columns are dropped. */
void maxpool2x2(const float *in, float *out, int c, int h, int w) {
#pragma omp parallel for collapse(2)
  for (int k = 0; k < c; ++k)
    for (int y = 0; y < h / 2; ++y)
      for (int x = 0; x < w / 2; ++x) {
        const float *p = in + (k * h + 2 * y) * w + 2 * x;
        float m = p[0];
        if (p[1] > m) m = p[1];
        if (p[w] > m) m = p[w];
        if (p[w + 1] > m) m = p[w + 1];
        out[(k * (h / 2) + y) * (w / 2) + x] = m;
      }
}
