// expect: Tested not every path was seen
// C++ for the CPU: templates, std::vector-free image code, constexpr radius, lambda in a loop, std::min and std::max, auto.
#include <algorithm>
#include <cmath>
template <int R> static float window(const float *img, int w, int h, int x, int y, float inv2s) {
  const auto at = [&](int i, int j) { return img[std::min(std::max(j, 0), h - 1) * w + std::min(std::max(i, 0), w - 1)]; };
  const float c = at(x, y);
  float num = 0.f, den = 0.f;
  for (int j = -R; j <= R; ++j)
    for (int i = -R; i <= R; ++i) {
      const float v = at(x + i, y + j), d = v - c;
      const float k = std::exp(-(d * d) * inv2s - 0.5f * float(i * i + j * j));
      num += k * v;
      den += k;
    }
  return num / den;
}
extern "C" void bilateral(const float *img, float *out, int w, int h, float inv2s) {
#pragma omp parallel for
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) out[y * w + x] = window<2>(img, w, h, x, y, inv2s);
}
