// Declaration, meaning and emulation of HIP's built-ins, for waves of 64 lanes.
//
// Sources: HIP kernel language reference (cross-lane functions), ROCm 6 device headers' documentation.
#pragma once
#define FALCON_LANES 64
#define FALCON_HOST(name) hip##name
#ifdef FALCON_LIFT
#pragma clang force_cuda_host_device begin
#endif
#include "../simt.h"

constexpr int warpSize = 64;
typedef unsigned long long falcon_ballot;
typedef __nv_bfloat16 __hip_bfloat16;
typedef __nv_bfloat16 hip_bfloat16;
typedef __nv_bfloat162 __hip_bfloat162;

// Older names of the indices.
#define hipThreadIdx_x threadIdx.x
#define hipThreadIdx_y threadIdx.y
#define hipThreadIdx_z threadIdx.z
#define hipBlockIdx_x blockIdx.x
#define hipBlockIdx_y blockIdx.y
#define hipBlockIdx_z blockIdx.z
#define hipBlockDim_x blockDim.x
#define hipBlockDim_y blockDim.y
#define hipBlockDim_z blockDim.z
#define hipGridDim_x gridDim.x
#define hipGridDim_y gridDim.y
#define hipGridDim_z gridDim.z
#define HIP_DYNAMIC_SHARED(T, name) extern __shared__ T name[];

// Component-wise arithmetic, which HIP gives its vector types: templates, so that a text's own operators go first.
#define FALCON_IF(V) template <class V##_, std::enable_if_t<std::is_same_v<V##_, V>, int> = 0> inline
#define FALCON_BY_PART(V, T, op, both, right, left)                                       \
  FALCON_IF(V) V##_ operator op(const V##_ &a, const V##_ &b) { V r = {both}; return r; } \
  FALCON_IF(V) V##_ operator op(const V##_ &a, T b) { V r = {right}; return r; }          \
  FALCON_IF(V) V##_ operator op(T a, const V##_ &b) { V r = {left}; return r; }           \
  FALCON_IF(V) V##_ &operator op##=(V##_ &a, const V##_ &b) { a = a op b; return a; }     \
  FALCON_IF(V) V##_ &operator op##=(V##_ &a, T b) { a = a op b; return a; }
#define FALCON_LIST(...) __VA_ARGS__
#define FALCON_ARITHMETIC(N, T, op)                                                                                   \
  FALCON_BY_PART(N##2, T, op, FALCON_LIST(a.x op b.x, a.y op b.y), FALCON_LIST(a.x op b, a.y op b),                   \
                 FALCON_LIST(a op b.x, a op b.y))                                                                     \
  FALCON_BY_PART(N##3, T, op, FALCON_LIST(a.x op b.x, a.y op b.y, a.z op b.z),                                        \
                 FALCON_LIST(a.x op b, a.y op b, a.z op b), FALCON_LIST(a op b.x, a op b.y, a op b.z))                \
  FALCON_BY_PART(N##4, T, op, FALCON_LIST(a.x op b.x, a.y op b.y, a.z op b.z, a.w op b.w),                            \
                 FALCON_LIST(a.x op b, a.y op b, a.z op b, a.w op b), FALCON_LIST(a op b.x, a op b.y, a op b.z, a op b.w))
FALCON_ARITHMETIC(float, float, +) FALCON_ARITHMETIC(float, float, -)
FALCON_ARITHMETIC(float, float, *) FALCON_ARITHMETIC(float, float, /)
FALCON_ARITHMETIC(double, double, +) FALCON_ARITHMETIC(double, double, -)
FALCON_ARITHMETIC(double, double, *) FALCON_ARITHMETIC(double, double, /)
FALCON_ARITHMETIC(int, int, +) FALCON_ARITHMETIC(int, int, -) FALCON_ARITHMETIC(int, int, *)
FALCON_ARITHMETIC(uint, unsigned, +) FALCON_ARITHMETIC(uint, unsigned, -) FALCON_ARITHMETIC(uint, unsigned, *)

// Shuffles without a mask see whoever arrives; those with _sync (ROCm 6.2 on) name their lanes in 64 bits.
#define FALCON_SHUFFLE(name, M, index)                                                                                  \
  template <class T> inline T name(T v, M s, int w = 64 FALCON_SITE) {                                                  \
    falcon::lanes<T> V(v FALCON_AT);                                                                                    \
    int l = falcon::lane();                                                                                             \
    return V[index];                                                                                                    \
  }                                                                                                                     \
  template <class T> inline T name##_sync(unsigned long long mask, T v, M s, int w = 64 FALCON_SITE) {                  \
    falcon::lanes<T> V(v, mask FALCON_AT);                                                                              \
    int l = falcon::lane();                                                                                             \
    return V[index];                                                                                                    \
  }
FALCON_SHUFFLE(__shfl, int, (l & ~(w - 1)) + (s & (w - 1)))
FALCON_SHUFFLE(__shfl_down, unsigned, (l & (w - 1)) + (int)s < w ? l + (int)s : l)
FALCON_SHUFFLE(__shfl_up, unsigned, (l & (w - 1)) >= (int)s ? l - (int)s : l)
FALCON_SHUFFLE(__shfl_xor, int, (l ^ s) < (l & ~(w - 1)) + w ? l ^ s : l)

#define FALCON_VOTE(R, name, start, test, next)                                                                         \
  inline R name(int predicate FALCON_SITE) {                                                                            \
    falcon::lanes<int> V(predicate != 0 ? 1 : 0 FALCON_AT);                                                             \
    R r = start;                                                                                                        \
    for (int i = 0; i < 64; ++i)                                                                                        \
      if ((falcon::arrived(V) >> i & 1ull) != 0ull && V[i] test 0) r = next;                                            \
    return r;                                                                                                           \
  }                                                                                                                     \
  inline R name##_sync(unsigned long long mask, int predicate FALCON_SITE) {                                            \
    falcon::lanes<int> V(predicate != 0 ? 1 : 0, mask FALCON_AT);                                                       \
    R r = start;                                                                                                        \
    for (int i = 0; i < 64; ++i)                                                                                        \
      if (((falcon::arrived(V) & mask) >> i & 1ull) != 0ull && V[i] test 0) r = next;                                   \
    return r;                                                                                                           \
  }
FALCON_VOTE(unsigned long long, __ballot, 0ull, !=, r | 1ull << i)
FALCON_VOTE(int, __any, 0, !=, 1)
FALCON_VOTE(int, __all, 1, ==, 0)
inline unsigned long long __activemask(FALCON_ONLY_SITE) {
  falcon::lanes<int> V(1 FALCON_AT);
  return falcon::arrived(V);
}
template <class T> inline unsigned long long __match_any_sync(unsigned long long mask, T v FALCON_SITE) {
  falcon::lanes<T> V(v, mask FALCON_AT);
  unsigned long long r = 0ull;
  for (int i = 0; i < 64; ++i)
    if (((falcon::arrived(V) & mask) >> i & 1ull) != 0ull && V[i] == v) r = r | 1ull << i;
  return r;
}
inline unsigned __lane_id() { return (unsigned)falcon::lane(); }
/// Value of the first lane that is here.
inline int __builtin_amdgcn_readfirstlane(int v FALCON_SITE) {
  falcon::lanes<int> V(v FALCON_AT);
  int r = v, found = 0;
  for (int i = 0; i < 64; ++i)
    if (found == 0 && (falcon::arrived(V) >> i & 1ull) != 0ull) { r = V[i]; found = 1; }
  return r;
}
inline int __builtin_amdgcn_readlane(int v, int s FALCON_SITE) {
  falcon::lanes<int> V(v FALCON_AT);
  return V[s & 63];
}
/// Value of the lane that a byte address of 4 bytes a lane names.
inline int __builtin_amdgcn_ds_bpermute(int address, int v FALCON_SITE) {
  falcon::lanes<int> V(v FALCON_AT);
  return V[address >> 2 & 63];
}
/// base and the bits of mask for lanes below this one, among the lower (upper) 32 of a wave.
inline unsigned __builtin_amdgcn_mbcnt_lo(unsigned mask, unsigned base) {
  unsigned l = (unsigned)falcon::lane();
  return base + (unsigned)__popc(l < 32u ? mask & ((1u << l) - 1u) : mask);
}
inline unsigned __builtin_amdgcn_mbcnt_hi(unsigned mask, unsigned base) {
  unsigned l = (unsigned)falcon::lane();
  return base + (l < 32u ? 0u : (unsigned)__popc(mask & ((1u << (l & 31u)) - 1u)));
}
#define __builtin_amdgcn_ballot_w64 __ballot
inline float __builtin_amdgcn_fmed3f(float a, float b, float c) { return fmaxf(fminf(a, b), fminf(fmaxf(a, b), c)); }
inline float __builtin_amdgcn_rsqf(float x) { return rsqrtf(x); }
inline float __builtin_amdgcn_sqrtf(float x) { return sqrtf(x); }
inline float __builtin_amdgcn_exp2f(float x) { return exp2f(x); }
inline float __builtin_amdgcn_logf(float x) { return log2f(x); }
#define __builtin_amdgcn_workitem_id_x() threadIdx.x
#define __builtin_amdgcn_workitem_id_y() threadIdx.y
#define __builtin_amdgcn_workitem_id_z() threadIdx.z
#define __builtin_amdgcn_workgroup_id_x() blockIdx.x
#define __builtin_amdgcn_workgroup_id_y() blockIdx.y
#define __builtin_amdgcn_workgroup_id_z() blockIdx.z
#define __builtin_amdgcn_workgroup_size_x() blockDim.x
#define __builtin_amdgcn_workgroup_size_y() blockDim.y
#define __builtin_amdgcn_workgroup_size_z() blockDim.z
inline int __builtin_amdgcn_sdot4(int a, int b, int c, bool) { return __dp4a(a, b, c); }
inline unsigned __builtin_amdgcn_udot4(unsigned a, unsigned b, unsigned c, bool) { return __dp4a(a, b, c); }
#define __builtin_nontemporal_load(p) __ldcs(p)
#define __builtin_nontemporal_store(v, p) __stcs(p, v)
inline void __builtin_amdgcn_s_barrier(FALCON_ONLY_SITE) { falcon_syncthreads(FALCON_PASS_SITE); }
// Half a wave may be in another branch: only those who arrive meet.
inline void __builtin_amdgcn_wave_barrier(FALCON_ONLY_SITE) { falcon::lanes<int> V(0 FALCON_AT); }
FALCON_NOTE("ir:fence") inline void __builtin_amdgcn_fence(int, const char *) {}
inline float __builtin_amdgcn_rcpf(float x) { return 1.0f / x; }
#ifndef __ATOMIC_SEQ_CST
#define __ATOMIC_SEQ_CST 5
#define __ATOMIC_ACQ_REL 4
#endif
#define unsafeAtomicAdd atomicAdd

#include "../simt_groups.h"
#ifdef FALCON_LIFT
#include "../simt_host.h"
#pragma clang force_cuda_host_device end
#endif
