// Parameter packs and fold expressions: a variadic helper sums columns, another applies several functors.
template <typename... Ts> __device__ __forceinline__ float sum_all(Ts... xs) { return (xs + ... + 0.f); }
template <typename F> __device__ float chain(float x, F f) { return f(x); }
template <typename F, typename... Rest> __device__ float chain(float x, F f, Rest... rest) { return chain(f(x), rest...); }
struct Scale { float k; __device__ float operator()(float x) const { return x * k; } };
struct Shift { float b; __device__ float operator()(float x) const { return x + b; } };
template <int... Is> struct ints {};
template <int... Is> __device__ float dot_fixed(const float *a, const float *b, ints<Is...>) { return ((a[Is] * b[Is]) + ...); }
__global__ void fold(const float *a, const float *b, float *o, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const float *p = a + 4 * i, *q = b + 4 * i;
  o[i] = chain(sum_all(p[0], p[1], p[2], p[3]), Scale{2.f}, Shift{1.f}, Scale{0.5f}) + dot_fixed(p, q, ints<0, 1, 2, 3>{});
}
void run(const float *a, const float *b, float *o, int n) { fold<<<(n + 127) / 128, 128>>>(a, b, o, n); }
