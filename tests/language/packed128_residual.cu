// Packed128 payloads with operator[], static members, load/store helpers that bit-cast int4 (llm.c's cuda_utils style).
// falconc: kernel=residual_forward_kernel size=N:512
#include <cuda_runtime.h>
#include <cuda_bf16.h>
template <class ElementType> struct alignas(16) Packed128 {
  Packed128() = default;
  __device__ explicit Packed128(int4 bits) {
    static_assert(sizeof(bits) == sizeof(payload), "Size mismatch.");
    memcpy(&payload, &bits, sizeof(bits));
  }
  __device__ static Packed128 constant(ElementType value) {
    Packed128 result;
    for (int k = 0; k < size; ++k) result.payload[k] = value;
    return result;
  }
  __device__ static Packed128 zeros() { return constant(0.f); }
  __device__ ElementType &operator[](int index) { return payload[index]; }
  __device__ const ElementType &operator[](int index) const { return payload[index]; }
  __device__ int4 get_bits() const {
    int4 bits;
    static_assert(sizeof(bits) == sizeof(payload), "Size mismatch.");
    memcpy(&bits, &payload, sizeof(bits));
    return bits;
  }
  static constexpr const size_t size = sizeof(int4) / sizeof(ElementType);
  ElementType payload[size];
};
template <class T> __device__ Packed128<T> load128(const T *address) {
  return Packed128<T>{*reinterpret_cast<const int4 *>(address)};
}
template <class T> __device__ Packed128<T> load128cs(const T *address) {
  return Packed128<T>{__ldcs(reinterpret_cast<const int4 *>(address))};
}
template <class T> __device__ void store128(T *target, Packed128<T> value) {
  *reinterpret_cast<int4 *>(target) = value.get_bits();
}
typedef float floatX;
typedef Packed128<floatX> x128;
#define CEIL_DIV(M, N) (((M) + (N)-1) / (N))

__global__ void residual_forward_kernel(floatX *out, const floatX *inp1, const floatX *inp2) {
  int idx = (blockIdx.x * blockDim.x + threadIdx.x) * x128::size;
  x128 packed_out;
  x128 packed_inp1 = load128cs(inp1 + idx);
  x128 packed_inp2 = load128cs(inp2 + idx);
  for (int k = 0; k < packed_inp1.size; k++) {
    packed_out[k] = (floatX)((float)packed_inp1[k] + (float)packed_inp2[k]);
  }
  store128(out + idx, packed_out);
}
void residual_forward(floatX *out, const floatX *inp1, const floatX *inp2, int N, cudaStream_t stream) {
  const int block_size = 64;
  const int grid_size = N / (block_size * x128::size);
  residual_forward_kernel<<<grid_size, block_size, 0, stream>>>(out, inp1, inp2);
}
