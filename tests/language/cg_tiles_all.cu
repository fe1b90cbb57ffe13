// Cooperative-group tiles of 1 to 32 lanes, nested partition, shfl_down on tiles, thread_index and group_index, scans.
#include <cooperative_groups.h>
#include <cooperative_groups/scan.h>
namespace cg = cooperative_groups;
template <int N> __device__ float tile_sum(cg::thread_block_tile<N> g, float v) {
  for (int d = g.size() / 2; d > 0; d /= 2) v += g.shfl_down(v, d);
  return g.shfl(v, 0);
}
__global__ void tiles(const float *x, float *y, int n) {
  auto block = cg::this_thread_block();
  auto t32 = cg::tiled_partition<32>(block);
  auto t8 = cg::tiled_partition<8>(t32);
  auto t1 = cg::tiled_partition<1>(block);
  unsigned i = block.group_index().x * block.size() + block.thread_rank();
  float v = i < n ? x[i] : 0.f;
  float a = tile_sum<32>(t32, v);
  float b = tile_sum<8>(t8, v) * t8.meta_group_rank();
  float c = tile_sum<1>(t1, v);
  float s = cg::inclusive_scan(t8, v, cg::plus<float>());
  t32.sync();
  if (i < n) y[i] = a + b + c + s;
  block.sync();
}
void run(const float *x, float *y, int n) { tiles<<<(n + 63) / 64, 64>>>(x, y, n); }
