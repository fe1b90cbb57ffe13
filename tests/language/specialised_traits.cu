#include <type_traits>
#include <cuda_fp16.h>
template <typename T> struct Acc { using type = T; };
template <> struct Acc<__half> { using type = float; };
template <typename T> __device__ __forceinline__ float to_float(T v) { return static_cast<float>(v); }
template <> __device__ __forceinline__ float to_float<__half>(__half v) { return __half2float(v); }
template <typename T, int BLOCK>
__global__ void __launch_bounds__(BLOCK) row_dot(const T *a, const T *b, float *out, int cols) {
  using acc_t = typename Acc<T>::type;
  static_assert(BLOCK % 32 == 0, "whole warps");
  __shared__ acc_t partial[BLOCK];
  const T *ra = a + (size_t)blockIdx.x * cols, *rb = b + (size_t)blockIdx.x * cols;
  acc_t s = acc_t(0);
  for (int c = threadIdx.x; c < cols; c += BLOCK) {
    if constexpr (std::is_same<T, __half>::value) s += to_float(ra[c]) * to_float(rb[c]);
    else s += ra[c] * rb[c];
  }
  partial[threadIdx.x] = s;
  __syncthreads();
  for (int w = BLOCK / 2; w > 0; w >>= 1) {
    if (threadIdx.x < w) partial[threadIdx.x] += partial[threadIdx.x + w];
    __syncthreads();
  }
  if (threadIdx.x == 0) out[blockIdx.x] = partial[0];
}
void launch(const __half *a, const __half *b, float *out, int rows, int cols, cudaStream_t s) {
  row_dot<__half, 64><<<rows, 64, 0, s>>>(a, b, out, cols);
}
