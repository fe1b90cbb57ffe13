// All-pairs forces with a shared tile of float4 bodies, softening, a device function per interaction.
#define EPS2 0.01f
__device__ float3 bodyBodyInteraction(float4 bi, float4 bj, float3 ai) {
  float3 r;
  r.x = bj.x - bi.x; r.y = bj.y - bi.y; r.z = bj.z - bi.z;
  float distSqr = r.x * r.x + r.y * r.y + r.z * r.z + EPS2;
  float distSixth = distSqr * distSqr * distSqr;
  float invDistCube = 1.0f / sqrtf(distSixth);
  float s = bj.w * invDistCube;
  ai.x += r.x * s; ai.y += r.y * s; ai.z += r.z * s;
  return ai;
}
__device__ float3 tile_calculation(float4 myPosition, float3 accel, const float4 *shPosition, int count) {
  for (int i = 0; i < count; i++) accel = bodyBodyInteraction(myPosition, shPosition[i], accel);
  return accel;
}
__global__ void calculate_forces(const float4 *globalX, float4 *globalA, int N) {
  __shared__ float4 shPosition[64];
  float3 acc = {0.0f, 0.0f, 0.0f};
  int gtid = blockIdx.x * blockDim.x + threadIdx.x;
  float4 myPosition = gtid < N ? globalX[gtid] : make_float4(0.f, 0.f, 0.f, 0.f);
  for (int i = 0, tile = 0; i < N; i += 64, tile++) {
    int idx = tile * blockDim.x + threadIdx.x;
    shPosition[threadIdx.x] = idx < N ? globalX[idx] : make_float4(0.f, 0.f, 0.f, 0.f);
    __syncthreads();
    acc = tile_calculation(myPosition, acc, shPosition, 64);
    __syncthreads();
  }
  if (gtid < N) globalA[gtid] = make_float4(acc.x, acc.y, acc.z, 0.0f);
}
void go(const float4 *x, float4 *a, int N) { calculate_forces<<<(N + 63) / 64, 64>>>(x, a, N); }
