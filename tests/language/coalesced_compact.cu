// coalesced_threads to aggregate atomics of the active lanes; the order of the output is made irrelevant.
// falconc: kernel=count_positive grid=(n+63)/64 block=64
#include <cooperative_groups.h>
__global__ void count_positive(const float *x, unsigned *count, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  if (x[i] > 0.f) {
    auto active = cooperative_groups::coalesced_threads();
    if (active.thread_rank() == 0) atomicAdd(count, active.size());
  }
}
