// The last steps of the ladder: the last warp unrolled with __syncwarp, template<blockSize> fully unrolled, grid stride.
// falconc: kernel=reduce6 template=float,64 grid=(n+511)/512 block=64
template <class T, unsigned int blockSize> __device__ void warpReduce(volatile T *sdata, unsigned int tid) {
  T x = sdata[tid];
  if (blockSize >= 64) { x += sdata[tid + 32]; __syncwarp(); sdata[tid] = x; __syncwarp(); }
  if (blockSize >= 32) { x += sdata[tid + 16]; __syncwarp(); sdata[tid] = x; __syncwarp(); }
  if (blockSize >= 16) { x += sdata[tid + 8]; __syncwarp(); sdata[tid] = x; __syncwarp(); }
  if (blockSize >= 8) { x += sdata[tid + 4]; __syncwarp(); sdata[tid] = x; __syncwarp(); }
  if (blockSize >= 4) { x += sdata[tid + 2]; __syncwarp(); sdata[tid] = x; __syncwarp(); }
  if (blockSize >= 2) { x += sdata[tid + 1]; __syncwarp(); sdata[tid] = x; __syncwarp(); }
}
template <class T, unsigned int blockSize> __global__ void reduce6(T *g_idata, T *g_odata, unsigned int n) {
  __shared__ T sdata[blockSize + 32];
  unsigned int tid = threadIdx.x;
  unsigned int i = blockIdx.x * (blockSize * 2) + tid;
  unsigned int gridSize = blockSize * 2 * gridDim.x;
  sdata[tid] = 0;
  if (tid < 32) sdata[blockSize + tid] = 0;
  while (i < n) { sdata[tid] += g_idata[i] + (i + blockSize < n ? g_idata[i + blockSize] : T(0)); i += gridSize; }
  __syncthreads();
  if (blockSize >= 512) { if (tid < 256) { sdata[tid] += sdata[tid + 256]; } __syncthreads(); }
  if (blockSize >= 256) { if (tid < 128) { sdata[tid] += sdata[tid + 128]; } __syncthreads(); }
  if (blockSize >= 128) { if (tid < 64) { sdata[tid] += sdata[tid + 64]; } __syncthreads(); }
  if (tid < 32) warpReduce<T, blockSize>(sdata, tid);
  if (tid == 0) g_odata[blockIdx.x] = sdata[0];
}
