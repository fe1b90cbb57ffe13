// expect: Tested not every path was seen
// falconc: kernel=clip_grad grid=(numel+255)/256 block=256
#include <torch/extension.h>
#include <ATen/cuda/CUDAContext.h>
#include <cub/cub.cuh>
#include "my_project/utils.h"
#include <vector>
#include <iostream>
namespace nn { namespace detail {
__global__ void clip_grad(float *g, const float *norm, float max_norm, long numel) {
  const long i = (long)blockIdx.x * blockDim.x + threadIdx.x;
  const float scale = max_norm / (*norm + 1e-6f);
  if (i < numel && scale < 1.f) g[i] *= scale;
}
} }  // namespace nn::detail
torch::Tensor clip(torch::Tensor g, torch::Tensor norm, double m) {
  TORCH_CHECK(g.is_cuda(), "need a CUDA tensor");
  std::vector<int64_t> sizes = g.sizes().vec();
  std::cout << sizes.size() << std::endl;
  nn::detail::clip_grad<<<(g.numel() + 255) / 256, 256>>>(g.data_ptr<float>(), norm.data_ptr<float>(), m, g.numel());
  return g;
}
PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) { m.def("clip", &clip); }
