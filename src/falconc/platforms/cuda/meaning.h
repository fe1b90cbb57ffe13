// Declaration, meaning and emulation of CUDA's built-ins.
//
// Sources: CUDA C++ Programming Guide 12 (warp shuffle, vote, match and reduce functions), CUDA Math API.
#pragma once
#define FALCON_LANES 32
#define FALCON_HOST(name) cuda##name
#ifdef FALCON_LIFT
#pragma clang force_cuda_host_device begin
#endif
#include "../simt.h"

constexpr int warpSize = 32;
namespace cuda { namespace std = ::std; }
typedef unsigned falcon_ballot;

/// Value of lane s (modulo w) of the caller's segment of w lanes.
template <class T> inline T __shfl_sync(unsigned mask, T v, int s, int w = 32 FALCON_SITE) {
  falcon::lanes<T> V(v, mask FALCON_AT);
  int l = falcon::lane();
  return V[(l & ~(w - 1)) + (s & (w - 1))];
}
/// Value of the lane d above; the own one where the segment of w lanes ends before it.
template <class T> inline T __shfl_down_sync(unsigned mask, T v, unsigned d, int w = 32 FALCON_SITE) {
  falcon::lanes<T> V(v, mask FALCON_AT);
  int l = falcon::lane();
  return V[(l & (w - 1)) + (int)d < w ? l + (int)d : l];
}
/// Value of the lane d below; the own one where the segment of w lanes begins after it.
template <class T> inline T __shfl_up_sync(unsigned mask, T v, unsigned d, int w = 32 FALCON_SITE) {
  falcon::lanes<T> V(v, mask FALCON_AT);
  int l = falcon::lane();
  return V[(l & (w - 1)) >= (int)d ? l - (int)d : l];
}
/// Value of lane (own ^ m); the own one where that lies beyond the segment of w lanes.
template <class T> inline T __shfl_xor_sync(unsigned mask, T v, int m, int w = 32 FALCON_SITE) {
  falcon::lanes<T> V(v, mask FALCON_AT);
  int l = falcon::lane();
  return V[(l ^ m) < (l & ~(w - 1)) + w ? l ^ m : l];
}

/// Bit k is set where lane k of the mask gave a predicate that is not zero.
inline unsigned __ballot_sync(unsigned mask, int predicate FALCON_SITE) {
  falcon::lanes<int> V(predicate != 0 ? 1 : 0, mask FALCON_AT);
  unsigned r = 0u;
  for (int i = 0; i < 32; ++i)
    if (((falcon::arrived(V) & (falcon_bits)mask) >> i & 1ull) != 0ull && V[i] != 0) r = r | 1u << i;
  return r;
}
inline int __any_sync(unsigned mask, int predicate FALCON_SITE) {
  falcon::lanes<int> V(predicate != 0 ? 1 : 0, mask FALCON_AT);
  int r = 0;
  for (int i = 0; i < 32; ++i)
    if (((falcon::arrived(V) & (falcon_bits)mask) >> i & 1ull) != 0ull && V[i] != 0) r = 1;
  return r;
}
inline int __all_sync(unsigned mask, int predicate FALCON_SITE) {
  falcon::lanes<int> V(predicate != 0 ? 1 : 0, mask FALCON_AT);
  int r = 1;
  for (int i = 0; i < 32; ++i)
    if (((falcon::arrived(V) & (falcon_bits)mask) >> i & 1ull) != 0ull && V[i] == 0) r = 0;
  return r;
}
inline unsigned __activemask(FALCON_ONLY_SITE) {
  falcon::lanes<int> V(1 FALCON_AT);
  return (unsigned)falcon::arrived(V);
}
/// Lanes of the mask whose value equals the caller's.
template <class T> inline unsigned __match_any_sync(unsigned mask, T v FALCON_SITE) {
  falcon::lanes<T> V(v, mask FALCON_AT);
  unsigned r = 0u;
  for (int i = 0; i < 32; ++i)
    if (((falcon::arrived(V) & (falcon_bits)mask) >> i & 1ull) != 0ull && V[i] == v) r = r | 1u << i;
  return r;
}
/// The mask if all its lanes gave the same value, else 0.
template <class T> inline unsigned __match_all_sync(unsigned mask, T v, int *same FALCON_SITE) {
  falcon::lanes<T> V(v, mask FALCON_AT);
  int r = 1;
  for (int i = 0; i < 32; ++i)
    if (((falcon::arrived(V) & (falcon_bits)mask) >> i & 1ull) != 0ull && !(V[i] == v)) r = 0;
  *same = r;
  return r != 0 ? mask : 0u;
}
#define FALCON_REDUCE(T, name, start, next)                                                   \
  inline T __reduce_##name##_sync(unsigned mask, T v FALCON_SITE) {                           \
    falcon::lanes<T> V(v, mask FALCON_AT);                                                    \
    T r = start;                                                                              \
    for (int i = 0; i < 32; ++i)                                                              \
      if (((falcon::arrived(V) & (falcon_bits)mask) >> i & 1ull) != 0ull) r = next;           \
    return r;                                                                                 \
  }
FALCON_REDUCE(unsigned, add, 0u, r + V[i]) FALCON_REDUCE(int, add, 0, (int)((unsigned)r + (unsigned)V[i]))
FALCON_REDUCE(unsigned, min, UINT_MAX, falcon::least(r, V[i])) FALCON_REDUCE(int, min, INT_MAX, falcon::least(r, V[i]))
FALCON_REDUCE(unsigned, max, 0u, falcon::most(r, V[i])) FALCON_REDUCE(int, max, INT_MIN, falcon::most(r, V[i]))
FALCON_REDUCE(unsigned, and, UINT_MAX, r & V[i]) FALCON_REDUCE(unsigned, or, 0u, r | V[i]) FALCON_REDUCE(unsigned, xor, 0u, r ^ V[i])

#include "../simt_groups.h"
#ifdef FALCON_LIFT
#include "../simt_host.h"
#pragma clang force_cuda_host_device end
#endif
