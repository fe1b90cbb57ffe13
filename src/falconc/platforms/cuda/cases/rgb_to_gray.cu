__global__ void rgba_to_gray(const uchar4 *const rgba, unsigned char *const gray, int rows, int cols) {
  int c = threadIdx.x + blockIdx.x * blockDim.x;
  int r = threadIdx.y + blockIdx.y * blockDim.y;
  if (r >= rows || c >= cols) return;
  uchar4 px = rgba[r * cols + c];
  // integer weights of BT.601, sum 256
  gray[r * cols + c] = (unsigned char)((77 * px.x + 150 * px.y + 29 * px.z + 128) >> 8);
}

void to_gray(const uchar4 *rgba, unsigned char *gray, int rows, int cols) {
  const dim3 block(16, 16, 1);
  const dim3 grid((cols + block.x - 1) / block.x, (rows + block.y - 1) / block.y, 1);
  rgba_to_gray<<<grid, block>>>(rgba, gray, rows, cols);
}
