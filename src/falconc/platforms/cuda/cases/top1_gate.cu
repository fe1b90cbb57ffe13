// Mixture-of-experts gate: softmax over EXPERTS logits, the best expert and its probability.
template <int EXPERTS>
__global__ void top1_gate(const float *logits, int *expert, float *prob, int tokens) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= tokens) return;
  float local[EXPERTS];
  float best = logits[t * EXPERTS];
  int arg = 0;
  for (int e = 0; e < EXPERTS; e++) {
    local[e] = logits[t * EXPERTS + e];
    if (local[e] > best) {
      best = local[e];
      arg = e;
    }
  }
  float denom = 0;
  for (float &v : local) {
    v = expf(v - best);
    denom += v;
  }
  expert[t] = arg;
  prob[t] = 1.0f / denom;
}

void gate(const float *logits, int *expert, float *prob, int tokens) {
  top1_gate<8><<<(tokens + 63) / 64, 64>>>(logits, expert, prob, tokens);
}
