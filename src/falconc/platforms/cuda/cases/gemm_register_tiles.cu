#define CEIL_DIV(a, b) (((a) + (b) - 1) / (b))

template <const int BM, const int BN, const int BK, const int TM, const int TN>
__global__ void sgemm_2d_blocktiling(int M, int N, int K, const float *A, const float *B, float *C) {
  __shared__ float As[BM * BK];
  __shared__ float Bs[BK * BN];
  const int threadCol = threadIdx.x % (BN / TN);
  const int threadRow = threadIdx.x / (BN / TN);
  const int rowBase = blockIdx.y * BM, colBase = blockIdx.x * BN;
  const int nthreads = (BM / TM) * (BN / TN);

  float acc[TM][TN] = {0.0f};
  float regM[TM];
  float regN[TN];

  for (int bk = 0; bk < K; bk += BK) {
    for (int i = threadIdx.x; i < BM * BK; i += nthreads) {
      int r = i / BK, c = i % BK;
      As[i] = rowBase + r < M && bk + c < K ? A[(rowBase + r) * K + bk + c] : 0.0f;
    }
    for (int i = threadIdx.x; i < BK * BN; i += nthreads) {
      int r = i / BN, c = i % BN;
      Bs[i] = bk + r < K && colBase + c < N ? B[(bk + r) * N + colBase + c] : 0.0f;
    }
    __syncthreads();
    for (int d = 0; d < BK; ++d) {
      for (int i = 0; i < TM; ++i) regM[i] = As[(threadRow * TM + i) * BK + d];
      for (int j = 0; j < TN; ++j) regN[j] = Bs[d * BN + threadCol * TN + j];
      for (int i = 0; i < TM; ++i)
        for (int j = 0; j < TN; ++j) acc[i][j] += regM[i] * regN[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < TM; ++i) {
    const int r = rowBase + threadRow * TM + i;
    if (r >= M) break;
    for (int j = 0; j < TN; ++j) {
      const int c = colBase + threadCol * TN + j;
      if (c < N) C[r * N + c] = acc[i][j];
    }
  }
}

void run_sgemm(int M, int N, int K, const float *A, const float *B, float *C) {
  dim3 grid(CEIL_DIV(N, 32), CEIL_DIV(M, 32));
  sgemm_2d_blocktiling<32, 32, 8, 4, 4><<<grid, 64>>>(M, N, K, A, B, C);
}
