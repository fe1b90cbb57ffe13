// falconc: kernel=xor_blocks grid=(n4+31)/32 block=32
// Whole 16-byte words: out = a ^ b, and the number of differing bits of each.
__global__ void xor_blocks(const int4 *a, const int4 *b, int4 *out, int *bits, int n4) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n4) return;
  const int4 u = a[i], v = b[i];
  const int4 r = make_int4(u.x ^ v.x, u.y ^ v.y, u.z ^ v.z, u.w ^ v.w);
  out[i] = r;
  bits[i] = __popc(r.x) + __popc(r.y) + __popc(r.z) + __popc(r.w);
}
