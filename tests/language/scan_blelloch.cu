// Work-efficient scan with bank-conflict padding macros, two elements a thread, block sums kept.
// falconc: kernel=prescan grid=(n+127)/128 block=64 shared=4*(128+4)
#define NUM_BANKS 32
#define LOG_NUM_BANKS 5
#define CONFLICT_FREE_OFFSET(n) ((n) >> LOG_NUM_BANKS)
__global__ void prescan(float *g_odata, const float *g_idata, float *sums, int n) {
  extern __shared__ float temp[];
  int thid = threadIdx.x;
  const int B = 2 * blockDim.x;
  int base = blockIdx.x * B;
  int offset = 1;
  int ai = thid, bi = thid + (B / 2);
  int bankOffsetA = CONFLICT_FREE_OFFSET(ai), bankOffsetB = CONFLICT_FREE_OFFSET(bi);
  temp[ai + bankOffsetA] = base + ai < n ? g_idata[base + ai] : 0.f;
  temp[bi + bankOffsetB] = base + bi < n ? g_idata[base + bi] : 0.f;
  for (int d = B >> 1; d > 0; d >>= 1) {
    __syncthreads();
    if (thid < d) {
      int ai = offset * (2 * thid + 1) - 1;
      int bi = offset * (2 * thid + 2) - 1;
      ai += CONFLICT_FREE_OFFSET(ai);
      bi += CONFLICT_FREE_OFFSET(bi);
      temp[bi] += temp[ai];
    }
    offset *= 2;
  }
  if (thid == 0) {
    sums[blockIdx.x] = temp[B - 1 + CONFLICT_FREE_OFFSET(B - 1)];
    temp[B - 1 + CONFLICT_FREE_OFFSET(B - 1)] = 0;
  }
  for (int d = 1; d < B; d *= 2) {
    offset >>= 1;
    __syncthreads();
    if (thid < d) {
      int ai = offset * (2 * thid + 1) - 1;
      int bi = offset * (2 * thid + 2) - 1;
      ai += CONFLICT_FREE_OFFSET(ai);
      bi += CONFLICT_FREE_OFFSET(bi);
      float t = temp[ai];
      temp[ai] = temp[bi];
      temp[bi] += t;
    }
  }
  __syncthreads();
  if (base + ai < n) g_odata[base + ai] = temp[ai + bankOffsetA];
  if (base + bi < n) g_odata[base + bi] = temp[bi + bankOffsetB];
}
