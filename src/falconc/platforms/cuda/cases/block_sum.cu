#include <cuda_runtime.h>

// Each block leaves one partial sum; the host adds them up (or launches again).
__global__ void block_sum(const float* in, float* partial, int n)
{
    __shared__ float cache[256];
    unsigned int tid = threadIdx.x;
    unsigned int i = blockIdx.x * (256 * 2) + tid;

    float acc = 0.f;
    if (i < n)       acc  = in[i];
    if (i + 256 < n) acc += in[i + 256];
    cache[tid] = acc;
    __syncthreads();

    for (unsigned int s = 256 / 2; s > 0; s >>= 1)
    {
        if (tid < s)
            cache[tid] += cache[tid + s];
        __syncthreads();
    }

    if (tid == 0)
        partial[blockIdx.x] = cache[0];
}

void launch_block_sum(const float* d_in, float* d_partial, int n, cudaStream_t stream)
{
    const int threads = 256;
    const int blocks = (n + threads * 2 - 1) / (threads * 2);
    block_sum<<<blocks, threads, 0, stream>>>(d_in, d_partial, n);
}
