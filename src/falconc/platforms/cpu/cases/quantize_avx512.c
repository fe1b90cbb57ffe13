#include <immintrin.h>

/* Rounds to nearest even and clamps to [-127, 127]. */
void quantize_avx512(const float *x, int *q, float scale, int blocks) {
  const __m512 s = _mm512_set1_ps(scale);
  const __m512i hi = _mm512_set1_epi32(127), lo = _mm512_set1_epi32(-127);
  for (int b = 0; b < blocks; b++) {
    __m512 v = _mm512_mul_ps(_mm512_loadu_ps(x + 16 * b), s);
    v = _mm512_min_ps(_mm512_max_ps(v, _mm512_set1_ps(-1000.0f)), _mm512_set1_ps(1000.0f));
    __m512i i = _mm512_cvtps_epi32(v);
    i = _mm512_min_epi32(_mm512_max_epi32(i, lo), hi);
    _mm512_storeu_si512(q + 16 * b, i);
  }
}
