struct Best {
  float value;
  int index;
};

__device__ inline Best better(const Best &a, const Best &b) {
  if (b.value > a.value || (b.value == a.value && b.index < a.index)) return b;
  return a;
}

__global__ void argmax_rows(const float *logits, int *winner, float *score, int cols) {
  Best best{-INFINITY, 0x7fffffff};
  const float *row = &logits[blockIdx.x * cols];
  for (int c = threadIdx.x; c < cols; c += 32) {
    Best candidate{row[c], c};
    best = better(best, candidate);
  }
  for (int delta = 16; delta > 0; delta >>= 1) {
    Best other;
    other.value = __shfl_down_sync(0xffffffffu, best.value, delta);
    other.index = __shfl_down_sync(0xffffffffu, best.index, delta);
    best = better(best, other);
  }
  if (threadIdx.x == 0) {
    winner[blockIdx.x] = best.index;
    score[blockIdx.x] = best.value;
  }
}

void argmax(const float *logits, int *winner, float *score, int rows, int cols) {
  argmax_rows<<<rows, 32>>>(logits, winner, score, cols);
}
