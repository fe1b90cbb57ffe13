// falconc: kernel=map2 template="float,Axpby<float>,4" grid=(n+255)/256 block=64
// A functor passed by value, a value parameter for the items a thread does, a trait.
template <typename T> struct Axpby {
  T a, b;
  __device__ T operator()(T x, T y) const { return a * x + b * y; }
};
template <typename T, typename Op, int ITEMS>
__global__ void map2(const T *__restrict__ x, const T *__restrict__ y, T *__restrict__ out, Op op, int n) {
  int base = blockIdx.x * blockDim.x * ITEMS + threadIdx.x;
#pragma unroll
  for (int k = 0; k < ITEMS; ++k) {
    int i = base + k * blockDim.x;
    if (i < n) out[i] = op(x[i], y[i]);
  }
}
