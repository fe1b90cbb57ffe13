#include <hip/hip_runtime.h>

#define B 16

// 3x3 box filter with a shared halo, borders clamped
__global__ void box3x3(const float* in, float* out, int w, int h)
{
    __shared__ float s[B + 2][B + 2];
    const int gx0 = blockIdx.x * B - 1, gy0 = blockIdx.y * B - 1;
    for(int k = threadIdx.y * B + threadIdx.x; k < (B + 2) * (B + 2); k += B * B)
    {
        int yy = k / (B + 2), xx = k % (B + 2);
        int gx = min(max(gx0 + xx, 0), w - 1), gy = min(max(gy0 + yy, 0), h - 1);
        s[yy][xx] = in[gy * w + gx];
    }
    __syncthreads();
    const int x = blockIdx.x * B + threadIdx.x, y = blockIdx.y * B + threadIdx.y;
    if(x < w && y < h)
    {
        float a = 0;
        for(int dy = 0; dy < 3; ++dy)
            for(int dx = 0; dx < 3; ++dx)
                a += s[threadIdx.y + dy][threadIdx.x + dx];
        out[y * w + x] = a * (1.0f / 9.0f);
    }
}

void blur(const float* in, float* out, int w, int h)
{
    box3x3<<<dim3((w + B - 1) / B, (h + B - 1) / B), dim3(B, B)>>>(in, out, w, h);
}
