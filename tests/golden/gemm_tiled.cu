// Tiles of both operands staged in shared memory, tails guarded.
#define TILE 16

__global__ void gemm(const float *__restrict__ A, const float *__restrict__ B, float *__restrict__ C, int m, int n,
                     int K) {
  __shared__ float As[TILE][TILE];
  __shared__ float Bs[TILE][TILE];
  int row = blockIdx.y * TILE + threadIdx.y;
  int col = blockIdx.x * TILE + threadIdx.x;
  float sum = 0.0f;
  for (int t = 0; t < (K + TILE - 1) / TILE; ++t) {
    int a_col = t * TILE + threadIdx.x;
    int b_row = t * TILE + threadIdx.y;
    As[threadIdx.y][threadIdx.x] = row < m && a_col < K ? A[row * K + a_col] : 0.0f;
    Bs[threadIdx.y][threadIdx.x] = b_row < K && col < n ? B[b_row * n + col] : 0.0f;
    __syncthreads();
    for (int k = 0; k < TILE; ++k) sum += As[threadIdx.y][k] * Bs[k][threadIdx.x];
    __syncthreads();
  }
  if (row < m && col < n) C[row * n + col] = sum;
}

void launch(const float *A, const float *B, float *C, int m, int n, int K) {
  dim3 block(TILE, TILE);
  dim3 grid((n + TILE - 1) / TILE, (m + TILE - 1) / TILE);
  gemm<<<grid, block>>>(A, B, C, m, n, K);
}
