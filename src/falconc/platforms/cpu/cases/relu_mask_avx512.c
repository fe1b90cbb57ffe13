#include <immintrin.h>

/* Leaky ReLU; the tail is done with a mask, not a loop. */
void leaky_relu_avx512(const float *in, float *out, int n, float slope) {
  const __m512 zero = _mm512_setzero_ps(), k = _mm512_set1_ps(slope);
  for (int i = 0; i < n; i += 16) {
    int left = n - i;
    __mmask16 m = left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
    __m512 v = _mm512_maskz_loadu_ps(m, in + i);
    __mmask16 negative = _mm512_cmp_ps_mask(v, zero, _CMP_LT_OQ);
    v = _mm512_mask_blend_ps(negative, v, _mm512_mul_ps(v, k));
    _mm512_mask_storeu_ps(out + i, m, v);
  }
}
