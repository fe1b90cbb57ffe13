#include <cuda_runtime.h>

template <int BS>
__global__ void matmul_tiled(const float *__restrict__ A, const float *__restrict__ B, float *__restrict__ C, int m, int n,
                             int k) {
  __shared__ float As[BS][BS];
  __shared__ float Bs[BS][BS];

  const int tx = threadIdx.x, ty = threadIdx.y;
  const int row = blockIdx.y * BS + ty;
  const int col = blockIdx.x * BS + tx;

  float sum = 0.0f;
  for (int t = 0; t < (k + BS - 1) / BS; t++) {
    const int a_col = t * BS + tx;
    const int b_row = t * BS + ty;
    As[ty][tx] = (row < m && a_col < k) ? A[row * k + a_col] : 0.0f;
    Bs[ty][tx] = (b_row < k && col < n) ? B[b_row * n + col] : 0.0f;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < BS; i++) sum += As[ty][i] * Bs[i][tx];
    __syncthreads();
  }
  if (row < m && col < n) C[row * n + col] = sum;
}

cudaError_t matmul(const float *A, const float *B, float *C, int m, int n, int k) {
  constexpr int BS = 16;
  dim3 block(BS, BS);
  dim3 grid((n + BS - 1) / BS, (m + BS - 1) / BS);
  matmul_tiled<BS><<<grid, block>>>(A, B, C, m, n, k);
  return cudaGetLastError();
}
