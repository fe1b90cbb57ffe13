// falconc: kernel=gelu_kernel grid=5 block=128
// Tanh approximation of GELU, any grid.
__device__ __forceinline__ float gelu(float x) {
  const float k = 0.7978845608028654f;  // sqrt(2/pi)
  return 0.5f * x * (1.0f + tanhf(k * (x + 0.044715f * x * x * x)));
}

extern "C" __global__ void gelu_kernel(float *__restrict__ out, const float *__restrict__ in, const size_t n) {
  const size_t stride = (size_t)gridDim.x * blockDim.x;
  for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) out[i] = gelu(__ldg(in + i));
}
