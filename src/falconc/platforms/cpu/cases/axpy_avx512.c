#include <immintrin.h>

void axpy_avx512(float *y, const float *x, float a, long n) {
  const __m512 va = _mm512_set1_ps(a);
  long i = 0;
  for (; i + 16 <= n; i += 16) {
    __m512 vy = _mm512_loadu_ps(y + i);
    vy = _mm512_fmadd_ps(va, _mm512_loadu_ps(x + i), vy);
    _mm512_storeu_ps(y + i, vy);
  }
  for (; i < n; ++i) y[i] += a * x[i];
}
