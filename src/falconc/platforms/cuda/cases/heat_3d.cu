__global__ void heat3d(const float *u, float *un, int nx, int ny, int nz, float r) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int j = blockIdx.y * blockDim.y + threadIdx.y;
  const int k = blockIdx.z * blockDim.z + threadIdx.z;
  if (i > 0 && i < nx - 1 && j > 0 && j < ny - 1 && k > 0 && k < nz - 1) {
    const int at = (k * ny + j) * nx + i;
    un[at] = u[at] + r * (u[at - 1] + u[at + 1] + u[at - nx] + u[at + nx] + u[at - nx * ny] + u[at + nx * ny] - 6.0f * u[at]);
  }
}

void heat_step(const float *u, float *un, int nx, int ny, int nz) {
  dim3 threads(8, 4, 2);
  dim3 blocks((nx + 7) / 8, (ny + 3) / 4, (nz + 1) / 2);
  heat3d<<<blocks, threads>>>(u, un, nx, ny, nz, 0.1f);
}
