#include <cstdio>

__global__ void spmv_csr(int rows, const int *row_ptr, const int *col_idx, const double *vals, const double *x, double *y) {
  int row = threadIdx.x + blockDim.x * blockIdx.x;
  while (row < rows) {
    double dot = 0;
    int p = row_ptr[row];
    const int end = row_ptr[row + 1];
    while (p < end) {
      dot += vals[p] * x[col_idx[p]];
      ++p;
    }
    y[row] = dot;
    row += blockDim.x * gridDim.x;
  }
}

void spmv(int rows, const int *row_ptr, const int *col_idx, const double *vals, const double *x, double *y) {
  spmv_csr<<<8, 32>>>(rows, row_ptr, col_idx, vals, x, y);
}
