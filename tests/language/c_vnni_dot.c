// falconc: size=rows:5,k:192
#include <immintrin.h>
#include <stdint.h>
void dot_u8s8(const uint8_t *a, const int8_t *b, int32_t *c, int rows, int k) {
  for (int r = 0; r < rows; ++r) {
    __m512i acc = _mm512_setzero_si512();
    for (int i = 0; i < k; i += 64) {
      __m512i va = _mm512_loadu_si512((const __m512i *)(a + r * k + i));
      __m512i vb = _mm512_loadu_si512((const __m512i *)(b + i));
      acc = _mm512_dpbusd_epi32(acc, va, vb);
    }
    c[r] = _mm512_reduce_add_epi32(acc);
  }
}
