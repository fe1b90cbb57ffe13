#include <hip/hip_runtime.h>

__global__ void leaky_relu(float* __restrict__ data, float slope, unsigned n)
{
    unsigned idx = hipBlockIdx_x * hipBlockDim_x + hipThreadIdx_x;
    if(idx >= n)
        return;
    float v   = data[idx];
    data[idx] = v > 0.0f ? v : slope * v;
}

void leaky_relu_forward(float* data, float slope, unsigned n, hipStream_t stream)
{
    hipLaunchKernelGGL(leaky_relu, dim3((n + 63) / 64), dim3(64), 0, stream, data, slope, n);
}
