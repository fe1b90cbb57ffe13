// cudaLaunchKernel with an argument array; dim3 variables changed member by member; a macro for the block size.
#include <cuda_runtime.h>
#ifndef BLOCK
#define BLOCK (1 << 6)
#endif
enum { kRowsPerBlock = 2 };
__global__ void rowscale(float *a, const float *s, int rows, int cols) {
  int r = blockIdx.y * kRowsPerBlock + threadIdx.y, c = blockIdx.x * BLOCK + threadIdx.x;
  if (r < rows && c < cols) a[r * cols + c] *= s[r];
}
cudaError_t scale(float *a, const float *s, int rows, int cols, cudaStream_t stream) {
  dim3 block(BLOCK);
  block.y = kRowsPerBlock;
  dim3 grid;
  grid.x = (cols + BLOCK - 1) / BLOCK;
  grid.y = (rows + kRowsPerBlock - 1) / kRowsPerBlock;
  void *args[] = {&a, &s, &rows, &cols};
  return cudaLaunchKernel((const void *)rowscale, grid, block, args, 0, stream);
}
