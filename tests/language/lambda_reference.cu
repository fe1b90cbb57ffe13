// expect: Tested not every path was seen
// falconc: kernel=swap_sort grid=(rows+15)/16 block=16
// References, a capturing lambda, std::swap, 2-D local array, nested break and continue.
__device__ void order(float &a, float &b) { if (b < a) { float t = a; a = b; b = t; } }
__global__ void swap_sort(float *x, int rows) {
  int r = blockIdx.x * blockDim.x + threadIdx.x;
  if (r >= rows) return;
  float v[2][3];
  auto load = [&](int i, int j) { v[i][j] = x[r * 6 + i * 3 + j]; };
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) load(i, j);
  float *flat = &v[0][0];
  for (int pass = 0; pass < 6; ++pass) {
    bool moved = false;
    for (int j = 0; j + 1 < 6; ++j) {
      if (flat[j] <= flat[j + 1]) continue;
      order(flat[j], flat[j + 1]);
      moved = true;
    }
    if (!moved) break;
  }
  for (int k = 0; k < 6; ++k) x[r * 6 + k] = flat[k];
}
