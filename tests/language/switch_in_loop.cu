// expect: Tested integer data
// A switch inside a loop with continue and break, an enum from an int, early return from nested loops, fallthrough.
enum Op { kAdd, kMul, kSkip, kStop };
__device__ float run_program(const int *code, int len, float x) {
  float acc = x;
  for (int pc = 0; pc < len; ++pc) {
    switch (static_cast<Op>(code[pc] & 3)) {
      case kSkip: continue;
      case kMul: acc *= x;  // then adds
      case kAdd: acc += 1.f; break;
      case kStop: return acc;
    }
    acc = fminf(acc, 1e6f);
  }
  return -acc;
}
__global__ void interpret(const int *code, const float *x, float *y, int len, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = run_program(code, len, x[i]);
}
void run(const int *c, const float *x, float *y, int len, int n) { interpret<<<(n + 31) / 32, 32>>>(c, x, y, len, n); }
