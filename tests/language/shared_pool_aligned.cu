// expect: Tested integer data
// Bytes of dynamic shared memory cut into typed arrays with alignment arithmetic; a helper that rounds up.
// falconc: kernel=pooled grid=rows block=32 shared=1024
__device__ __forceinline__ constexpr unsigned align_up(unsigned x, unsigned a) { return (x + a - 1) / a * a; }
__global__ void pooled(const float *x, const int *perm, double *out, int rows, int cols) {
  extern __shared__ __align__(16) unsigned char smem[];
  constexpr unsigned kFloats = 40;
  float *vals = reinterpret_cast<float *>(smem);
  int *where = reinterpret_cast<int *>(smem + kFloats * sizeof(float));
  double *acc = reinterpret_cast<double *>(smem + align_up(kFloats * sizeof(float) + 33 * sizeof(int), 16));
  const int r = blockIdx.x, t = threadIdx.x;
  if (t < cols) { vals[t] = x[r * cols + t]; where[t] = perm[t] & 31; }
  __syncthreads();
  acc[t] = 0.0;
  for (int c = 0; c < cols && c < 32; ++c) acc[t] += where[c] == t ? (double)vals[c] : 0.0;
  __syncthreads();
  out[r * 32 + t] = acc[t] + acc[31 - t];
}
