// falconc: kernel=strided_copy grid=5 block=32 size=dst_size_d_0:3,dst_size_d_1:5,dst_size_d_2:7,dst_stride_0:40,dst_stride_1:8,dst_stride_2:1
// A parameter block by value with an array inside, 64-bit indices, nested structs.
struct Extent { int d[3]; };
struct View { float *data; Extent size; long long stride[3]; float scale; };
__device__ inline long long at(const View &v, int i, int j, int k) {
  return i * v.stride[0] + j * v.stride[1] + k * v.stride[2];
}
__global__ void strided_copy(const float *src, View dst) {
  const int total = dst.size.d[0] * dst.size.d[1] * dst.size.d[2];
  for (int t = blockIdx.x * blockDim.x + threadIdx.x; t < total; t += gridDim.x * blockDim.x) {
    int k = t % dst.size.d[2], j = t / dst.size.d[2] % dst.size.d[1], i = t / (dst.size.d[2] * dst.size.d[1]);
    dst.data[at(dst, i, j, k)] = src[t] * dst.scale;
  }
}
