// falconc: kernel=two_tiles grid=(n+63)/64 block=64 shared=512
// One dynamic pool carved into two arrays.
__global__ void two_tiles(const float *a, const float *b, float *c, int n) {
  extern __shared__ float smem[];
  float *sa = smem;
  float *sb = smem + blockDim.x;
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  sa[threadIdx.x] = i < n ? a[i] : 0.f;
  sb[threadIdx.x] = i < n ? b[i] : 0.f;
  __syncthreads();
  int t = blockDim.x - 1 - threadIdx.x;
  int left = threadIdx.x == 0 ? 0 : threadIdx.x - 1;
  if (i < n) c[i] = sa[t] * sb[threadIdx.x] + sa[left];
}
