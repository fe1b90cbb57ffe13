#include <immintrin.h>
// y = max(x * a + b, 0), AVX-512 with a masked tail.
void affine_relu(const float *x, float *y, float a, float b, int n) {
  __m512 va = _mm512_set1_ps(a), vb = _mm512_set1_ps(b), zero = _mm512_setzero_ps();
  int i = 0;
  for (; i + 16 <= n; i += 16)
    _mm512_storeu_ps(y + i, _mm512_max_ps(_mm512_fmadd_ps(_mm512_loadu_ps(x + i), va, vb), zero));
  if (i < n) {
    __mmask16 tail = (__mmask16)((1u << (n - i)) - 1);
    __m512 v = _mm512_maskz_loadu_ps(tail, x + i);
    _mm512_mask_storeu_ps(y + i, tail, _mm512_max_ps(_mm512_fmadd_ps(v, va, vb), zero));
  }
}
