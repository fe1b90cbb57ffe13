// falconc: kernel=reverse_words grid=(n+63)/64 block=64
// Each warp reverses its 32 elements through shared memory.
__global__ void reverse_words(long long *x, int n) {
  __shared__ long long stage[64];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int i = blockIdx.x * 64 + threadIdx.x;
  stage[threadIdx.x] = i < n ? x[i] : 0;
  __syncwarp();
  const long long mirrored = stage[warp * 32 + 31 - lane];
  if (i < n) x[i] = mirrored;
}
