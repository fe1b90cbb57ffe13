#include <hip/hip_runtime.h>

__global__ void __launch_bounds__(256) gather_rows(const int* __restrict__ idx, const float* __restrict__ src,
                                                   float* __restrict__ dst, int rows, int cols, int src_rows)
{
    const int t = blockIdx.x * 256 + threadIdx.x;
    if(t >= rows * cols)
        return;
    const int r = t / cols;
    int from    = idx[r];
    from        = from < 0 ? 0 : (from >= src_rows ? src_rows - 1 : from);
    dst[t]      = src[from * cols + t % cols];
}

void gather(const int* idx, const float* src, float* dst, int rows, int cols, int src_rows)
{
    hipStream_t s;
    hipStreamCreate(&s);
    gather_rows<<<dim3((rows * cols + 255) / 256), dim3(256), 0, s>>>(idx, src, dst, rows, cols, src_rows);
    hipStreamSynchronize(s);
    hipStreamDestroy(s);
}
