#include <immintrin.h>

void row_max(const float *x, float *m, int rows, int cols) {
  for (int r = 0; r < rows; ++r) {
    const float *p = x + r * cols;
    __m512 best = _mm512_set1_ps(-3.4e38f);
    int c = 0;
    for (; c + 16 <= cols; c += 16) best = _mm512_max_ps(best, _mm512_loadu_ps(p + c));
    float b = _mm512_reduce_max_ps(best);
    for (; c < cols; ++c) b = p[c] > b ? p[c] : b;
    m[r] = b;
  }
}
