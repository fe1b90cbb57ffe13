// expect: Tested integer data
// int4, uint4, short4, uchar4, double2, ushort2 loads and member arithmetic, reinterpretation of packed bytes in registers.
__global__ void vectors(const int4 *a, const uchar4 *b, const short4 *c, const double2 *d, int4 *o, double2 *od, int n) {
  int i = threadIdx.x + blockIdx.x * blockDim.x;
  if (i >= n) return;
  int4 v = a[i];
  uchar4 u = b[i];
  short4 s = c[i];
  v.x += u.x * s.x; v.y -= u.y + s.y; v.z ^= u.z << 4; v.w = (v.w & 0xff) | s.w;
  o[i] = make_int4(v.w, v.z, v.y, v.x);
  double2 q = d[i];
  od[i] = make_double2(q.x + q.y, q.x - q.y);
}
void run(const int4 *a, const uchar4 *b, const short4 *c, const double2 *d, int4 *o, double2 *od, int n) {
  vectors<<<(n + 63) / 64, 64>>>(a, b, c, d, o, od, n);
}
