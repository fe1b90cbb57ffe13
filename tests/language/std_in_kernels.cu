// expect: Tested not every path was seen
// std:: and cuda::std:: in device code: min, max, array, numeric_limits, swap, move, is_same.
#include <algorithm>
#include <array>
#include <limits>
#include <cuda/std/array>
#include <cuda/std/limits>
__global__ void clamp_sort3(const float *x, float *y, int *flag, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  std::array<float, 3> v;
  for (std::size_t k = 0; k < v.size(); ++k) v[k] = std::min(std::max(x[3 * i + k], -1.f), 1.f);
  if (v[0] > v[1]) std::swap(v[0], v[1]);
  if (v[1] > v[2]) std::swap(v[1], v[2]);
  if (v[0] > v[1]) std::swap(v[0], v[1]);
  cuda::std::array<int, 2> f = {0, 1};
  float lowest = std::numeric_limits<float>::lowest();
  for (float q : v) lowest = cuda::std::max(lowest, q);
  static_assert(std::is_same<decltype(lowest), float>::value, "");
  flag[i] = f[lowest == v[2]] + cuda::std::numeric_limits<int>::max() / 2;
  for (int k = 0; k < 3; ++k) y[3 * i + k] = v[k];
}
void run(const float *x, float *y, int *f, int n) { clamp_sort3<<<(n + 63) / 64, 64>>>(x, y, f, n); }
