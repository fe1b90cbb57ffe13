#define RADIUS 3
#define BLOCK_SIZE 64

__constant__ float coef[2 * RADIUS + 1];

__global__ void stencil_1d(const float *in, float *out, int n) {
  __shared__ float temp[BLOCK_SIZE + 2 * RADIUS];
  int g = threadIdx.x + blockIdx.x * blockDim.x;
  int l = threadIdx.x + RADIUS;

  temp[l] = g < n ? in[g] : 0.0f;
  if (threadIdx.x < RADIUS) {
    temp[l - RADIUS] = g - RADIUS >= 0 && g - RADIUS < n ? in[g - RADIUS] : 0.0f;
    temp[l + BLOCK_SIZE] = g + BLOCK_SIZE < n ? in[g + BLOCK_SIZE] : 0.0f;
  }
  __syncthreads();

  float result = 0;
  for (int offset = -RADIUS; offset <= RADIUS; offset++) result += coef[offset + RADIUS] * temp[l + offset];
  if (g < n) out[g] = result;
}

int main() {
  const int n = 10000;
  float *d_in, *d_out;
  float h_coef[2 * RADIUS + 1] = {0.05f, 0.1f, 0.2f, 0.3f, 0.2f, 0.1f, 0.05f};
  cudaMemcpyToSymbol(coef, h_coef, sizeof(h_coef));
  cudaMalloc(&d_in, n * sizeof(float));
  cudaMalloc(&d_out, n * sizeof(float));
  stencil_1d<<<(n + BLOCK_SIZE - 1) / BLOCK_SIZE, BLOCK_SIZE>>>(d_in, d_out, n);
  cudaDeviceSynchronize();
  cudaFree(d_in);
  cudaFree(d_out);
  return 0;
}
