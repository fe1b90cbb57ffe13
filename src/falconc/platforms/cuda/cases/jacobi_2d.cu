// falconc: kernel=jacobi_step grid=(nx+15)/16,(ny+7)/8 block=16,8
#define IDX(i, j) ((j) * nx + (i))

__global__ void jacobi_step(double *__restrict__ a_new, const double *__restrict__ a, int nx, int ny) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int j = blockIdx.y * blockDim.y + threadIdx.y;
  if (i >= nx || j >= ny) return;
  if (i == 0 || j == 0 || i == nx - 1 || j == ny - 1) {
    a_new[IDX(i, j)] = a[IDX(i, j)];
    return;
  }
  a_new[IDX(i, j)] = 0.25 * (a[IDX(i + 1, j)] + a[IDX(i - 1, j)] + a[IDX(i, j + 1)] + a[IDX(i, j - 1)]);
}
