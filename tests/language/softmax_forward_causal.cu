// Attention softmax, one warp a row, read backwards in groups of four (llm.c's softmax_forward_kernel5), cooperative groups.
// falconc: kernel=softmax_causal grid=(N*T*32+127)/128 block=128 size=N:3,T:8
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
__device__ float &vec_at(float4 &vec, int index) { return reinterpret_cast<float *>(&vec)[index]; }
__device__ float vec_at(const float4 &vec, int index) { return reinterpret_cast<const float *>(&vec)[index]; }
__global__ void softmax_causal(float *out, float inv_temperature, const float *inp, int N, int T) {
  namespace cg = cooperative_groups;
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<32> warp = cg::tiled_partition<32>(block);
  int idx = (gridDim.x - blockIdx.x - 1) * warp.meta_group_size() + warp.meta_group_rank();
  if (idx >= N * T) { return; }
  int own_pos = idx % T;
  int pos_by_4 = own_pos / 4;
  const float *x = inp + idx * T;
  float maxval = -3.402823466e+38F;
  float sumval = 0.0f;
  const float4 *x_vec = reinterpret_cast<const float4 *>(x);
  for (int i = warp.thread_rank(); i < pos_by_4; i += warp.size()) {
    float4 v = x_vec[i];
    float old_maxval = maxval;
    for (int k = 0; k < 4; ++k) { maxval = fmaxf(maxval, vec_at(v, k)); }
    sumval *= expf(inv_temperature * (old_maxval - maxval));
    for (int k = 0; k < 4; ++k) { sumval += expf(inv_temperature * (vec_at(v, k) - maxval)); }
  }
  if (4 * pos_by_4 + warp.thread_rank() <= own_pos) {
    float old_maxval = maxval;
    maxval = fmaxf(maxval, x[4 * pos_by_4 + warp.thread_rank()]);
    sumval *= expf(inv_temperature * (old_maxval - maxval));
    sumval += expf(inv_temperature * (x[4 * pos_by_4 + warp.thread_rank()] - maxval));
  }
  float global_maxval = cg::reduce(warp, maxval, cg::greater<float>{});
  sumval *= expf(inv_temperature * (maxval - global_maxval));
  float sum = cg::reduce(warp, sumval, cg::plus<float>{});
  float norm = 1.f / sum;
  for (int i = warp.thread_rank(); i <= own_pos; i += warp.size()) {
    float ev = expf(inv_temperature * (__ldcs(x + i) - global_maxval));
    __stcs(out + idx * T + i, ev * norm);
  }
}
