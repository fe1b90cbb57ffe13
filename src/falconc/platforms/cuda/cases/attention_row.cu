#include <math.h>

// Single-query attention with the online softmax; one warp per query, head dimension 64 (two channels a lane).
__global__ void attention_row(const float *__restrict__ Q, const float *__restrict__ K, const float *__restrict__ V,
                              float *__restrict__ O, int seq_len, float scale) {
  constexpr int D = 64;
  const int lane = threadIdx.x;
  const float q0 = Q[blockIdx.x * D + lane], q1 = Q[blockIdx.x * D + lane + 32];
  float m = -INFINITY, l = 0.f, o0 = 0.f, o1 = 0.f;

  for (int t = 0; t < seq_len; ++t) {
    float dot = q0 * K[t * D + lane] + q1 * K[t * D + lane + 32];
    for (int mask = 16; mask > 0; mask /= 2) dot += __shfl_xor_sync(0xffffffff, dot, mask);
    dot *= scale;
    const float m_new = fmaxf(m, dot);
    const float corr = expf(m - m_new);
    const float p = expf(dot - m_new);
    l = l * corr + p;
    o0 = o0 * corr + p * V[t * D + lane];
    o1 = o1 * corr + p * V[t * D + lane + 32];
    m = m_new;
  }
  O[blockIdx.x * D + lane] = o0 / l;
  O[blockIdx.x * D + lane + 32] = o1 / l;
}

void attend(const float *Q, const float *K, const float *V, float *O, int queries, int seq_len) {
  attention_row<<<queries, 32>>>(Q, K, V, O, seq_len, 0.125f);
}
