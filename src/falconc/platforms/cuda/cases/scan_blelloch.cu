// falconc: kernel=prescan block=64 grid=(n+127)/128 shared=512
// Work-efficient exclusive scan of 2*blockDim.x floats a block.
extern __shared__ float temp[];

__global__ void prescan(float *g_odata, float *g_idata, int n)
{
    int thid = threadIdx.x;
    int offset = 1;
    int m = 2 * blockDim.x;
    int base = blockIdx.x * m;

    temp[2*thid]   = base + 2*thid     < n ? g_idata[base + 2*thid]     : 0;
    temp[2*thid+1] = base + 2*thid + 1 < n ? g_idata[base + 2*thid + 1] : 0;

    for (int d = m>>1; d > 0; d >>= 1) {
        __syncthreads();
        if (thid < d) {
            int ai = offset*(2*thid+1)-1;
            int bi = offset*(2*thid+2)-1;
            temp[bi] += temp[ai];
        }
        offset *= 2;
    }

    if (thid == 0) { temp[m - 1] = 0; }

    for (int d = 1; d < m; d *= 2) {
        offset >>= 1;
        __syncthreads();
        if (thid < d) {
            int ai = offset*(2*thid+1)-1;
            int bi = offset*(2*thid+2)-1;
            float t  = temp[ai];
            temp[ai] = temp[bi];
            temp[bi] += t;
        }
    }
    __syncthreads();

    if (base + 2*thid     < n) g_odata[base + 2*thid]     = temp[2*thid];
    if (base + 2*thid + 1 < n) g_odata[base + 2*thid + 1] = temp[2*thid+1];
}
