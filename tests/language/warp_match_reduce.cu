// expect: Tested integer data
// __match_any_sync aggregation, __reduce_*_sync, __ffs and __popc of masks, leader election.
__global__ void aggregate(const int *keys, int *counts, int *stats, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned lane = threadIdx.x & 31u;
  int k = i < n ? (keys[i] & 7) : 8;
  unsigned same = __match_any_sync(0xffffffffu, k);
  int leader = __ffs(same) - 1;
  if (lane == (unsigned)leader && k < 8) atomicAdd(counts + k, __popc(same));
  int total = __reduce_add_sync(0xffffffffu, k);
  int top = __reduce_max_sync(0xffffffffu, k);
  unsigned bits = __reduce_or_sync(0xffffffffu, 1u << k);
  if (lane == 0) {
    int w = i / 32;
    stats[3 * w] = total; stats[3 * w + 1] = top; stats[3 * w + 2] = (int)bits;
  }
}
void run(const int *k, int *c, int *s, int n) { aggregate<<<(n + 127) / 128, 128>>>(k, c, s, n); }
