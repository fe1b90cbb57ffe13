// falconc: kernel=walk grid=(rows+3)/4 block=4
// Pointer locals, post-increment loads, end pointers, comma, do-while, compound assignment.
__global__ void walk(const float *in, float *out, int rows, int cols) {
  int r = blockIdx.x * blockDim.x + threadIdx.x;
  if (r >= rows) return;
  const float *p = in + r * cols, *end = p + cols;
  float *q = &out[r * cols];
  float carry = 0.f;
  while (p != end) {
    carry = carry * 0.5f + *p++;
    *q++ = carry;
  }
  float m = 0;
  int i = 0, j = cols - 1;
  do {
    m += q[-1 - i] * (j + 1), ++i, --j;
  } while (i < 2 && j >= 0);
  out[r * cols] -= m;
}
