#include <cuda_runtime.h>
#define DIV_UP(a, b) (((a) + (b) - 1) / (b))
__global__ void stencil7(const float *__restrict__ in, float *__restrict__ out, int nx, int ny, int nz, float c0, float c1) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y,
            z = blockIdx.z * blockDim.z + threadIdx.z;
  if (x < 1 || y < 1 || z < 1 || x >= nx - 1 || y >= ny - 1 || z >= nz - 1) return;
  const int sy = nx, sz = nx * ny, i = x + y * sy + z * sz;
  out[i] = c0 * in[i] + c1 * (in[i - 1] + in[i + 1] + in[i - sy] + in[i + sy] + in[i - sz] + in[i + sz]);
}
extern "C" int step(const float *in, float *out, int nx, int ny, int nz) {
  dim3 block(8, 4, 2), grid(DIV_UP(nx, block.x), DIV_UP(ny, block.y), DIV_UP(nz, block.z));
  stencil7<<<grid, block>>>(in, out, nx, ny, nz, 0.5f, 1.f / 12.f);
  return (int)cudaGetLastError();
}
