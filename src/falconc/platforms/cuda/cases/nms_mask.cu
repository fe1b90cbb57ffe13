typedef unsigned long long u64;
const int kBits = 64;

__device__ __forceinline__ float iou(float4 a, float4 b) {
  float left = fmaxf(a.x, b.x), right = fminf(a.z, b.z);
  float top = fmaxf(a.y, b.y), bottom = fminf(a.w, b.w);
  float w = fmaxf(right - left, 0.f), h = fmaxf(bottom - top, 0.f);
  float inter = w * h;
  float sa = (a.z - a.x) * (a.w - a.y);
  float sb = (b.z - b.x) * (b.w - b.y);
  return inter / (sa + sb - inter);
}

__global__ void nms_mask(int n, float threshold, const float4 *boxes, u64 *mask) {
  const int row_start = blockIdx.y, col_start = blockIdx.x;
  const int row_size = min(n - row_start * kBits, kBits);
  const int col_size = min(n - col_start * kBits, kBits);

  __shared__ float4 block_boxes[kBits];
  if (threadIdx.x < col_size) block_boxes[threadIdx.x] = boxes[kBits * col_start + threadIdx.x];
  __syncthreads();

  if (threadIdx.x < row_size) {
    const int cur = kBits * row_start + threadIdx.x;
    const float4 box = boxes[cur];
    u64 bits = 0;
    int start = row_start == col_start ? threadIdx.x + 1 : 0;
    for (int i = start; i < col_size; i++)
      if (iou(box, block_boxes[i]) > threshold) bits |= 1ULL << i;
    mask[cur * gridDim.x + col_start] = bits;
  }
}

void nms(int n, float threshold, const float4 *boxes, u64 *mask) {
  int blocks = (n + kBits - 1) / kBits;
  nms_mask<<<dim3(blocks, blocks), kBits>>>(n, threshold, boxes, mask);
}
