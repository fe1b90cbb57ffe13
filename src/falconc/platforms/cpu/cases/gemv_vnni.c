#include <immintrin.h>
#include <stdint.h>

/* y[r] = sum_c a[c] * w[r][c]; a unsigned, w signed, cols a multiple of 64 */
void gemv_u8s8(const uint8_t *a, const int8_t *w, int32_t *y, int rows, int blocks) {
#pragma omp parallel for
  for (int r = 0; r < rows; r++) {
    __m512i acc = _mm512_setzero_si512();
    const int8_t *row = w + (long)r * blocks * 64;
    for (int b = 0; b < blocks; b++) {
      __m512i va = _mm512_loadu_si512(a + b * 64);
      __m512i vw = _mm512_loadu_si512(row + b * 64);
      acc = _mm512_dpbusd_epi32(acc, va, vw);
    }
    y[r] = _mm512_reduce_add_epi32(acc);
  }
}
