/* A function that returns its result: it becomes one more output. */
float cosine(const float *a, const float *b, int n) {
  float ab = 0.f, aa = 0.f, bb = 0.f;
  for (int i = 0; i < n; ++i) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  if (n <= 0) return 0.f;
  return ab / (__builtin_sqrtf(aa) * __builtin_sqrtf(bb) + 1e-6f);
}
