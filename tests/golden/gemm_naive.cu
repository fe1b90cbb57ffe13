// One thread an element.
__global__ void gemm(const float *__restrict__ A, const float *__restrict__ B, float *__restrict__ C, int m, int n,
                     int K) {
  int row = blockIdx.y * blockDim.y + threadIdx.y;
  int col = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= m || col >= n) return;
  float sum = 0.0f;
  for (int k = 0; k < K; k++) sum += A[row * K + k] * B[k * n + col];
  C[row * n + col] = sum;
}

void launch(const float *A, const float *B, float *C, int m, int n, int K) {
  dim3 block(32, 8);
  gemm<<<dim3((n + 31) / 32, (m + 7) / 8), block>>>(A, B, C, m, n, K);
}
