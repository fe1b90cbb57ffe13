#include <math.h>
typedef struct { int rows, cols; float eps; } shape_t;
static float mean_of(const float *x, int n) {
  float s = 0;
  for (int i = 0; i < n; ++i) s += x[i];
  return s / n;
}
static void normalise(float *restrict y, const float *restrict x, int n, float eps) {
  const float m = mean_of(x, n);
  float v = 0;
  for (int i = 0; i < n; ++i) { const float d = x[i] - m; v += d * d; }
  const float r = 1.0f / sqrtf(v / n + eps);
  for (int i = 0; i < n; ++i) y[i] = (x[i] - m) * r;
}
void layernorm(const float *x, float *y, shape_t s) {
#pragma omp parallel for schedule(static)
  for (int r = 0; r < s.rows; ++r) normalise(y + (long)r * s.cols, x + (long)r * s.cols, s.cols, s.eps);
}
