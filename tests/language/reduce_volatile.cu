// expect: Unknown source undefined: race
// Warp-synchronous code without __syncwarp, as written before Volta: volatile alone does not order lanes.
// falconc: kernel=reduce_v grid=(n+63)/64 block=64
__device__ void warpReduce(volatile float *sdata, int tid) {
  sdata[tid] += sdata[tid + 32];
  sdata[tid] += sdata[tid + 16];
  sdata[tid] += sdata[tid + 8];
  sdata[tid] += sdata[tid + 4];
  sdata[tid] += sdata[tid + 2];
  sdata[tid] += sdata[tid + 1];
}
__global__ void reduce_v(const float *in, float *out, int n) {
  __shared__ float sdata[96];
  int tid = threadIdx.x, i = blockIdx.x * 64 + tid;
  sdata[tid] = i < n ? in[i] : 0.f;
  if (tid < 32) sdata[64 + tid] = 0.f;
  __syncthreads();
  if (tid < 32) warpReduce(sdata, tid);
  if (tid == 0) out[blockIdx.x] = sdata[0];
}
