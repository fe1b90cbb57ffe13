// falconc: kernel=bias_relu4 grid=(n4+127)/128 block=128
#define FLOAT4(p) (reinterpret_cast<float4 *>(&(p))[0])
#define CFLOAT4(p) (reinterpret_cast<const float4 *>(&(p))[0])
__device__ __forceinline__ float relu(float x) { return x > 0.f ? x : 0.f; }
__global__ void bias_relu4(const float *__restrict__ x, const float *__restrict__ bias, float *__restrict__ y, int n4) {
  const int i = (blockIdx.x * blockDim.x + threadIdx.x) * 4;
  if (i >= n4 * 4) return;
  float4 v = CFLOAT4(x[i]);
  const float4 b = CFLOAT4(bias[i]);
  v.x = relu(v.x + b.x); v.y = relu(v.y + b.y);
  v.z = relu(v.z + b.z); v.w = relu(v.w + b.w);
  FLOAT4(y[i]) = v;
}
