#include <stddef.h>
#include <stdint.h>
#include <string.h>
#define BLOCK 8
#define MIN(a, b) ((a) < (b) ? (a) : (b))
/* C[m][n] += A[m][k] * B[k][n], blocked; size_t indices, a macro for the tail, memory cleared first. */
void gemm_blocked(size_t M, size_t N, size_t K, const float A[restrict], const float *restrict B, float *restrict C) {
  for (size_t i = 0; i < M * N; i++) C[i] = 0.f;
  for (size_t kk = 0; kk < K; kk += BLOCK)
    for (size_t i = 0; i < M; ++i)
      for (size_t k = kk; k < MIN(kk + BLOCK, K); ++k) {
        const float a = A[i * K + k];
        for (size_t j = 0; j < N; ++j) C[i * N + j] += a * B[k * N + j];
      }
}
