// Through a padded tile, so that reads and writes are both coalesced.
#define TILE 32
#define ROWS 8

__global__ void transpose(float *__restrict__ out, const float *__restrict__ in, int rows, int cols) {
  __shared__ float tile[TILE][TILE + 1];
  int col = blockIdx.x * TILE + threadIdx.x;
  int row = blockIdx.y * TILE + threadIdx.y;
  for (int j = 0; j < TILE; j += ROWS)
    if (row + j < rows && col < cols) tile[threadIdx.y + j][threadIdx.x] = in[(row + j) * cols + col];
  __syncthreads();
  int x = blockIdx.y * TILE + threadIdx.x;
  int y = blockIdx.x * TILE + threadIdx.y;
  for (int j = 0; j < TILE; j += ROWS)
    if (y + j < cols && x < rows) out[(y + j) * rows + x] = tile[threadIdx.x][threadIdx.y + j];
}

void launch(float *out, const float *in, int rows, int cols) {
  transpose<<<dim3((cols + TILE - 1) / TILE, (rows + TILE - 1) / TILE), dim3(TILE, ROWS)>>>(out, in, rows, cols);
}
