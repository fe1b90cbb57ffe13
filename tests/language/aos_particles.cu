// expect: Unknown bit reinterpretation
// Arrays of structs with mixed members in global memory, methods, struct returns, references to elements, const references to temporaries.
struct Vec { float x, y, z; __device__ Vec operator-(const Vec &o) const { return {x - o.x, y - o.y, z - o.z}; }
             __device__ float dot(const Vec &o) const { return x * o.x + y * o.y + z * o.z; } };
__device__ inline Vec operator*(float s, const Vec &v) { return Vec{s * v.x, s * v.y, s * v.z}; }
__device__ inline Vec &operator+=(Vec &a, const Vec &b) { a.x += b.x; a.y += b.y; a.z += b.z; return a; }
struct Particle { Vec pos, vel; float mass; int cell; };
__device__ Vec gravity(const Particle &p, const Vec &center) { Vec d = center - p.pos; return (1.f / (0.1f + d.dot(d))) * d; }
__global__ void integrate(Particle *ps, float *energy, int n, float dt) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  Particle &p = ps[i];
  const Vec &a = gravity(p, Vec{0.f, 1.f, 0.f});
  p.vel += dt * a;
  p.pos += dt * p.vel;
  p.cell += p.pos.x > 0.f ? 1 : -1;
  energy[i] = 0.5f * p.mass * p.vel.dot(p.vel);
}
void run(Particle *p, float *e, int n, float dt) { integrate<<<(n + 63) / 64, 64>>>(p, e, n, dt); }
