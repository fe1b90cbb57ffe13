// __syncthreads_count, __syncthreads_or, __syncthreads_and: block-wide decisions.
__global__ void decide(const float *x, int *count, float *y, float limit, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const float v = i < n ? x[i] : 0.f;
  const int big = __syncthreads_count(v > limit);
  const int any = __syncthreads_or(v < -limit);
  const int all = __syncthreads_and(i < n);
  if (threadIdx.x == 0) count[blockIdx.x] = big;
  if (i < n) y[i] = any ? v * 0.5f : (all ? v : v + 1.f);
}
void run(const float *x, int *c, float *y, float l, int n) { decide<<<(n + 63) / 64, 64>>>(x, c, y, l, n); }
