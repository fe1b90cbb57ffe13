void csr_matvec(int nrows, const int *rowptr, const int *colidx, const float *values, const float *x, float *y) {
#pragma omp parallel for schedule(dynamic, 16)
  for (int i = 0; i < nrows; ++i) {
    float acc = 0.0f;
    for (int p = rowptr[i]; p < rowptr[i + 1]; ++p) acc += values[p] * x[colidx[p]];
    y[i] = acc;
  }
}
