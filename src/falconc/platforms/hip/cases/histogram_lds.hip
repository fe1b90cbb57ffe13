// falconc: kernel=hist grid=4 block=64
#include <hip/hip_runtime.h>

__global__ void hist(const unsigned int* keys, unsigned int* bins, int n, int shift)
{
    __shared__ unsigned int h[16];
    if(threadIdx.x < 16)
        h[threadIdx.x] = 0;
    __syncthreads();
    for(int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x)
        atomicAdd(&h[(keys[i] >> (shift & 31)) & 15u], 1u);
    __syncthreads();
    if(threadIdx.x < 16)
        atomicAdd(&bins[threadIdx.x], h[threadIdx.x]);
}
