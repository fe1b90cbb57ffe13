// Built-ins that dialects with thread blocks share: qualifiers, built-in variables, vector types, half and bfloat16,
// integer, memory and atomic functions, the two barriers. A meaning.h sets FALCON_LANES and includes this first.
//
// Sources of the meanings: CUDA C++ Programming Guide 12, CUDA Math API, HIP kernel language reference.
#pragma once
#include "core.h"

// --- words -----------------------------------------------------------------------------------------------------------

#ifdef FALCON_LIFT
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __managed__
struct uint3 { unsigned x, y, z; };
FALCON_NOTE("ir:builtin threadIdx") extern const uint3 threadIdx;
FALCON_NOTE("ir:builtin blockIdx") extern const uint3 blockIdx;
#else
#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __constant__
#define __managed__
typedef falcon::index3 uint3;
#endif
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __attribute__((aligned(n)))
#define __grid_constant__
#define __maxnreg__(...)

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned vx = 1, unsigned vy = 1, unsigned vz = 1) : x(vx), y(vy), z(vz) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return uint3{x, y, z}; }
};

#ifdef FALCON_LIFT
FALCON_NOTE("ir:builtin blockDim") extern const dim3 blockDim;
FALCON_NOTE("ir:builtin gridDim") extern const dim3 gridDim;
FALCON_NOTE("ir:barrier block") void falcon_syncthreads();
FALCON_NOTE("ir:barrier warp") void falcon_syncwarp();
FALCON_NOTE("ir:barrier warp") void falcon_syncwarp(falcon_bits mask);
FALCON_NOTE("ir:barrier grid") void falcon_syncgrid();
#else
static dim3 blockDim, gridDim;
inline void falcon_syncthreads(FALCON_ONLY_SITE) { falcon::block_barrier(falcon_site); }
inline void falcon_syncwarp(falcon_bits mask = 0 FALCON_SITE) { falcon::warp_barrier(falcon_site, mask); }
void falcon_syncgrid();
#endif
#define __syncthreads falcon_syncthreads
#define __syncwarp falcon_syncwarp
FALCON_NOTE("ir:fence") inline void __threadfence() {}
FALCON_NOTE("ir:fence") inline void __threadfence_block() {}
FALCON_NOTE("ir:fence") inline void __threadfence_system() {}
FALCON_NOTE("ir:drop") inline void __nanosleep(unsigned) {}
FALCON_NOTE("ir:drop") inline void __trap() {}

// --- vector types ------------------------------------------------------------------------------------------------------

#define FALCON_VECTOR(T, name, a2, a4)                                                                  \
  struct name##1 { T x; };                                                                              \
  struct __align__(a2) name##2 { T x, y; };                                                             \
  FALCON_VECTOR3(T, name)                                                                               \
  struct __align__(a4) name##4 { T x, y, z, w; };                                                       \
  inline name##1 make_##name##1(T x) { name##1 r = {x}; return r; }                                     \
  inline name##2 make_##name##2(T x, T y) { name##2 r = {x, y}; return r; }                             \
  inline name##3 make_##name##3(T x, T y, T z) { name##3 r = {x, y, z}; return r; }                     \
  inline name##4 make_##name##4(T x, T y, T z, T w) { name##4 r = {x, y, z, w}; return r; }
#define FALCON_VECTOR3(T, name) struct name##3 { T x, y, z; };
FALCON_VECTOR(signed char, char, 2, 4) FALCON_VECTOR(unsigned char, uchar, 2, 4)
FALCON_VECTOR(short, short, 4, 8) FALCON_VECTOR(unsigned short, ushort, 4, 8)
FALCON_VECTOR(int, int, 8, 16)
FALCON_VECTOR(long, long, 16, 16) FALCON_VECTOR(unsigned long, ulong, 16, 16)
FALCON_VECTOR(long long, longlong, 16, 16) FALCON_VECTOR(unsigned long long, ulonglong, 16, 16)
FALCON_VECTOR(float, float, 8, 16) FALCON_VECTOR(double, double, 16, 16)
#undef FALCON_VECTOR3
#define FALCON_VECTOR3(T, name)
FALCON_VECTOR(unsigned, uint, 8, 16)

// --- minimum and maximum -----------------------------------------------------------------------------------------------

namespace falcon {
template <class T> FALCON_NOTE("ir:binary min") inline T least(T a, T b) FALCON_BODY(return b < a ? b : a;)
template <class T> FALCON_NOTE("ir:binary max") inline T most(T a, T b) FALCON_BODY(return a < b ? b : a;)
FALCON_NOTE("ir:binary min") inline float least(float a, float b) FALCON_BODY(return __builtin_fminf(a, b);)
FALCON_NOTE("ir:binary max") inline float most(float a, float b) FALCON_BODY(return __builtin_fmaxf(a, b);)
FALCON_NOTE("ir:binary min") inline double least(double a, double b) FALCON_BODY(return __builtin_fmin(a, b);)
FALCON_NOTE("ir:binary max") inline double most(double a, double b) FALCON_BODY(return __builtin_fmax(a, b);)
}  // namespace falcon
// Templates over two types, so that a user's own min and max are taken before them.
template <class A, class B> inline auto min(A a, B b) -> std::decay_t<decltype(true ? a : b)> {
  typedef std::decay_t<decltype(true ? a : b)> T;
  return falcon::least((T)a, (T)b);
}
template <class A, class B> inline auto max(A a, B b) -> std::decay_t<decltype(true ? a : b)> {
  typedef std::decay_t<decltype(true ? a : b)> T;
  return falcon::most((T)a, (T)b);
}
inline int umin(unsigned a, unsigned b) { return falcon::least(a, b); }
inline int umax(unsigned a, unsigned b) { return falcon::most(a, b); }

// --- fast and rounded single precision ---------------------------------------------------------------------------------

extern "C" FALCON_NOTE("ir:apply rsqrt") inline float rsqrtf(float x) FALCON_BODY(return 1.0f / sqrtf(x);)
FALCON_NOTE("ir:apply rsqrt") inline double rsqrt(double x) FALCON_BODY(return 1.0 / sqrt(x);)
inline float rsqrt(float x) { return rsqrtf(x); }
FALCON_NOTE("ir:apply sinpi") inline float sinpif(float x) FALCON_BODY(return (float)sin(M_PI * fmod((double)x, 2.0));)
FALCON_NOTE("ir:apply cospi") inline float cospif(float x) FALCON_BODY(return (float)cos(M_PI * fmod((double)x, 2.0));)
FALCON_NOTE("ir:apply sinpi") inline double sinpi(double x) FALCON_BODY(return sin(M_PI * fmod(x, 2.0));)
FALCON_NOTE("ir:apply cospi") inline double cospi(double x) FALCON_BODY(return cos(M_PI * fmod(x, 2.0));)
FALCON_NOTE("ir:apply normcdf") inline float normcdff(float x) FALCON_BODY(return (float)(0.5 * erfc(-(double)x * M_SQRT1_2));)
FALCON_NOTE("ir:apply normcdf") inline double normcdf(double x) FALCON_BODY(return 0.5 * erfc(-x * M_SQRT1_2);)
inline float rcbrtf(float x) { return 1.0f / cbrtf(x); }
inline void sincosf(float x, float *s, float *c) { *s = sinf(x); *c = cosf(x); }
inline void sincos(double x, double *s, double *c) { *s = sin(x); *c = cos(x); }
inline void __sincosf(float x, float *s, float *c) { *s = sinf(x); *c = cosf(x); }
#define FALCON_FAST(name, to) \
  FALCON_NOTE("ir:apply " #to " trust=documented") inline float name(float x) FALCON_BODY(return to##f(x);)
FALCON_FAST(__expf, exp) FALCON_FAST(__exp10f, exp10) FALCON_FAST(__logf, log) FALCON_FAST(__log2f, log2)
FALCON_FAST(__log10f, log10) FALCON_FAST(__sinf, sin) FALCON_FAST(__cosf, cos) FALCON_FAST(__tanf, tan)
FALCON_FAST(__tanhf, tanh) FALCON_FAST(__fsqrt_rn, sqrt) FALCON_FAST(__frsqrt_rn, rsqrt)
FALCON_NOTE("ir:apply pow trust=documented") inline float __powf(float x, float y) FALCON_BODY(return powf(x, y);)
inline float __fdividef(float x, float y) { return x / y; }
inline float fdividef(float x, float y) { return x / y; }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline double __drcp_rn(double x) { return 1.0 / x; }
inline double __dsqrt_rn(double x) { return sqrt(x); }
inline float __saturatef(float x) { return fminf(fmaxf(x, 0.0f), 1.0f); }
#define FALCON_ROUNDED(T, letter)                                              \
  inline T __##letter##add_rn(T x, T y) { return x + y; }                      \
  inline T __##letter##sub_rn(T x, T y) { return x - y; }                      \
  inline T __##letter##mul_rn(T x, T y) { return x * y; }                      \
  inline T __##letter##div_rn(T x, T y) { return x / y; }
FALCON_ROUNDED(float, f) FALCON_ROUNDED(double, d)
inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
inline double __fma_rn(double x, double y, double z) { return fma(x, y, z); }
inline float norm3df(float x, float y, float z) { return sqrtf(x * x + y * y + z * z); }

// --- bits and conversions ----------------------------------------------------------------------------------------------

#define FALCON_BITS(name, R, T) \
  FALCON_NOTE("ir:bitcast") inline R name(T x) FALCON_BODY(R r; memcpy(&r, &x, sizeof r); return r;)
FALCON_BITS(__float_as_int, int, float) FALCON_BITS(__int_as_float, float, int)
FALCON_BITS(__float_as_uint, unsigned, float) FALCON_BITS(__uint_as_float, float, unsigned)
FALCON_BITS(__double_as_longlong, long long, double) FALCON_BITS(__longlong_as_double, double, long long)

FALCON_NOTE("ir:apply popcount") inline int __popc(unsigned x) FALCON_BODY(return __builtin_popcount(x);)
FALCON_NOTE("ir:apply popcount") inline int __popcll(unsigned long long x) FALCON_BODY(return __builtin_popcountll(x);)
FALCON_NOTE("ir:apply clz") inline int __clz(int x) FALCON_BODY(return x ? __builtin_clz(x) : 32;)
FALCON_NOTE("ir:apply clz") inline int __clzll(long long x) FALCON_BODY(return x ? __builtin_clzll(x) : 64;)
FALCON_NOTE("ir:apply ffs") inline int __ffs(int x) FALCON_BODY(return __builtin_ffs(x);)
FALCON_NOTE("ir:apply ffs") inline int __ffsll(long long x) FALCON_BODY(return __builtin_ffsll(x);)
FALCON_NOTE("ir:apply brev") inline unsigned __brev(unsigned x)
    FALCON_BODY(unsigned r = 0; for (int i = 0; i < 32; ++i) r |= (x >> i & 1) << (31 - i); return r;)
FALCON_NOTE("ir:apply brev") inline unsigned long long __brevll(unsigned long long x)
    FALCON_BODY(unsigned long long r = 0; for (int i = 0; i < 64; ++i) r |= (x >> i & 1) << (63 - i); return r;)
FALCON_NOTE("ir:apply mulhi") inline int __mulhi(int x, int y) FALCON_BODY(return (int)((long long)x * y >> 32);)
FALCON_NOTE("ir:apply mulhi") inline unsigned __umulhi(unsigned x, unsigned y)
    FALCON_BODY(return (unsigned)((unsigned long long)x * y >> 32);)
FALCON_NOTE("ir:apply mulhi") inline long long __mul64hi(long long x, long long y)
    FALCON_BODY(return (long long)((__int128)x * y >> 64);)
FALCON_NOTE("ir:apply mulhi") inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y)
    FALCON_BODY(return (unsigned long long)((unsigned __int128)x * y >> 64);)
inline int __mul24(int x, int y) { return (int)((unsigned)((int)((unsigned)x << 8) >> 8) * (unsigned)((int)((unsigned)y << 8) >> 8)); }
inline unsigned __umul24(unsigned x, unsigned y) { return (x & 0xffffffu) * (y & 0xffffffu); }
inline int __hadd(int x, int y) { return (int)(((long long)x + y) >> 1); }
inline unsigned __sad(int x, int y, unsigned z) { return (x < y ? (unsigned)y - (unsigned)x : (unsigned)x - (unsigned)y) + z; }
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned s) {
  unsigned long long all = (unsigned long long)y << 32 | x;
  unsigned r = 0;
  for (int i = 0; i < 4; ++i) r |= (unsigned)(all >> 8 * (s >> 4 * i & 7u) & 0xffull) << 8 * i;
  return r;
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned n) {
  return (unsigned)(((unsigned long long)high << 32 | low) << (n & 31) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned n) {
  return (unsigned)(((unsigned long long)high << 32 | low) >> (n & 31));
}
inline int __dp4a(int a, int b, int c) {
  int r = c;
  for (int i = 0; i < 4; ++i) r = (int)((unsigned)r + (unsigned)((int)(signed char)(a >> 8 * i) * (int)(signed char)(b >> 8 * i)));
  return r;
}
inline unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
  unsigned r = c;
  for (int i = 0; i < 4; ++i) r = r + (a >> 8 * i & 0xffu) * (b >> 8 * i & 0xffu);
  return r;
}

// These saturate, and give 0 for NaN, where C's conversion is undefined.
namespace falcon {
template <class T, class F> inline T whole(F x) {
  const T low = (T)-1 < (T)0 ? (T)((T)1 << (8 * sizeof(T) - 1)) : (T)0;
  return x != x ? (T)0 : x <= (F)low ? low : x >= (F)(T)~low ? (T)~low : (T)x;
}
}  // namespace falcon
#define FALCON_ROUND_TO(T, tag)                                                              \
  inline T __float2##tag##_rn(float x) { return falcon::whole<T>(rintf(x)); }                \
  inline T __float2##tag##_rz(float x) { return falcon::whole<T>(x); }                       \
  inline T __float2##tag##_rd(float x) { return falcon::whole<T>(floorf(x)); }               \
  inline T __float2##tag##_ru(float x) { return falcon::whole<T>(ceilf(x)); }                \
  inline T __double2##tag##_rn(double x) { return falcon::whole<T>(rint(x)); }               \
  inline T __double2##tag##_rz(double x) { return falcon::whole<T>(x); }                     \
  inline float __##tag##2float_rn(T x) { return (float)x; }                                  \
  inline double __##tag##2double_rn(T x) { return (double)x; }
FALCON_ROUND_TO(int, int) FALCON_ROUND_TO(unsigned, uint)
FALCON_ROUND_TO(long long, ll) FALCON_ROUND_TO(unsigned long long, ull)
inline float __double2float_rn(double x) { return (float)x; }

// --- memory ------------------------------------------------------------------------------------------------------------

template <class T> inline T __ldg(const T *p) { return *p; }
template <class T> inline T __ldcg(const T *p) { return *p; }
template <class T> inline T __ldca(const T *p) { return *p; }
template <class T> inline T __ldcs(const T *p) { return *p; }
template <class T> inline T __ldlu(const T *p) { return *p; }
template <class T> inline T __ldcv(const T *p) { return *p; }
template <class T, class V> inline void __stwb(T *p, V v) { *p = v; }
template <class T, class V> inline void __stcg(T *p, V v) { *p = v; }
template <class T, class V> inline void __stcs(T *p, V v) { *p = v; }
template <class T, class V> inline void __stwt(T *p, V v) { *p = v; }

// --- atomics: one thread of a block runs at a time, so the plain body is atomic ----------------------------------------

#define FALCON_ATOMIC(op, name, T, next)                                            \
  FALCON_NOTE("ir:update " op) inline T name(T *p, T v) FALCON_BODY(T old = *p; *p = (next); return old;) \
  inline T name##_block(T *p, T v) { return name(p, v); }                           \
  inline T name##_system(T *p, T v) { return name(p, v); }
#define FALCON_ATOMIC_INT(T)                                                                                            \
  FALCON_ATOMIC("add", atomicAdd, T, old + v) FALCON_ATOMIC("sub", atomicSub, T, old - v)                               \
  FALCON_ATOMIC("min", atomicMin, T, v < old ? v : old) FALCON_ATOMIC("max", atomicMax, T, old < v ? v : old)           \
  FALCON_ATOMIC("and", atomicAnd, T, old & v) FALCON_ATOMIC("or", atomicOr, T, old | v)                                 \
  FALCON_ATOMIC("xor", atomicXor, T, old ^ v) FALCON_ATOMIC("exchange", atomicExch, T, v)                               \
  FALCON_NOTE("ir:update cas") inline T atomicCAS(T *p, T expected, T v)                                                \
      FALCON_BODY(T old = *p; *p = old == expected ? v : old; return old;)
FALCON_ATOMIC_INT(int) FALCON_ATOMIC_INT(unsigned) FALCON_ATOMIC_INT(unsigned long long) FALCON_ATOMIC_INT(long long)
FALCON_ATOMIC("add", atomicAdd, float, old + v) FALCON_ATOMIC("add", atomicAdd, double, old + v)
FALCON_ATOMIC("exchange", atomicExch, float, v)
FALCON_ATOMIC("inc", atomicInc, unsigned, old >= v ? 0 : old + 1)
FALCON_ATOMIC("dec", atomicDec, unsigned, old == 0 || old > v ? v : old - 1)
FALCON_NOTE("ir:update cas") inline unsigned short atomicCAS(unsigned short *p, unsigned short expected, unsigned short v)
    FALCON_BODY(unsigned short old = *p; *p = old == expected ? v : old; return old;)
inline unsigned long atomicAdd(unsigned long *p, unsigned long v) {
  return (unsigned long)atomicAdd((unsigned long long *)p, (unsigned long long)v);
}

// --- barriers that also vote ---------------------------------------------------------------------------------------------

inline int __syncthreads_count(int predicate) {
  __shared__ int falcon_votes;
  __syncthreads();
  if (threadIdx.x == 0 && threadIdx.y == 0 && threadIdx.z == 0) falcon_votes = 0;
  __syncthreads();
  atomicAdd(&falcon_votes, predicate != 0 ? 1 : 0);
  __syncthreads();
  int votes = falcon_votes;
  __syncthreads();
  return votes;
}
inline int __syncthreads_or(int predicate) { return __syncthreads_count(predicate) > 0 ? 1 : 0; }
inline int __syncthreads_and(int predicate) { return __syncthreads_count(predicate == 0 ? 1 : 0) == 0 ? 1 : 0; }

#include "simt_half.h"
