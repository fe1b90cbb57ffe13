// falconc: kernel=collatz_steps grid=(n+31)/32 block=32
__global__ void collatz_steps(const unsigned int* start, int* steps, int n, int limit)
{
    int id = blockIdx.x * blockDim.x + threadIdx.x;
    if (id < n)
    {
        unsigned long long v = start[id] % 1000u + 1u;
        int k = 0;
        while (v != 1ull)
        {
            v = (v & 1ull) ? 3ull * v + 1ull : v >> 1;
            if (++k >= limit) break;
        }
        steps[id] = k;
    }
}
