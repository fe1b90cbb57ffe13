#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

namespace cg = cooperative_groups;

__global__ void gemv(const float *A, const float *x, float *y, int rows, int cols) {
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<32> warp = cg::tiled_partition<32>(block);
  const int row = blockIdx.x * (blockDim.x / 32) + block.thread_rank() / 32;
  if (row >= rows) return;
  float sum = 0.f;
  for (int c = warp.thread_rank(); c < cols; c += warp.size()) sum += A[row * cols + c] * x[c];
  sum = cg::reduce(warp, sum, cg::plus<float>());
  if (warp.thread_rank() == 0) y[row] = sum;
}

void run_gemv(const float *A, const float *x, float *y, int rows, int cols) {
  gemv<<<(rows + 3) / 4, 128>>>(A, x, y, rows, cols);
}
