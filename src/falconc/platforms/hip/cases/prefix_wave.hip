// falconc: kernel=prefix_wave grid=(n+63)/64 block=64
#include <hip/hip_runtime.h>

// Inclusive prefix sum of each run of 64 integers.
__global__ void prefix_wave(int* data, int n)
{
    const int i = blockIdx.x * 64 + threadIdx.x;
    int v       = i < n ? data[i] : 0;
    for(int d = 1; d < 64; d <<= 1)
    {
        int up = __shfl_up(v, d);
        if(threadIdx.x >= d)
            v += up;
    }
    if(i < n)
        data[i] = v;
}
