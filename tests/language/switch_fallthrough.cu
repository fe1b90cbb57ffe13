// expect: Tested not every path was seen
// falconc: kernel=unary grid=(n+31)/32 block=32
enum class Op : int { kAbs, kNeg, kSquare, kExp, kClip };
__global__ void unary(const float *x, float *y, int n, int op) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
    float v = x[i];
    switch (static_cast<Op>(op)) {
      case Op::kAbs: v = fabsf(v); break;
      case Op::kNeg: v = -v;  // and squared
      case Op::kSquare: v *= v; break;
      case Op::kExp: { v = expf(v); break; }
      case Op::kClip:
        if (v > 1.f) { v = 1.f; break; }
        if (v < -1.f) v = -1.f;
        break;
      default: v = 0.f;
    }
    y[i] = v;
  }
}
