// falconc: kernel=rope_half grid=4 block=64
#include <hip/hip_fp16.h>
#include <hip/hip_runtime.h>

__global__ void rope_half(__half* x, const float* cosines, const float* sines, int half_dim)
{
    __half* v = x + blockIdx.x * 2 * half_dim;
    for(int i = threadIdx.x; i < half_dim; i += blockDim.x)
    {
        float a = __half2float(v[i]), b = __half2float(v[i + half_dim]);
        float c = cosines[blockIdx.x * half_dim + i], s = sines[blockIdx.x * half_dim + i];
        v[i]            = __float2half(a * c - b * s);
        v[i + half_dim] = __float2half(b * c + a * s);
    }
}
