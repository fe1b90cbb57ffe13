#include <hip/hip_runtime.h>

constexpr int TILE = 16;

__global__ void gemm_lds(const double* A, const double* B, double* C, int M, int N, int K)
{
    __shared__ double tileA[TILE][TILE + 1];
    __shared__ double tileB[TILE][TILE + 1];

    const int r = blockIdx.y * TILE + threadIdx.y;
    const int c = blockIdx.x * TILE + threadIdx.x;
    double acc  = 0.0;

    for(int k0 = 0; k0 < K; k0 += TILE)
    {
        tileA[threadIdx.y][threadIdx.x] = (r < M && k0 + threadIdx.x < K) ? A[r * K + k0 + threadIdx.x] : 0.0;
        tileB[threadIdx.y][threadIdx.x] = (k0 + threadIdx.y < K && c < N) ? B[(k0 + threadIdx.y) * N + c] : 0.0;
        __syncthreads();
        for(int k = 0; k < TILE; ++k)
            acc += tileA[threadIdx.y][k] * tileB[k][threadIdx.x];
        __syncthreads();
    }

    if(r < M && c < N)
        C[r * N + c] = acc;
}

void dgemm(const double* A, const double* B, double* C, int M, int N, int K, hipStream_t stream)
{
    const dim3 grid((N + TILE - 1) / TILE, (M + TILE - 1) / TILE);
    hipLaunchKernelGGL(gemm_lds, grid, dim3(TILE, TILE), 0, stream, A, B, C, M, N, K);
}
