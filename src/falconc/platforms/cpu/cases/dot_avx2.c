#include <immintrin.h>

void dot_avx2(const float *a, const float *b, int n, float *result)
{
    __m256 acc = _mm256_setzero_ps();
    int i;
    for (i = 0; i <= n - 8; i += 8)
        acc = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), acc);
    __m128 lo = _mm256_castps256_ps128(acc), hi = _mm256_extractf128_ps(acc, 1);
    lo = _mm_add_ps(lo, hi);
    lo = _mm_hadd_ps(lo, lo);
    lo = _mm_hadd_ps(lo, lo);
    float sum = _mm_cvtss_f32(lo);
    for (; i < n; i++)
        sum += a[i] * b[i];
    *result = sum;
}
