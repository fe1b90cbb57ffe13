// Class template with static functions as policy, default template arguments, partial specialisation, dependent types, decltype.
template <typename T> struct Acc { using type = T; static constexpr int unroll = 1; };
template <> struct Acc<float> { using type = double; static constexpr int unroll = 2; };
template <typename T> struct SumOp { static __device__ T init() { return T(0); } static __device__ T apply(T a, T b) { return a + b; } };
template <typename T> struct MaxOp { static __device__ T init() { return T(-1e30); } static __device__ T apply(T a, T b) { return a > b ? a : b; } };
template <typename T, template <typename> class Op = SumOp, int B = 32> struct BlockReducer {
  using A = typename Acc<T>::type;
  A (&store)[B];
  __device__ explicit BlockReducer(A (&s)[B]) : store(s) {}
  __device__ A operator()(const T *x, int n) {
    A a = Op<A>::init();
    for (int i = threadIdx.x * Acc<T>::unroll; i < n; i += B * Acc<T>::unroll)
      for (int u = 0; u < Acc<T>::unroll; ++u)
        if (i + u < n) a = Op<A>::apply(a, static_cast<A>(x[i + u]));
    store[threadIdx.x] = a;
    __syncthreads();
    for (int s = B / 2; s > 0; s >>= 1) {
      if (threadIdx.x < s) store[threadIdx.x] = Op<A>::apply(store[threadIdx.x], store[threadIdx.x + s]);
      __syncthreads();
    }
    return store[0];
  }
};
template <typename T> __global__ void row_sum(const T *x, T *y, int cols) {
  __shared__ typename Acc<T>::type s[32];
  BlockReducer<T> reduce(s);
  auto r = reduce(x + blockIdx.x * cols, cols);
  if (threadIdx.x == 0) y[blockIdx.x] = static_cast<decltype(y[0] + 0)>(r);
}
void run(const float *x, float *y, int rows, int cols) { row_sum<float><<<rows, 32>>>(x, y, cols); }
