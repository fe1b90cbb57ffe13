// printf, assert and a debug macro in a kernel have no effect on the results; unused parameters and labels of loops.
#include <cstdio>
#include <cassert>
#define DEBUG_ONLY(...) do { if (0) { __VA_ARGS__; } } while (0)
__global__ void checked(const float *x, float *y, int n, int unused_a, float) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  assert(blockDim.x == 64);
  DEBUG_ONLY(printf("i=%d\n", i));
  if (i == 0) printf("first block of %d threads, x[0]=%f\n", blockDim.x, x[0]);
  if (i < n) { float v = x[i]; assert(v == v && "nan"); y[i] = v * v; }
}
void run(const float *x, float *y, int n) { checked<<<(n + 63) / 64, 64>>>(x, y, n, 0, 0.f); }
