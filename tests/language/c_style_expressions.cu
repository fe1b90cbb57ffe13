// expect: Tested possible overflow
// Side effects in subscripts, comma in for, do-while(0), negative steps, countdown of unsigned, shadowing, nested ternaries, short circuits.
#define SWAP(a, b) do { float t_ = (a); (a) = (b); (b) = t_; } while (0)
__global__ void odd_code(const float *x, float *y, const unsigned char *b, int *z, int n) {
  int base = (blockIdx.x * blockDim.x + threadIdx.x) * 8;
  if (base + 8 > n) return;
  float buf[8];
  int i = 0;
  while (i < 8) buf[i++] = x[base + i];
  int j = 8;
  do { --j; buf[j] *= 2.f; } while (j > 0);
  for (int lo = 0, hi = 7; lo < hi; ++lo, --hi) SWAP(buf[lo], buf[hi]);
  int k = 0;
  buf[k++] += 1.f;
  buf[++k] -= 1.f;
  float m = (buf[k] = buf[0] + 3.f) * 2.f;
  for (unsigned u = 8; u-- > 0;) m += u & 1 ? buf[u] : u == 4 ? -buf[u] : u > 5 ? 2.f : 0.5f;
  for (int s = 7; s >= 0; s -= 3) m -= buf[s];
  int hits = 0;
  if (buf[1] > 0.f && ++hits && buf[2] > 0.f) { int hits = 5; m += hits; }
  (void)(buf[3] < 0.f || (hits += 10));
  unsigned char c = b[base];
  c += 200; c <<= 1; c = ~c;
  int q = 100;
  for (;;) { if (q < 10) break; q /= 3; if (q & 1) continue; q -= 1; }
  z[base / 8] = hits + c + q;
  for (int t = 0; t < 8; t++) y[base + t] = buf[t] + m;
}
void run(const float *x, float *y, const unsigned char *b, int *z, int n) { odd_code<<<(n / 8 + 31) / 32, 32>>>(x, y, b, z, n); }
