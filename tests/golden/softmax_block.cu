// A block a row: shuffles inside a warp, shared memory between warps.
__global__ void softmax(const float *__restrict__ x, float *__restrict__ y, int cols) {
  __shared__ float part[8];
  int row = blockIdx.x;
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;

  float biggest = -INFINITY;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) biggest = fmaxf(biggest, x[row * cols + i]);
  for (int d = 16; d > 0; d >>= 1) biggest = fmaxf(biggest, __shfl_xor_sync(0xffffffff, biggest, d));
  if (lane == 0) part[warp] = biggest;
  __syncthreads();
  biggest = part[0];
  for (int w = 1; w < 8; ++w) biggest = fmaxf(biggest, part[w]);
  __syncthreads();

  float sum = 0.0f;
  for (int i = threadIdx.x; i < cols; i += blockDim.x) sum += expf(x[row * cols + i] - biggest);
  for (int d = 16; d > 0; d >>= 1) sum += __shfl_xor_sync(0xffffffff, sum, d);
  if (lane == 0) part[warp] = sum;
  __syncthreads();
  sum = 0.0f;
  for (int w = 0; w < 8; ++w) sum += part[w];

  for (int i = threadIdx.x; i < cols; i += blockDim.x) y[row * cols + i] = expf(x[row * cols + i] - biggest) / sum;
}

void launch(const float *x, float *y, int rows, int cols) { softmax<<<rows, 256>>>(x, y, cols); }
