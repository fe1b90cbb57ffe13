// A 16-byte packed type by reinterpret_cast of the whole struct; template over the payload; a plain array of them in registers.
// falconc: kernel=gelu_packed template=float grid=(n+255)/256 block=64
template <typename T> struct alignas(16) Pack { T payload[16 / sizeof(T)]; __device__ T &operator[](int i) { return payload[i]; } };
template <typename T> __device__ Pack<T> ld(const T *p) { return *reinterpret_cast<const Pack<T> *>(p); }
template <typename T> __device__ void st(T *p, const Pack<T> &v) { *reinterpret_cast<Pack<T> *>(p) = v; }
#define GELU_SCALING_FACTOR sqrtf(2.0f / M_PI)
template <typename T> __global__ void gelu_packed(T *out, const T *inp, int n) {
  constexpr int kPack = 16 / sizeof(T);
  int i = (blockIdx.x * blockDim.x + threadIdx.x) * kPack;
  if (i + kPack <= n) {
    Pack<T> x = ld(inp + i), y;
    for (int k = 0; k < kPack; k++) {
      float xi = (float)x[k];
      float cube = 0.044715f * xi * xi * xi;
      y[k] = (T)(0.5f * xi * (1.0f + tanhf(GELU_SCALING_FACTOR * (xi + cube))));
    }
    st(out + i, y);
  } else {
    for (; i < n; i++) {
      float xi = inp[i];
      out[i] = 0.5f * xi * (1.0f + tanhf(GELU_SCALING_FACTOR * (xi + 0.044715f * xi * xi * xi)));
    }
  }
}
