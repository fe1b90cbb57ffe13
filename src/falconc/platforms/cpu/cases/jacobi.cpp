#include <cstddef>

template <typename T>
static inline T average(T a, T b, T c, T d) {
  return (a + b + c + d) * T(0.25);
}

void jacobi(float *__restrict dst, const float *__restrict src, std::size_t rows, std::size_t cols) {
#pragma omp parallel for
  for (std::size_t i = 1; i < rows - 1; ++i) {
#pragma omp simd
    for (std::size_t j = 1; j < cols - 1; ++j) {
      dst[i * cols + j] = average(src[(i - 1) * cols + j], src[(i + 1) * cols + j], src[i * cols + j - 1], src[i * cols + j + 1]);
    }
  }
}
