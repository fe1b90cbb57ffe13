#include <cstdint>

__device__ float block_reduce(float v, float *scratch, bool take_max) {
  const int t = threadIdx.x;
  scratch[t] = v;
  __syncthreads();
  for (int s = blockDim.x / 2; s > 0; s >>= 1) {
    if (t < s) scratch[t] = take_max ? fmaxf(scratch[t], scratch[t + s]) : scratch[t] + scratch[t + s];
    __syncthreads();
  }
  float r = scratch[0];
  __syncthreads();
  return r;
}

// loss[row] = logsumexp(logits[row]) - logits[row][label]; label -100 is ignored
__global__ void cross_entropy(const float *logits, const int64_t *labels, float *loss, int classes) {
  extern __shared__ float scratch[];
  const float *row = logits + (int64_t)blockIdx.x * classes;
  const int64_t label = labels[blockIdx.x];
  if (label < 0 || label >= classes) {
    if (threadIdx.x == 0) loss[blockIdx.x] = 0.0f;
    return;
  }
  float m = -3.0e38f;
  for (int c = threadIdx.x; c < classes; c += blockDim.x) m = fmaxf(m, row[c]);
  m = block_reduce(m, scratch, true);
  float s = 0.0f;
  for (int c = threadIdx.x; c < classes; c += blockDim.x) s += expf(row[c] - m);
  s = block_reduce(s, scratch, false);
  if (threadIdx.x == 0) loss[blockIdx.x] = logf(s) + m - row[label];
}

void xent(const float *logits, const int64_t *labels, float *loss, int rows, int classes) {
  cross_entropy<<<rows, 64, 64 * sizeof(float)>>>(logits, labels, loss, classes);
}
