// falconc: kernel=momentum_update grid=3 block=64
template <typename F>
__device__ void for_each(int n, F f) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) f(i);
}

__global__ void momentum_update(float *w, float *velocity, const float *grad, float lr, float mu, bool nesterov, int n) {
  auto step = [=](int i) {
    const float g = grad[i];
    velocity[i] = mu * velocity[i] + g;
    w[i] -= lr * (nesterov ? g + mu * velocity[i] : velocity[i]);
  };
  for_each(n, step);
}
