// falconc: kernel=count_even grid=(n+127)/128 block=128
#include <hip/hip_runtime.h>

// counts[wave] = number of even values among the wave's 64
__global__ void count_even(const int* v, int* counts, int n)
{
    int i       = blockIdx.x * blockDim.x + threadIdx.x;
    bool even   = i < n && (v[i] & 1) == 0;
    auto ballot = __ballot(even);
    if(__lane_id() == 0)
        counts[i / 64] = __popcll(ballot);
}
