// falconc: kernel=gather64 grid=(m+31)/32 block=32
#include <cstdint>
typedef int64_t idx_t;
using uint = unsigned int;
__global__ void gather64(const double *src, const idx_t *index, double *dst, uint m, idx_t n) {
  uint i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < m) {
    idx_t j = index[i];
    if (j < 0) j += n;
    dst[i] = (j >= 0 && j < n) ? src[j] : 0.0;
  }
}
