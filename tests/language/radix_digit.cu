// expect: Tested integer data
// One radix pass inside a block: digit extraction, ballots for ranks, prefix by popcount, keys and values moved.
// falconc: kernel=radix_block grid=(n+31)/32 block=32
__device__ __forceinline__ unsigned lanemask_lt() { return (1u << (threadIdx.x & 31)) - 1u; }
__global__ void radix_block(unsigned *keys, int *vals, int n, int shift) {
  const int lane = threadIdx.x & 31;
  const int i = blockIdx.x * 32 + lane;
  unsigned key = i < n ? keys[i] : 0xffffffffu;
  int val = i < n ? vals[i] : -1;
  for (int bit = 0; bit < 4; ++bit) {
    const bool one = (key >> ((shift & 7) * 4 + bit)) & 1u;
    const unsigned ones = __ballot_sync(0xffffffffu, one);
    const int zeros_total = 32 - __popc(ones);
    const int rank = one ? zeros_total + __popc(ones & lanemask_lt()) : __popc(~ones & lanemask_lt());
    __shared__ unsigned sk[32];
    __shared__ int sv[32];
    sk[rank] = key;
    sv[rank] = val;
    __syncwarp();
    key = sk[lane];
    val = sv[lane];
    __syncwarp();
  }
  if (i < n) { keys[i] = key; vals[i] = val; }
}
