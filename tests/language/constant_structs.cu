// __constant__ structs and tables: a scalar struct, an array of structs, a two-dimensional table, a device global written.
struct Box { float lo, hi; };
struct Params { float gain; int steps; };
__constant__ Params params;
__constant__ Box boxes[4];
__constant__ float table[3][5];
__device__ float last_gain;
__device__ int launches = 0;
__global__ void filter(const float *x, float *y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i == 0) { last_gain = params.gain; launches += 1; }
  if (i >= n) return;
  const Box &b = boxes[i & 3];
  float v = fminf(fmaxf(x[i], b.lo), b.hi) * params.gain;
  for (int s = 0; s < 5; ++s) v += table[i % 3][s] * (float)s;
  y[i] = v;
}
void run(const float *x, float *y, int n) { filter<<<(n + 63) / 64, 64>>>(x, y, n); }
