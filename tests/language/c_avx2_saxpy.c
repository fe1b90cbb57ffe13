/* AVX2 and FMA: unaligned and masked-by-compare code, horizontal sums by shuffles, scalar tail, pointer stepping. */
#include <immintrin.h>
static inline float hsum8(__m256 v) {
  __m128 lo = _mm256_castps256_ps128(v), hi = _mm256_extractf128_ps(v, 1);
  lo = _mm_add_ps(lo, hi);
  __m128 sh = _mm_movehl_ps(lo, lo);
  lo = _mm_add_ps(lo, sh);
  sh = _mm_shuffle_ps(lo, lo, 1);
  return _mm_cvtss_f32(_mm_add_ss(lo, sh));
}
void clip_dot(int n, float limit, const float *a, const float *b, float *y, float *total) {
  const __m256 vl = _mm256_set1_ps(limit), zero = _mm256_setzero_ps();
  __m256 acc = zero;
  int i = 0;
  for (; i <= n - 8; i += 8) {
    __m256 va = _mm256_loadu_ps(a + i), vb = _mm256_loadu_ps(b + i);
    __m256 keep = _mm256_cmp_ps(va, vl, _CMP_LT_OQ);
    va = _mm256_blendv_ps(vl, va, keep);
    acc = _mm256_fmadd_ps(va, vb, acc);
    _mm256_storeu_ps(y + i, _mm256_max_ps(_mm256_mul_ps(va, vb), zero));
  }
  float s = hsum8(acc);
  for (; i < n; ++i) {
    float va = a[i] < limit ? a[i] : limit;
    s += va * b[i];
    y[i] = va * b[i] > 0.f ? va * b[i] : 0.f;
  }
  *total = s;
}
