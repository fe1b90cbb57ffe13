// falconc: kernel=activate grid=(n+63)/64 block=64
enum Activation { kNone = 0, kRelu = 1, kSigmoid = 2, kTanh = 3, kElu = 4 };

__global__ void activate(float *x, int n, int mode) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float v = x[i];
  switch (mode) {
    case kRelu:
      v = v > 0 ? v : 0;
      break;
    case kSigmoid:
      v = 1.f / (1.f + expf(-v));
      break;
    case kTanh:
      v = tanhf(v);
      break;
    case kElu:
      if (v < 0) v = expm1f(v);
      break;
    case kNone:
    default:
      break;
  }
  x[i] = v;
}
