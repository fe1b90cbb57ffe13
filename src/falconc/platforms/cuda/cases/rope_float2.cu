// Rotary embedding of pairs (x0, x1), position = blockIdx.x, head = blockIdx.y.
__global__ void rope(float2 *q, int half_dim, float theta_base) {
  const int heads = gridDim.y;
  int i = threadIdx.x;
  if (i >= half_dim) return;
  float freq = powf(theta_base, -(float)i / half_dim);
  float s, c;
  sincosf(blockIdx.x * freq, &s, &c);
  float2 &v = q[(blockIdx.x * heads + blockIdx.y) * half_dim + i];
  v = make_float2(v.x * c - v.y * s, v.x * s + v.y * c);
}

void apply_rope(float2 *q, int tokens, int heads, int half_dim) {
  rope<<<dim3(tokens, heads), 64>>>(q, half_dim, 10000.0f);
}
