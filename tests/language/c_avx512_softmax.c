/* AVX512: max and sum reductions, masked tails, a polynomial for nothing but scaling, division, blends. */
#include <immintrin.h>
#include <math.h>
void softplus_rows(const float *x, float *y, int rows, int cols) {
#pragma omp parallel for
  for (int r = 0; r < rows; r++) {
    const float *p = x + (long)r * cols;
    float *q = y + (long)r * cols;
    __m512 vmax = _mm512_set1_ps(-1e30f);
    int c = 0;
    for (; c + 16 <= cols; c += 16) vmax = _mm512_max_ps(vmax, _mm512_loadu_ps(p + c));
    if (c < cols) {
      __mmask16 m = (__mmask16)((1u << (cols - c)) - 1u);
      vmax = _mm512_mask_max_ps(vmax, m, vmax, _mm512_maskz_loadu_ps(m, p + c));
    }
    const float top = _mm512_reduce_max_ps(vmax);
    __m512 vsum = _mm512_setzero_ps();
    for (c = 0; c < cols; c += 16) {
      __mmask16 m = cols - c >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << (cols - c)) - 1u);
      __m512 v = _mm512_sub_ps(_mm512_maskz_loadu_ps(m, p + c), _mm512_set1_ps(top));
      v = _mm512_fmadd_ps(v, _mm512_set1_ps(0.5f), _mm512_set1_ps(1.0f));
      v = _mm512_mask_blend_ps(m, _mm512_setzero_ps(), v);
      vsum = _mm512_add_ps(vsum, v);
      _mm512_mask_storeu_ps(q + c, m, v);
    }
    const float inv = 1.0f / (1.0f + fabsf(_mm512_reduce_add_ps(vsum)));
    for (c = 0; c < cols; ++c) q[c] *= inv;
  }
}
