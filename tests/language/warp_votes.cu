// expect: Tested integer data
// falconc: kernel=votes grid=(n+63)/64 block=64
__global__ void votes(const int *x, unsigned *out, int n) {
  const unsigned full = 0xffffffffu;
  int i = blockIdx.x * 64 + threadIdx.x;
  int v = i < n ? x[i] : 0;
  unsigned neg = __ballot_sync(full, v < 0);
  int rank = __popc(neg & ((1u << (threadIdx.x & 31)) - 1));
  int any = __any_sync(full, v == 7), all = __all_sync(full, v != 3);
  int first = __ffs(neg) - 1;
  int lead = __shfl_sync(full, v, first < 0 ? 0 : first);
  int up = __shfl_up_sync(full, v, 1), down = __shfl_down_sync(full, v, 2, 16), x4 = __shfl_xor_sync(full, v, 4, 8);
  if (i < n) out[i] = neg ^ (unsigned)(rank + any * 2 + all * 4) ^ (unsigned)(lead + up * 3 + down * 5 + x4 * 7);
}
