// Sorts each block's 128 keys in shared memory; the tail is padded with INT_MAX.
#include <limits.h>

__device__ inline void compare_swap(int &a, int &b, bool ascending) {
  if ((a > b) == ascending) {
    int t = a;
    a = b;
    b = t;
  }
}

__global__ void bitonic_sort_block(int *keys, int n) {
  __shared__ int s[128];
  const int base = blockIdx.x * 128;
  for (int i = threadIdx.x; i < 128; i += 64) s[i] = base + i < n ? keys[base + i] : INT_MAX;

  for (int size = 2; size <= 128; size <<= 1) {
    for (int stride = size / 2; stride > 0; stride >>= 1) {
      __syncthreads();
      const int pos = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
      const bool up = (pos & size) == 0;
      compare_swap(s[pos], s[pos + stride], up);
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < 128; i += 64)
    if (base + i < n) keys[base + i] = s[i];
}

void sort_blocks(int *keys, int n) { bitonic_sort_block<<<(n + 127) / 128, 64>>>(keys, n); }
