// expect: Tested not every path was seen
// Pointer comparison and difference, end pointers, stepping pointers by run-time strides, pointers picked by a condition.
__global__ void pointers(const float *a, const float *b, float *out, int n, int stride) {
  const int r = blockIdx.x * blockDim.x + threadIdx.x;
  if (r >= n) return;
  const float *src = (r & 1) ? a : b;
  const float *p = src + r * 16, *const end = p + 16;
  float s = 0.f;
  int steps = 0;
  for (; p < end; p += 2, ++steps) s += p[0] * p[1];
  while (p != src + r * 16) { s -= 0.25f * *--p; }
  float *q = &out[r * 2];
  *q++ = s + (float)(end - p);
  *q = (float)steps;
}
void run(const float *a, const float *b, float *o, int n) { pointers<<<(n + 31) / 32, 32>>>(a, b, o, n, 1); }
