// Default member initialisers: aggregates with missing members, implicit constructors, nested structs, brace elision, copies of arrays.
// falconc: kernel=defaults grid=(n+31)/32 block=32
struct Options { float scale = 2.f; int shift = 3; float w[2] = {0.5f, 0.25f}; };
struct Inner { float v[3]; };
struct Outer { Inner a; float b; };
struct Small { float x, y; };
__global__ void defaults(const float *in, float *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  Options p;
  Options q{};
  Options r{4.f};
  Outer o = {in[i], 1.f, 2.f, 3.f};
  const Outer kept = o;
  o.a.v[0] = 7.f;
  Outer moved;
  moved = o;
  o.a.v[1] = 9.f;
  Small pair[2] = {in[i], 1.f, 5.f};
  float grid[2][2] = {1.f, 2.f, 3.f};
  float rest[20] = {in[i]};
  Inner none{};
  float s = p.scale + q.scale * 10.f + r.scale * 100.f + p.shift + q.shift * 1000.f + r.shift + p.w[1] + q.w[0] * r.w[0];
  s += kept.a.v[0] + kept.a.v[2] + o.a.v[0] + moved.a.v[1] + o.b + none.v[1];
  out[i] = s + pair[0].y * pair[1].x + pair[1].y + grid[1][0] * grid[0][1] + grid[1][1] + rest[0] - rest[19];
}
