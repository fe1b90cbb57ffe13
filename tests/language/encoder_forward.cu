// Token and position embedding: index arithmetic over B, T, C; indices from an int array.
#include <cstdio>
__global__ void encoder_forward_kernel2(float *out, const int *inp, const float *wte, const float *wpe, int B, int T, int C) {
  int idx = blockIdx.x * blockDim.x + threadIdx.x;
  int N = B * T * C;
  if (idx < N) {
    int bt = idx / C;
    int b = bt / T;
    int t = bt % T;
    int c = idx % C;
    int ix = inp[b * T + t];
    if (ix < 0 || ix >= 8) return;
    float *out_btc = out + b * T * C + t * C + c;
    const float *wte_ix = wte + ix * C + c;
    const float *wpe_tc = wpe + t * C + c;
    *out_btc = *wte_ix + *wpe_tc;
  }
}
void encoder_forward2(float *out, const int *inp, const float *wte, const float *wpe, int B, int T, int C, const int block_size) {
  const int N = B * T * C;
  const int grid_size = ceil_div(N, 128);
  encoder_forward_kernel2<<<(N + 127) / 128, 128>>>(out, inp, wte, wpe, B, T, C);
}
