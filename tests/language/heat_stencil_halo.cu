// 2-D stencil with a shared tile and halo loaded by edge threads, block constants by constexpr, ping-pong pointers by value.
namespace heat {
constexpr int TX = 16, TY = 8;
constexpr int halo() { return 1; }
__global__ void step(const float *__restrict__ in, float *__restrict__ out, int nx, int ny, float k) {
  __shared__ float t[TY + 2 * halo()][TX + 2 * halo() + 1];
  const int lx = threadIdx.x + halo(), ly = threadIdx.y + halo();
  const int x = blockIdx.x * TX + threadIdx.x, y = blockIdx.y * TY + threadIdx.y;
  auto at = [&](int yy, int xx) -> float {
    xx = min(max(xx, 0), nx - 1);
    yy = min(max(yy, 0), ny - 1);
    return in[yy * nx + xx];
  };
  t[ly][lx] = at(y, x);
  if (threadIdx.x == 0) { t[ly][0] = at(y, x - 1); t[ly][TX + 1] = at(y, x + TX); }
  if (threadIdx.y == 0) { t[0][lx] = at(y - 1, x); t[TY + 1][lx] = at(y + TY, x); }
  __syncthreads();
  if (x >= nx || y >= ny) return;
  const float c = t[ly][lx];
  out[y * nx + x] = (1.f - 4.f * k) * c + k * (t[ly][lx - 1] + t[ly][lx + 1] + t[ly - 1][lx] + t[ly + 1][lx]);
}
}  // namespace heat
void run(float *a, float *b, int nx, int ny, int iterations) {
  using namespace heat;
  const dim3 block(TX, TY), grid((nx + TX - 1) / TX, (ny + TY - 1) / TY);
  for (int i = 0; i < iterations; i++) { step<<<grid, block>>>(a, b, nx, ny, 0.1f); float *t = a; a = b; b = t; }
}
