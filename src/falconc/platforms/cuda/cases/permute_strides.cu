template <int N>
struct Strides {
  int extent[N];
  int from[N];
};

template <typename T, int N>
__global__ void permute(const T *__restrict__ src, T *__restrict__ dst, Strides<N> s, int total) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= total) return;
  int rest = i, at = 0;
#pragma unroll
  for (int d = N - 1; d >= 0; --d) {
    at += rest % s.extent[d] * s.from[d];
    rest /= s.extent[d];
  }
  dst[i] = src[at];
}

void nchw_to_nhwc(const float *src, float *dst) {
  Strides<3> s = {{6, 7, 5}, {7, 1, 42}};
  permute<float, 3><<<4, 64>>>(src, dst, s, 210);
}
