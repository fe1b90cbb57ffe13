// AdamW with lerp by fma, bias corrections passed in, template over parameter and gradient types, non-type bool.
// falconc: kernel=adamw template=float,float,true grid=(n+255)/256 block=256
template <typename T> __device__ inline T lerp(T start, T end, T weight) { return fma(weight, end, fma(-weight, start, start)); }
template <typename Tp, typename Tg, bool kDecoupled = true>
__global__ void adamw(Tp *params, float *m_memory, float *v_memory, const Tg *grads, size_t n, float lr, float beta1, float beta2,
                      float b1c, float b2c, float eps, float wd) {
  size_t idx = blockIdx.x * blockDim.x + threadIdx.x;
  if (idx >= n) { return; }
  float grad = (float)grads[idx];
  if constexpr (!kDecoupled) grad += wd * (float)params[idx];
  float m = m_memory[idx], v = v_memory[idx];
  m = lerp(grad, m, beta1);
  m_memory[idx] = m;
  v = lerp(grad * grad, v, beta2);
  v_memory[idx] = v;
  m /= b1c;
  v /= b2c;
  float old_param = (float)params[idx];
  float param = old_param - lr * (m / (sqrtf(fabsf(v)) + eps) + (kDecoupled ? wd * old_param : 0.f));
  params[idx] = (Tp)param;
}
