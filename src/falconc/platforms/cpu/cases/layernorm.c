#include <math.h>

/* y = (x - mean) / sqrt(var + eps) * gamma + beta, row by row */
void layernorm(const float *x, const float *gamma, const float *beta, float *y, int rows, int cols, float eps)
{
    #pragma omp parallel for
    for (int r = 0; r < rows; ++r) {
        const float *xr = x + (long)r * cols;
        float *yr = y + (long)r * cols;
        float mean = 0.f, var = 0.f;
        for (int c = 0; c < cols; ++c)
            mean += xr[c];
        mean /= cols;
        for (int c = 0; c < cols; ++c) {
            float d = xr[c] - mean;
            var += d * d;
        }
        var /= cols;
        float inv = 1.0f / sqrtf(var + eps);
        for (int c = 0; c < cols; ++c)
            yr[c] = (xr[c] - mean) * inv * gamma[c] + beta[c];
    }
}
