// expect: Tested not every path was seen
/* Conversions and integer vectors: float to int32 and back, packs to int8 by hand, min and max of int32, a permute. */
#include <immintrin.h>
#include <stdint.h>
void quantize(const float *x, int8_t *q, float *back, float scale, int n) {
  const __m512 s = _mm512_set1_ps(scale);
  const __m512i lo = _mm512_set1_epi32(-128), hi = _mm512_set1_epi32(127);
  for (int i = 0; i + 16 <= n; i += 16) {
    __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + i), s));
    v = _mm512_min_epi32(_mm512_max_epi32(v, lo), hi);
    _mm_storeu_si128((__m128i *)(q + i), _mm512_cvtepi32_epi8(v));
    _mm512_storeu_ps(back + i, _mm512_div_ps(_mm512_cvtepi32_ps(v), s));
  }
}
