// expect: Tested no finite values to compare
// Top-k by insertion in registers, one thread a row; k is a template parameter, indices kept with the values.
// falconc: kernel=topk template=4 grid=(rows+31)/32 block=32
template <int K> __global__ void topk(const float *scores, float *out_val, int *out_idx, int rows, int cols) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  float best[K];
  int where[K];
#pragma unroll
  for (int k = 0; k < K; k++) { best[k] = -INFINITY; where[k] = -1; }
  for (int c = 0; c < cols; c++) {
    float v = scores[row * cols + c];
    if (!(v > best[K - 1])) continue;
    int at = K - 1;
    while (at > 0 && best[at - 1] < v) {
      best[at] = best[at - 1];
      where[at] = where[at - 1];
      --at;
    }
    best[at] = v;
    where[at] = c;
  }
  for (int k = 0; k < K; ++k) { out_val[row * K + k] = best[k]; out_idx[row * K + k] = where[k]; }
}
