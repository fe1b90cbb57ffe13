// falconc: kernel=tile_max grid=(n+127)/128 block=128
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
namespace cg = cooperative_groups;
template <unsigned W> __device__ float tile_reduce(cg::thread_block_tile<W> tile, float v) {
  for (int d = tile.size() / 2; d > 0; d /= 2) v = fmaxf(v, tile.shfl_down(v, d));
  return v;
}
__global__ void tile_max(const float *x, float *out, int *count, int n) {
  cg::thread_block block = cg::this_thread_block();
  auto tile = cg::tiled_partition<16>(block);
  int i = blockIdx.x * block.size() + block.thread_rank();
  float v = i < n ? x[i] : -3.402823466e+38f;
  float m = tile_reduce(tile, v);
  float s = cg::reduce(tile, i < n ? v : 0.f, cg::plus<float>());
  if (tile.thread_rank() == 0) {
    int g = blockIdx.x * (block.size() / 16) + tile.meta_group_rank();
    if (g * 16 < n) out[2 * g] = m, out[2 * g + 1] = s;
  }
  block.sync();
  if (block.thread_rank() == 0) atomicAdd(count, 1);
}
