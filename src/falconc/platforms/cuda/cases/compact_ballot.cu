// falconc: kernel=compact_warps grid=(n+31)/32 block=32
// Keeps the positive elements of every group of 32, in order; counts[] says how many.
__global__ void compact_warps(const float *in, float *kept, int *counts, int n) {
  const int lane = threadIdx.x;
  const int i = blockIdx.x * 32 + lane;
  const float v = i < n ? in[i] : -1.0f;
  const unsigned votes = __ballot_sync(0xffffffffu, v > 0.0f);
  const int slot = __popc(votes & ((1u << lane) - 1));
  if (v > 0.0f) kept[blockIdx.x * 32 + slot] = v;
  if (lane == 0) counts[blockIdx.x] = __popc(votes);
}
