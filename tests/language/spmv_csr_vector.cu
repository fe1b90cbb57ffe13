// expect: Tested integer data
// CSR matrix-vector product, a warp a row; indices from memory are clamped by the text itself.
#define FULL 0xffffffff
__global__ void spmv_csr(const int *__restrict__ rowptr, const int *__restrict__ col, const float *__restrict__ val,
                         const float *__restrict__ x, float *__restrict__ y, int rows, int nnz, int cols) {
  const int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
  if (row < rows) {
    float sum = 0;
    int begin = min(max(rowptr[row], 0), nnz), end = min(max(rowptr[row + 1], 0), nnz);
    for (int j = begin + lane; j < end; j += 32) {
      int c = (unsigned)col[j] % (unsigned)cols;
      sum += val[j] * x[c];
    }
    for (int o = 16; o; o >>= 1) sum += __shfl_down_sync(FULL, sum, o);
    if (lane == 0) y[row] = sum;
  }
}
void run(const int *p, const int *c, const float *v, const float *x, float *y, int rows, int nnz, int cols) {
  spmv_csr<<<(rows * 32 + 127) / 128, 128>>>(p, c, v, x, y, rows, nnz, cols);
}
