#include <hip/hip_runtime.h>

__device__ inline float wave_allreduce(float v)
{
#pragma unroll
    for(int m = 32; m > 0; m >>= 1)
        v += __shfl_xor(v, m);
    return v;
}

// One wave of 64 a row.
__global__ void layernorm_wave(const float* x, const float* g, const float* b, float* y, int n, float eps)
{
    const float* xr = x + blockIdx.x * n;
    float s = 0.f;
    for(int i = threadIdx.x; i < n; i += warpSize)
        s += xr[i];
    const float mean = wave_allreduce(s) / n;
    float q = 0.f;
    for(int i = threadIdx.x; i < n; i += warpSize)
    {
        const float d = xr[i] - mean;
        q += d * d;
    }
    const float rstd = rsqrtf(wave_allreduce(q) / n + eps);
    for(int i = threadIdx.x; i < n; i += warpSize)
        y[blockIdx.x * n + i] = (xr[i] - mean) * rstd * g[i] + b[i];
}

void layernorm(const float* x, const float* g, const float* b, float* y, int rows, int n)
{
    layernorm_wave<<<rows, 64>>>(x, g, b, y, n, 1e-5f);
}
