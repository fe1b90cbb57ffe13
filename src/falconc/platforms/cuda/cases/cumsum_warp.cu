// One warp per row: scans 32 columns at a time and carries the running total.
__global__ void cumsum_rows(const float *in, float *out, int rows, int cols) {
  const int warp_id = (blockIdx.x * blockDim.x + threadIdx.x) / warpSize;
  const int lane = threadIdx.x % warpSize;
  if (warp_id >= rows) return;
  float carry = 0.0f;
  for (int base = 0; base < cols; base += warpSize) {
    const int c = base + lane;
    float v = c < cols ? in[warp_id * cols + c] : 0.0f;
    for (int d = 1; d < warpSize; d *= 2) {
      const float up = __shfl_up_sync(0xffffffff, v, d);
      if (lane >= d) v += up;
    }
    v += carry;
    if (c < cols) out[warp_id * cols + c] = v;
    carry = __shfl_sync(0xffffffff, v, warpSize - 1);
  }
}

void cumsum(const float *in, float *out, int rows, int cols) {
  cumsum_rows<<<(rows + 1) / 2, 64>>>(in, out, rows, cols);
}
