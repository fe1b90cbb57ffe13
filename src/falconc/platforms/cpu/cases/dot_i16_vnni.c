#include <immintrin.h>

/* Saturating accumulation, as the fixed-point filter wants it. */
void fir_i16(const short *x, const short *taps, int *out, int blocks) {
  for (int o = 0; o < 4; ++o) {
    __m512i acc = _mm512_setzero_si512();
    for (int b = 0; b < blocks; ++b) {
      __m512i v = _mm512_loadu_si512((const void *)(x + (o * blocks + b) * 32));
      __m512i t = _mm512_loadu_si512((const void *)(taps + b * 32));
      acc = _mm512_dpwssds_epi32(acc, v, t);
    }
    _mm512_storeu_si512((void *)(out + o * 16), acc);
  }
}
