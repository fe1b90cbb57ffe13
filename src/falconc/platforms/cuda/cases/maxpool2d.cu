#include <cfloat>

__global__ void MaxPoolForward(const int nthreads, const float *const bottom, const int height, const int width,
                               const int pooled_h, const int pooled_w, const int ksize, const int stride, const int pad,
                               float *const top, int *const mask) {
  for (int index = blockIdx.x * blockDim.x + threadIdx.x; index < nthreads; index += blockDim.x * gridDim.x) {
    const int pw = index % pooled_w;
    const int ph = (index / pooled_w) % pooled_h;
    const int c = index / pooled_w / pooled_h;
    int hstart = ph * stride - pad;
    int wstart = pw * stride - pad;
    const int hend = min(hstart + ksize, height);
    const int wend = min(wstart + ksize, width);
    hstart = max(hstart, 0);
    wstart = max(wstart, 0);
    float maxval = -FLT_MAX;
    int maxidx = -1;
    const float *const slice = bottom + c * height * width;
    for (int h = hstart; h < hend; ++h) {
      for (int w = wstart; w < wend; ++w) {
        if (slice[h * width + w] > maxval) {
          maxidx = h * width + w;
          maxval = slice[maxidx];
        }
      }
    }
    top[index] = maxval;
    mask[index] = maxidx;
  }
}

void pool(const float *bottom, float *top, int *mask, int channels) {
  const int count = channels * 8 * 9;
  MaxPoolForward<<<2, 96>>>(count, bottom, 15, 17, 8, 9, 3, 2, 1, top, mask);
}
