// expect: Tested possible overflow
// falconc: kernel=quant grid=(n+127)/128 block=128
__global__ void quant(const float *x, signed char *q, unsigned char *u, float inv_scale, int zero, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    int v = __float2int_rn(x[i] * inv_scale);
    q[i] = (signed char)max(-128, min(127, v));
    u[i] = (unsigned char)min(max(v + zero, 0), 255);
  }
}
