#include <hip/hip_runtime.h>

// One 64-lane wavefront a row; lanes stride over the columns, then fold with shuffles.
__global__ __launch_bounds__(64) void wave_sum_rows(const float* a, float* sums, int cols)
{
    const float* row = a + (long long)blockIdx.x * cols;
    float acc        = 0.0f;
    for(int c = threadIdx.x; c < cols; c += 64)
        acc += row[c];
    for(int d = 32; d >= 1; d >>= 1)
        acc += __shfl_down(acc, d, 64);
    if(threadIdx.x == 0)
        sums[blockIdx.x] = acc;
}

void sum_rows(const float* a, float* sums, int rows, int cols)
{
    wave_sum_rows<<<rows, 64>>>(a, sums, cols);
}
