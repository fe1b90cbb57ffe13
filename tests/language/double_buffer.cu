// falconc: kernel=scan_pp grid=(n+63)/64 block=64
// Ping-pong through a pointer swap in shared memory.
__global__ void scan_pp(const float *x, float *y, int n) {
  __shared__ float buf[2][64];
  float *src = buf[0], *dst = buf[1];
  int t = threadIdx.x, i = blockIdx.x * 64 + t;
  src[t] = i < n ? x[i] : 0.f;
  __syncthreads();
  for (int d = 1; d < 64; d *= 2) {
    dst[t] = t >= d ? src[t] + src[t - d] : src[t];
    __syncthreads();
    float *tmp = src; src = dst; dst = tmp;
  }
  if (i < n) y[i] = src[t];
}
