// Inclusive scan inside each block of THREADS elements; block totals go to `totals` for a second pass.
template <typename T, int THREADS>
__global__ void inclusive_scan(const T *in, T *out, T *totals, int n) {
  __shared__ T buf[2][THREADS];
  int cur = 0;
  const int gid = blockIdx.x * THREADS + threadIdx.x;
  buf[cur][threadIdx.x] = gid < n ? in[gid] : T(0);
  __syncthreads();
  for (int offset = 1; offset < THREADS; offset <<= 1) {
    const int nxt = 1 - cur;
    if (threadIdx.x >= offset)
      buf[nxt][threadIdx.x] = buf[cur][threadIdx.x] + buf[cur][threadIdx.x - offset];
    else
      buf[nxt][threadIdx.x] = buf[cur][threadIdx.x];
    cur = nxt;
    __syncthreads();
  }
  if (gid < n) out[gid] = buf[cur][threadIdx.x];
  if (threadIdx.x == THREADS - 1) totals[blockIdx.x] = buf[cur][threadIdx.x];
}

void scan_blocks(const int *in, int *out, int *totals, int n) {
  inclusive_scan<int, 128><<<(n + 127) / 128, 128>>>(in, out, totals, n);
}
