#include <math.h>

void softmax(float *restrict y, const float *restrict x, int rows, int cols) {
#pragma omp parallel for schedule(static)
  for (int r = 0; r < rows; r++) {
    const float *in = &x[r * cols];
    float *out = &y[r * cols];
    float max = in[0];
    for (int c = 1; c < cols; c++)
      if (in[c] > max) max = in[c];
    float sum = 0;
    for (int c = 0; c < cols; c++) {
      out[c] = expf(in[c] - max);
      sum += out[c];
    }
    for (int c = 0; c < cols; c++) out[c] /= sum;
  }
}
