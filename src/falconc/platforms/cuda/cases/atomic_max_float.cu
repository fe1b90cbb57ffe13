__device__ static float atomicMaxFloat(float *address, float val) {
  int *as_int = (int *)address;
  int old = *as_int, assumed;
  do {
    assumed = old;
    old = atomicCAS(as_int, assumed, __float_as_int(fmaxf(val, __int_as_float(assumed))));
  } while (assumed != old);
  return __int_as_float(old);
}

__global__ void column_max(const float *data, float *result, int rows, int cols) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  int r = blockIdx.y;
  if (c < cols && r < rows) atomicMaxFloat(result + c, data[r * cols + c]);
}

void column_maxima(const float *data, float *result, int rows, int cols) {
  dim3 g((cols + 31) / 32, rows);
  column_max<<<g, 32>>>(data, result, rows, cols);
}
