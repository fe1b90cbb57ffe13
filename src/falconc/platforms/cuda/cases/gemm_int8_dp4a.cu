// falconc: kernel=gemm_s8 grid=(n+15)/16,(m+7)/8 block=16,8
// C[m][n] = A[m][k4*4] * B[n][k4*4]^T, packed four to an int.
__global__ void gemm_s8(const int *__restrict__ A, const int *__restrict__ B, int *__restrict__ C, int m, int n, int k4) {
  const int j = blockIdx.x * 16 + threadIdx.x;
  const int i = blockIdx.y * 8 + threadIdx.y;
  if (i < m && j < n) {
    int acc = 0;
    for (int p = 0; p < k4; ++p) acc = __dp4a(A[i * k4 + p], B[j * k4 + p], acc);
    C[i * n + j] = acc;
  }
}
