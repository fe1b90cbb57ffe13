struct AdamConfig {
  float lr;
  float beta1, beta2;
  float eps;
  float weight_decay;
};

__global__ void adamw_step(float *param, const float *grad, float *m, float *v, AdamConfig cfg, float bias1, float bias2,
                           long n) {
  long i = (long)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float g = grad[i];
  float m_i = m[i] = cfg.beta1 * m[i] + (1 - cfg.beta1) * g;
  float v_i = v[i] = cfg.beta2 * v[i] + (1 - cfg.beta2) * g * g;
  float m_hat = m_i / bias1;
  float v_hat = v_i / bias2;
  param[i] -= cfg.lr * (m_hat / (sqrtf(v_hat) + cfg.eps) + cfg.weight_decay * param[i]);
}

void adamw(float *param, const float *grad, float *m, float *v, long n) {
  AdamConfig cfg{1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f};
  adamw_step<<<(n + 127) / 128, 128>>>(param, grad, m, v, cfg, 0.1f, 0.001f, n);
}
