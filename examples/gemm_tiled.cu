// C = A * B, row-major, any M, N, K. One block computes a 16 x 16 tile of C through shared memory.
#include <cuda_runtime.h>
#include <cstdio>
#include <cstdlib>

#define CHECK(call)                                                                        \
  do {                                                                                     \
    cudaError_t status = (call);                                                           \
    if (status != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(status)); \
      std::exit(1);                                                                        \
    }                                                                                      \
  } while (0)

constexpr int TILE = 16;

__global__ void gemm(const float *__restrict__ A, const float *__restrict__ B, float *__restrict__ C, int M, int N,
                     int K) {
  __shared__ float As[TILE][TILE];
  __shared__ float Bs[TILE][TILE + 1];  // the odd row length keeps columns in different banks

  const int tx = threadIdx.x, ty = threadIdx.y;
  const int row = blockIdx.y * TILE + ty;
  const int col = blockIdx.x * TILE + tx;
  float acc = 0.0f;

  for (int t = 0; t < (K + TILE - 1) / TILE; ++t) {
    const int a_col = t * TILE + tx;
    const int b_row = t * TILE + ty;
    As[ty][tx] = row < M && a_col < K ? A[row * K + a_col] : 0.0f;
    Bs[ty][tx] = b_row < K && col < N ? B[b_row * N + col] : 0.0f;
    __syncthreads();
#pragma unroll
    for (int k = 0; k < TILE; ++k) acc += As[ty][k] * Bs[k][tx];
    __syncthreads();
  }
  if (row < M && col < N) C[row * N + col] = acc;
}

// Host matrices in, host matrix out.
void multiply(const float *hA, const float *hB, float *hC, int M, int N, int K) {
  float *A, *B, *C;
  CHECK(cudaMalloc(&A, M * K * sizeof(float)));
  CHECK(cudaMalloc(&B, K * N * sizeof(float)));
  CHECK(cudaMalloc(&C, M * N * sizeof(float)));
  CHECK(cudaMemcpy(A, hA, M * K * sizeof(float), cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(B, hB, K * N * sizeof(float), cudaMemcpyHostToDevice));

  dim3 block(TILE, TILE);
  dim3 grid((N + TILE - 1) / TILE, (M + TILE - 1) / TILE);
  gemm<<<grid, block>>>(A, B, C, M, N, K);
  CHECK(cudaGetLastError());

  CHECK(cudaMemcpy(hC, C, M * N * sizeof(float), cudaMemcpyDeviceToHost));
  CHECK(cudaFree(A));
  CHECK(cudaFree(B));
  CHECK(cudaFree(C));
}
