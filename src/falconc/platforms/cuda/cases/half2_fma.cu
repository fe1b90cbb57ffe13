// falconc: kernel=scale_shift_half2 grid=(n2+63)/64 block=64
#include <cuda_fp16.h>

__global__ void scale_shift_half2(half2 *x, const half2 *scale, const half2 *shift, int n2) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n2) {
    half2 v = __hfma2(x[i], scale[i], shift[i]);
    x[i] = __hmax2(v, __float2half2_rn(0.0f));
  }
}
