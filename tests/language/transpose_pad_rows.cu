// Transpose of a tile 32 wide with 8 rows of threads, padding column, template over the type, explicit instantiation.
template <typename T, int TILE = 32, int ROWS = 8> __global__ void transpose(T *odata, const T *idata, int width, int height) {
  __shared__ T tile[TILE][TILE + 1];
  int x = blockIdx.x * TILE + threadIdx.x;
  int y = blockIdx.y * TILE + threadIdx.y;
  for (int j = 0; j < TILE; j += ROWS)
    if (x < width && y + j < height) tile[threadIdx.y + j][threadIdx.x] = idata[(y + j) * width + x];
  __syncthreads();
  x = blockIdx.y * TILE + threadIdx.x;
  y = blockIdx.x * TILE + threadIdx.y;
  for (int j = 0; j < TILE; j += ROWS)
    if (x < height && y + j < width) odata[(y + j) * height + x] = tile[threadIdx.x][threadIdx.y + j];
}
template __global__ void transpose<double>(double *, const double *, int, int);
void run(double *o, const double *i, int w, int h) {
  dim3 grid((w + 31) / 32, (h + 31) / 32);
  transpose<double><<<grid, dim3(32, 8)>>>(o, i, w, h);
}
