// The classic reduction ladder: modulo, strided index, sequential, first add on load, one kernel after the other.
// falconc: kernel=reduce0 grid=(n+63)/64 block=64
// falconc: kernel=reduce1 grid=(n+63)/64 block=64
// falconc: kernel=reduce2 grid=(n+63)/64 block=64 shared=64*4
// falconc: kernel=reduce3 grid=(n+127)/128 block=64 shared=64*4
__global__ void reduce0(float *g_idata, float *g_odata, unsigned int n) {
  __shared__ float sdata[64];
  unsigned int tid = threadIdx.x;
  unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  sdata[tid] = (i < n) ? g_idata[i] : 0;
  __syncthreads();
  for (unsigned int s = 1; s < blockDim.x; s *= 2) {
    if ((tid % (2 * s)) == 0) sdata[tid] += sdata[tid + s];
    __syncthreads();
  }
  if (tid == 0) g_odata[blockIdx.x] = sdata[0];
}
__global__ void reduce1(float *g_idata, float *g_odata, unsigned int n) {
  __shared__ float sdata[64];
  unsigned int tid = threadIdx.x;
  unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  sdata[tid] = (i < n) ? g_idata[i] : 0;
  __syncthreads();
  for (unsigned int s = 1; s < blockDim.x; s *= 2) {
    int index = 2 * s * tid;
    if (index < blockDim.x) sdata[index] += sdata[index + s];
    __syncthreads();
  }
  if (tid == 0) g_odata[blockIdx.x] = sdata[0];
}
__global__ void reduce2(float *g_idata, float *g_odata, unsigned int n) {
  extern __shared__ float buf[];
  float *sdata = buf;
  unsigned int tid = threadIdx.x;
  unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  sdata[tid] = (i < n) ? g_idata[i] : 0;
  __syncthreads();
  for (unsigned int s = blockDim.x / 2; s > 0; s >>= 1) {
    if (tid < s) sdata[tid] += sdata[tid + s];
    __syncthreads();
  }
  if (tid == 0) g_odata[blockIdx.x] = sdata[0];
}
__global__ void reduce3(float *g_idata, float *g_odata, unsigned int n) {
  extern __shared__ float buf[];
  unsigned int tid = threadIdx.x;
  unsigned int i = blockIdx.x * (blockDim.x * 2) + threadIdx.x;
  float mySum = (i < n) ? g_idata[i] : 0;
  if (i + blockDim.x < n) mySum += g_idata[i + blockDim.x];
  buf[tid] = mySum;
  __syncthreads();
  for (unsigned int s = blockDim.x >> 1; s; s >>= 1) {
    if (tid < s) { buf[tid] = mySum = mySum + buf[tid + s]; }
    __syncthreads();
  }
  if (tid == 0) g_odata[blockIdx.x] = mySum;
}
