// Layer normalisation of each row, with scale and shift.
#include <math.h>

void layernorm(const float *restrict x, const float *restrict gamma, const float *restrict beta, float *restrict y,
               int rows, int cols, float eps) {
#pragma omp parallel for
  for (int r = 0; r < rows; ++r) {
    float mean = 0.0f;
    for (int c = 0; c < cols; ++c) mean += x[r * cols + c];
    mean /= cols;

    float var = 0.0f;
    for (int c = 0; c < cols; ++c) {
      float d = x[r * cols + c] - mean;
      var += d * d;
    }
    float inv = 1.0f / sqrtf(var / cols + eps);

    for (int c = 0; c < cols; ++c) y[r * cols + c] = (x[r * cols + c] - mean) * inv * gamma[c] + beta[c];
  }
}
