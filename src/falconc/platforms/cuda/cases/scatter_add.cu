// falconc: kernel=scatter_add grid=(n+63)/64 block=64
__global__ void scatter_add(const int *__restrict__ index, const int *__restrict__ value, int *__restrict__ out, int n,
                            int bins) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    const int b = index[i];
    if (b >= 0 && b < bins) atomicAdd(&out[b], value[i]);
  }
}
