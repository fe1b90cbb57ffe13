// falconc: kernel=swiglu grid=(n+255)/256 block=256
__global__ void swiglu(const float *__restrict__ gate, const float *__restrict__ up, float *__restrict__ out, int n) {
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) {
    const float g = __ldg(&gate[i]);
    out[i] = __fdividef(g, 1.0f + __expf(-g)) * __ldg(&up[i]);
  }
}
