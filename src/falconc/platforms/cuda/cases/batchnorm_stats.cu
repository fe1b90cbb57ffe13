// Per-channel mean and variance over N x HW with Welford's update, one block of 32 a channel.
struct Welford {
  float mean;
  float m2;
  float count;
};

__device__ Welford combine(Welford a, Welford b) {
  float n = a.count + b.count;
  if (n == 0.0f) return a;
  float delta = b.mean - a.mean;
  Welford r;
  r.mean = a.mean + delta * (b.count / n);
  r.m2 = a.m2 + b.m2 + delta * delta * (a.count * b.count / n);
  r.count = n;
  return r;
}

__global__ void batchnorm_stats(const float *x, float *mean, float *var, int batch, int channels, int hw) {
  const int c = blockIdx.x;
  Welford w = {0.0f, 0.0f, 0.0f};
  for (int i = threadIdx.x; i < batch * hw; i += 32) {
    const float v = x[(i / hw * channels + c) * hw + i % hw];
    w.count += 1.0f;
    const float d = v - w.mean;
    w.mean += d / w.count;
    w.m2 += d * (v - w.mean);
  }
  for (int o = 16; o > 0; o >>= 1) {
    Welford other;
    other.mean = __shfl_down_sync(0xffffffff, w.mean, o);
    other.m2 = __shfl_down_sync(0xffffffff, w.m2, o);
    other.count = __shfl_down_sync(0xffffffff, w.count, o);
    w = combine(w, other);
  }
  if (threadIdx.x == 0) {
    mean[c] = w.mean;
    var[c] = w.m2 / w.count;
  }
}

void stats(const float *x, float *mean, float *var, int batch, int channels, int hw) {
  batchnorm_stats<<<channels, 32>>>(x, mean, var, batch, channels, hw);
}
