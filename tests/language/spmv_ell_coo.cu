// expect spmv_coo: Tested integer data
// ELL (column-major, padded with -1) and COO with atomics in one file.
// falconc: kernel=spmv_coo grid=4 block=64
__global__ void spmv_ell(int rows, int width, const int *cols, const double *vals, const double *x, double *y, int ncols) {
  for (int r = blockIdx.x * blockDim.x + threadIdx.x; r < rows; r += blockDim.x * gridDim.x) {
    double acc = 0.0;
    for (int k = 0; k < width; ++k) {
      const int c = cols[k * rows + r];
      if (c < 0) break;
      if (c < ncols) acc += vals[k * rows + r] * x[c];
    }
    y[r] += acc;
  }
}
__global__ void spmv_coo(int nnz, int rows, const int *ri, const int *ci, const float *v, const float *x, float *y) {
  int t = threadIdx.x + blockIdx.x * blockDim.x;
  while (t < nnz) {
    unsigned r = (unsigned)ri[t] % (unsigned)rows, c = (unsigned)ci[t] % (unsigned)rows;
    atomicAdd(&y[r], v[t] * x[c]);
    t += blockDim.x * gridDim.x;
  }
}
void ell(int rows, int width, const int *c, const double *v, const double *x, double *y, int n) {
  int block = 128, grid = rows > 1024 ? 8 : (rows + block - 1) / block;
  spmv_ell<<<grid, block>>>(rows, width, c, v, x, y, n);
}
