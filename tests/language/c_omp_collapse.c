/* OpenMP: collapse, schedule, simd, reduction, firstprivate; blocked loops with a macro for the minimum. */
#include <omp.h>
#define BLK 8
#define min(a, b) (((a) < (b)) ? (a) : (b))
void matmul_omp(int M, int N, int K, const float *restrict A, const float *restrict B, float *restrict C) {
#pragma omp parallel for collapse(2) schedule(static)
  for (int ii = 0; ii < M; ii += BLK)
    for (int jj = 0; jj < N; jj += BLK) {
      float acc[BLK][BLK] = {{0}};
      for (int k = 0; k < K; ++k)
        for (int i = ii; i < min(ii + BLK, M); ++i) {
          const float a = A[i * K + k];
#pragma omp simd
          for (int j = jj; j < min(jj + BLK, N); ++j) acc[i - ii][j - jj] += a * B[k * N + j];
        }
      for (int i = ii; i < min(ii + BLK, M); ++i)
        for (int j = jj; j < min(jj + BLK, N); ++j) C[i * N + j] = acc[i - ii][j - jj];
    }
}
void row_norms(int M, int N, const float *A, float *out) {
#pragma omp parallel for schedule(dynamic, 4) num_threads(4)
  for (int i = 0; i < M; i++) {
    float s = 0.f;
#pragma omp simd reduction(+ : s)
    for (int j = 0; j < N; j++) s += A[i * N + j] * A[i * N + j];
    out[i] = s;
  }
}
