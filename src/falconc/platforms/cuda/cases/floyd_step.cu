// falconc: kernel=min_plus grid=(n+15)/16,(n+15)/16 block=16,16
// D = min(D, A (+) B), the inner step of blocked all-pairs shortest paths.
__global__ void min_plus(int *D, const int *A, const int *B, int n) {
  __shared__ int sa[16][16], sb[16][16];
  const int x = threadIdx.x, y = threadIdx.y;
  const int i = blockIdx.y * 16 + y, j = blockIdx.x * 16 + x;
  const int far = 1 << 28;
  int d = i < n && j < n ? D[i * n + j] : far;
  for (int k0 = 0; k0 < n; k0 += 16) {
    sa[y][x] = i < n && k0 + x < n ? A[i * n + k0 + x] % far : far;
    sb[y][x] = k0 + y < n && j < n ? B[(k0 + y) * n + j] % far : far;
    __syncthreads();
    for (int k = 0; k < 16; ++k) d = min(d, sa[y][k] + sb[k][x]);
    __syncthreads();
  }
  if (i < n && j < n) D[i * n + j] = d;
}
