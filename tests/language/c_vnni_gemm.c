/* dpbusd and dpwssd: an unsigned-by-signed byte dot of four rows at a time, a 16-bit one beside it. */
#include <immintrin.h>
#include <stdint.h>
void gemv_u8s8(const uint8_t *a, const int8_t *b, int32_t *c, int rows, int k) {
#pragma omp parallel for
  for (int r = 0; r < rows; ++r) {
    __m512i acc = _mm512_setzero_si512();
    for (int i = 0; i < k; i += 64) {
      __m512i va = _mm512_loadu_si512((const void *)(a + r * k + i));
      __m512i vb = _mm512_loadu_si512((const void *)(b + i));
      acc = _mm512_dpbusd_epi32(acc, va, vb);
    }
    c[r] = _mm512_reduce_add_epi32(acc);
  }
}
void dot_s16(const int16_t *a, const int16_t *b, int32_t *c, int n) {
  __m256i acc = _mm256_setzero_si256();
  for (int i = 0; i < n; i += 16)
    acc = _mm256_dpwssd_epi32(acc, _mm256_loadu_si256((const __m256i *)(a + i)), _mm256_loadu_si256((const __m256i *)(b + i)));
  _mm256_storeu_si256((__m256i *)c, acc);
}
