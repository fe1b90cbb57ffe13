// User complex type with operators, constructors, friend functions and compound assignment; a DFT per row.
struct cplx {
  float re, im;
  __host__ __device__ cplx(float r = 0.f, float i = 0.f) : re(r), im(i) {}
  __device__ cplx operator+(const cplx &o) const { return cplx(re + o.re, im + o.im); }
  __device__ friend cplx operator*(const cplx &a, const cplx &b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
  __device__ cplx &operator+=(const cplx &o) { re += o.re; im += o.im; return *this; }
  __device__ cplx conj() const { return cplx(re, -im); }
  __device__ float norm2() const { return re * re + im * im; }
};
__device__ inline cplx cis(float a) { float s, c; sincosf(a, &s, &c); return cplx(c, s); }
__global__ void dft(const cplx *in, cplx *out, float *power, int n) {
  int k = blockIdx.x * blockDim.x + threadIdx.x;
  if (k >= n) return;
  cplx acc;
  for (int j = 0; j < n; ++j) acc += in[j] * cis(-6.2831853f * (float)k * (float)j / (float)n);
  out[k] = acc + acc.conj() * cplx(0.5f);
  power[k] = acc.norm2();
}
void run(cplx *i, cplx *o, float *p, int n) { dft<<<(n + 63) / 64, 64>>>(i, o, p, n); }
