// HIP's device API in our own words, for a compile check with LLVM's AMDGPU backend where no ROCm is installed.
// Semantics live in meaning.h; this file only has to lower to the same instructions as HIP's headers.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define HIP_DYNAMIC_SHARED(type, name) extern __shared__ type name[];
#define DEVICE static inline __attribute__((device, always_inline))
#define INFINITY __builtin_huge_valf()
#define NAN __builtin_nanf("")
#define FLT_MAX 3.402823466e+38f
#define FLT_MIN 1.175494351e-38f
#define FLT_EPSILON 1.192092896e-7f
#define DBL_MAX 1.7976931348623157e+308
#define INT_MAX 2147483647
#define INT_MIN (-2147483647 - 1)
#define UINT_MAX 4294967295u

typedef signed char int8_t; typedef short int16_t; typedef int int32_t; typedef long int64_t;
typedef unsigned char uint8_t; typedef unsigned short uint16_t; typedef unsigned int uint32_t; typedef unsigned long uint64_t;
typedef unsigned long size_t; typedef unsigned long uintptr_t;
typedef unsigned int uint; typedef unsigned char uchar; typedef unsigned short ushort;

// --- indices ------------------------------------------------------------------------------------------------------
struct dim3 {
  unsigned x, y, z;
  __host__ __device__ constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};
#define COORDINATE(name, letter, value)                                                              \
  struct name##_##letter {                                                                           \
    __attribute__((device, always_inline)) operator unsigned() const { return value; }               \
  };
#define COORDINATES(name, x_value, y_value, z_value)                                                 \
  COORDINATE(name, x, x_value) COORDINATE(name, y, y_value) COORDINATE(name, z, z_value)             \
  struct name##_t {                                                                                  \
    name##_x x; name##_y y; name##_z z;                                                              \
    __attribute__((device)) operator dim3() const { return dim3(x, y, z); }                          \
  };                                                                                                 \
  extern const __attribute__((device, weak)) name##_t name;
COORDINATES(threadIdx, __builtin_amdgcn_workitem_id_x(), __builtin_amdgcn_workitem_id_y(), __builtin_amdgcn_workitem_id_z())
COORDINATES(blockIdx, __builtin_amdgcn_workgroup_id_x(), __builtin_amdgcn_workgroup_id_y(), __builtin_amdgcn_workgroup_id_z())
COORDINATES(blockDim, __builtin_amdgcn_workgroup_size_x(), __builtin_amdgcn_workgroup_size_y(), __builtin_amdgcn_workgroup_size_z())
COORDINATES(gridDim, (__builtin_amdgcn_grid_size_x() / __builtin_amdgcn_workgroup_size_x()),
            (__builtin_amdgcn_grid_size_y() / __builtin_amdgcn_workgroup_size_y()),
            (__builtin_amdgcn_grid_size_z() / __builtin_amdgcn_workgroup_size_z()))
static const __attribute__((device)) int warpSize = 64;

// --- synchronisation ----------------------------------------------------------------------------------------------
DEVICE void __syncthreads() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}
DEVICE void __syncwarp(unsigned long mask = ~0ul) { __builtin_amdgcn_wave_barrier(); }
DEVICE void __threadfence() { __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "agent"); }
DEVICE void __threadfence_block() { __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "workgroup"); }
DEVICE void __threadfence_system() { __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, ""); }

// --- lanes --------------------------------------------------------------------------------------------------------
DEVICE unsigned __lane_id() { return __builtin_amdgcn_mbcnt_hi(~0u, __builtin_amdgcn_mbcnt_lo(~0u, 0u)); }
DEVICE unsigned long __ballot(int p) { return __builtin_amdgcn_ballot_w64(p != 0); }
DEVICE unsigned long __activemask() { return __ballot(1); }
DEVICE int __any(int p) { return __ballot(p) != 0; }
DEVICE int __all(int p) { return __ballot(!p) == 0; }
DEVICE unsigned long __ballot_sync(unsigned long mask, int p) { return __ballot(p) & mask; }
DEVICE int __any_sync(unsigned long mask, int p) { return (__ballot(p) & mask) != 0; }
DEVICE int __all_sync(unsigned long mask, int p) { return (__ballot(!p) & mask) == 0; }
DEVICE int falcon_permute(int lane, int v) { return __builtin_amdgcn_ds_bpermute(lane << 2, v); }
template <class T> DEVICE T falcon_from(int lane, T v) {
  constexpr int words = (sizeof(T) + 3) / 4;
  int bits[words] = {};
  __builtin_memcpy(bits, &v, sizeof(T));
  for (int i = 0; i < words; ++i) bits[i] = falcon_permute(lane, bits[i]);
  __builtin_memcpy(&v, bits, sizeof(T));
  return v;
}
template <class T> DEVICE T __shfl(T v, int l, int w = 64) {
  int me = __lane_id();
  return falcon_from((me & ~(w - 1)) + (l & (w - 1)), v);
}
template <class T> DEVICE T __shfl_down(T v, unsigned d, int w = 64) {
  int me = __lane_id();
  return falcon_from((me & (w - 1)) + (int)d < w ? me + (int)d : me, v);
}
template <class T> DEVICE T __shfl_up(T v, unsigned d, int w = 64) {
  int me = __lane_id();
  return falcon_from((me & (w - 1)) - (int)d >= 0 ? me - (int)d : me, v);
}
template <class T> DEVICE T __shfl_xor(T v, int x, int w = 64) {
  int me = __lane_id(), other = me ^ x;
  return falcon_from(other < ((me + w) & ~(w - 1)) ? other : me, v);
}
template <class M, class T> DEVICE T __shfl_sync(M, T v, int l, int w = 64) { return __shfl(v, l, w); }
template <class M, class T> DEVICE T __shfl_down_sync(M, T v, unsigned d, int w = 64) { return __shfl_down(v, d, w); }
template <class M, class T> DEVICE T __shfl_up_sync(M, T v, unsigned d, int w = 64) { return __shfl_up(v, d, w); }
template <class M, class T> DEVICE T __shfl_xor_sync(M, T v, int x, int w = 64) { return __shfl_xor(v, x, w); }

DEVICE int __syncthreads_count(int p) {
  __shared__ int total;
  __syncthreads();
  if (threadIdx.x == 0 && threadIdx.y == 0 && threadIdx.z == 0) total = 0;
  __syncthreads();
  if (p) __hip_atomic_fetch_add(&total, 1, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
  __syncthreads();
  return total;
}
DEVICE int __syncthreads_or(int p) { return __syncthreads_count(p) > 0; }
DEVICE int __syncthreads_and(int p) { return __syncthreads_count(!p) == 0; }
namespace cooperative_groups {
struct thread_block {
  DEVICE void sync() { __syncthreads(); }
  DEVICE unsigned thread_rank() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }
  DEVICE unsigned size() { return blockDim.x * blockDim.y * blockDim.z; }
  DEVICE unsigned num_threads() { return size(); }
  DEVICE dim3 thread_index() { return threadIdx; }
  DEVICE dim3 group_index() { return blockIdx; }
  DEVICE dim3 group_dim() { return blockDim; }
};
DEVICE thread_block this_thread_block() { return {}; }
template <unsigned N, class Parent = void> struct thread_block_tile {
  static_assert(N <= 64 && (N & (N - 1)) == 0);
  DEVICE constexpr unsigned size() { return N; }
  DEVICE constexpr unsigned num_threads() { return N; }
  DEVICE unsigned thread_rank() { return thread_block::thread_rank() & (N - 1); }
  DEVICE unsigned meta_group_rank() { return thread_block::thread_rank() / N; }
  DEVICE unsigned meta_group_size() { return (thread_block::size() + N - 1) / N; }
  DEVICE void sync() { __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, "agent"); __builtin_amdgcn_wave_barrier(); }
  template <class T> DEVICE T shfl(T v, int l) { return __shfl(v, l, N); }
  template <class T> DEVICE T shfl_down(T v, unsigned d) { return __shfl_down(v, d, N); }
  template <class T> DEVICE T shfl_up(T v, unsigned d) { return __shfl_up(v, d, N); }
  template <class T> DEVICE T shfl_xor(T v, unsigned x) { return __shfl_xor(v, x, N); }
  DEVICE unsigned long long ballot(int p) {
    return (__ballot(p) >> (__lane_id() & ~(N - 1))) & (N == 64 ? ~0ull : (1ull << N % 64) - 1);
  }
  DEVICE int any(int p) { return ballot(p) != 0; }
  DEVICE int all(int p) { return ballot(!p) == 0; }
};
template <unsigned N, class G> DEVICE thread_block_tile<N> tiled_partition(const G &) { return {}; }
template <class G> DEVICE void sync(const G &g) { g.sync(); }
}  // namespace cooperative_groups

// --- atomics ------------------------------------------------------------------------------------------------------
#define ATOMIC(name, T, builtin) \
  DEVICE T name(T *p, T v) { return builtin(p, v, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT); }
#define INTEGER_ATOMIC(name, builtin)                                                                      \
  ATOMIC(name, int, builtin) ATOMIC(name, unsigned, builtin) ATOMIC(name, unsigned long long, builtin)     \
  ATOMIC(name, unsigned long, builtin)
INTEGER_ATOMIC(atomicAdd, __hip_atomic_fetch_add)
ATOMIC(atomicAdd, float, __hip_atomic_fetch_add) ATOMIC(atomicAdd, double, __hip_atomic_fetch_add)
INTEGER_ATOMIC(atomicSub, __hip_atomic_fetch_sub)
INTEGER_ATOMIC(atomicMin, __hip_atomic_fetch_min) ATOMIC(atomicMin, long long, __hip_atomic_fetch_min)
ATOMIC(atomicMin, float, __hip_atomic_fetch_min) ATOMIC(atomicMin, double, __hip_atomic_fetch_min)
INTEGER_ATOMIC(atomicMax, __hip_atomic_fetch_max) ATOMIC(atomicMax, long long, __hip_atomic_fetch_max)
ATOMIC(atomicMax, float, __hip_atomic_fetch_max) ATOMIC(atomicMax, double, __hip_atomic_fetch_max)
INTEGER_ATOMIC(atomicAnd, __hip_atomic_fetch_and)
INTEGER_ATOMIC(atomicOr, __hip_atomic_fetch_or)
INTEGER_ATOMIC(atomicXor, __hip_atomic_fetch_xor)
INTEGER_ATOMIC(atomicExch, __hip_atomic_exchange) ATOMIC(atomicExch, float, __hip_atomic_exchange)
ATOMIC(unsafeAtomicAdd, float, __hip_atomic_fetch_add) ATOMIC(unsafeAtomicAdd, double, __hip_atomic_fetch_add)
INTEGER_ATOMIC(atomicAdd_system, __hip_atomic_fetch_add)
ATOMIC(atomicAdd_system, float, __hip_atomic_fetch_add) ATOMIC(atomicAdd_system, double, __hip_atomic_fetch_add)
#define SWAP(T)                                                                                            \
  DEVICE T atomicCAS(T *p, T expected, T desired) {                                                        \
    T seen = expected;                                                                                     \
    __hip_atomic_compare_exchange_strong(p, &seen, desired, __ATOMIC_RELAXED, __ATOMIC_RELAXED,            \
                                         __HIP_MEMORY_SCOPE_AGENT);                                        \
    return seen;                                                                                           \
  }
SWAP(int) SWAP(unsigned) SWAP(unsigned long long) SWAP(unsigned long) SWAP(unsigned short)
#define WRAPPING(name, next)                                                                               \
  DEVICE unsigned name(unsigned *p, unsigned v) {                                                          \
    unsigned old = *p;                                                                                     \
    while (!__hip_atomic_compare_exchange_strong(p, &old, next, __ATOMIC_RELAXED, __ATOMIC_RELAXED,        \
                                                 __HIP_MEMORY_SCOPE_AGENT)) {}                             \
    return old;                                                                                            \
  }
WRAPPING(atomicInc, old >= v ? 0 : old + 1)
WRAPPING(atomicDec, old == 0 || old > v ? v : old - 1)

// --- 16-bit floats ------------------------------------------------------------------------------------------------
typedef _Float16 half;
typedef _Float16 __half;
typedef _Float16 half2 __attribute__((ext_vector_type(2)));
typedef half2 __half2;
typedef __bf16 __hip_bfloat16;
typedef __bf16 hip_bfloat16;
typedef __bf16 __hip_bfloat162 __attribute__((ext_vector_type(2)));
DEVICE half __float2half(float x) { return (half)x; }
DEVICE half __float2half_rn(float x) { return (half)x; }
DEVICE float __half2float(half x) { return (float)x; }
DEVICE half __int2half_rn(int x) { return (half)x; }
DEVICE half2 __floats2half2_rn(float a, float b) { return half2{(half)a, (half)b}; }
DEVICE half2 __half2half2(half a) { return half2{a, a}; }
DEVICE half2 __float2half2_rn(float a) { return half2{(half)a, (half)a}; }
DEVICE half2 __halves2half2(half a, half b) { return half2{a, b}; }
DEVICE half __low2half(half2 a) { return a.x; }
DEVICE half __high2half(half2 a) { return a.y; }
DEVICE float __low2float(half2 a) { return (float)a.x; }
DEVICE float __high2float(half2 a) { return (float)a.y; }
template <class T> DEVICE T __hadd(T a, T b) { return a + b; }
template <class T> DEVICE T __hsub(T a, T b) { return a - b; }
template <class T> DEVICE T __hmul(T a, T b) { return a * b; }
template <class T> DEVICE T __hdiv(T a, T b) { return a / b; }
template <class T> DEVICE T __hneg(T a) { return -a; }
template <class T> DEVICE bool __hgt(T a, T b) { return a > b; }
template <class T> DEVICE bool __hlt(T a, T b) { return a < b; }
template <class T> DEVICE bool __hge(T a, T b) { return a >= b; }
template <class T> DEVICE bool __hle(T a, T b) { return a <= b; }
template <class T> DEVICE bool __heq(T a, T b) { return a == b; }
template <class T> DEVICE T __hmax(T a, T b) { return a > b ? a : b; }
template <class T> DEVICE T __hmin(T a, T b) { return a < b ? a : b; }
DEVICE half __hfma(half a, half b, half c) { return __builtin_fmaf16(a, b, c); }
#define PAIR(name, expression) DEVICE half2 name(half2 a, half2 b) { return expression; }
PAIR(__hmax2, __builtin_elementwise_max(a, b)) PAIR(__hmin2, __builtin_elementwise_min(a, b)) PAIR(__h2div, a / b)
DEVICE half2 __hneg2(half2 a) { return -a; }
DEVICE half __habs(half a) { return __builtin_fabsf16(a); }
DEVICE half2 __habs2(half2 a) { return __builtin_elementwise_abs(a); }
template <class T> DEVICE bool __hne(T a, T b) { return a != b; }
DEVICE bool __hisnan(half a) { return a != a; }
DEVICE half __ushort2half_rn(unsigned short x) { return (half)x; }
DEVICE int __half2int_rn(half x) { return (int)__builtin_rintf((float)x); }
DEVICE half2 __hadd2(half2 a, half2 b) { return a + b; }
DEVICE half2 __hsub2(half2 a, half2 b) { return a - b; }
DEVICE half2 __hmul2(half2 a, half2 b) { return a * b; }
DEVICE half2 __hfma2(half2 a, half2 b, half2 c) { return __builtin_elementwise_fma(a, b, c); }
DEVICE __hip_bfloat16 __float2bfloat16(float x) { return (__hip_bfloat16)x; }
DEVICE float __bfloat162float(__hip_bfloat16 x) { return (float)x; }

// --- vectors ------------------------------------------------------------------------------------------------------
// Classes, as in HIP's headers: texts give them operators of their own, which go before these templates.
#define VECTORS(T, name)                                                                                       \
  struct name##1 { typedef T part; static constexpr int parts = 1; T x; };                                     \
  struct __attribute__((aligned(2 * sizeof(T)))) name##2 { typedef T part; static constexpr int parts = 2; T x, y; };    \
  struct name##3 { typedef T part; static constexpr int parts = 3; T x, y, z; };                               \
  struct __attribute__((aligned(4 * sizeof(T)))) name##4 { typedef T part; static constexpr int parts = 4; T x, y, z, w; }; \
  DEVICE name##2 make_##name##2(T x, T y) { return name##2{x, y}; }                                            \
  DEVICE name##3 make_##name##3(T x, T y, T z) { return name##3{x, y, z}; }                                    \
  DEVICE name##4 make_##name##4(T x, T y, T z, T w) { return name##4{x, y, z, w}; }
#define BY_PART(op)                                                                                            \
  template <class V, int N = V::parts> DEVICE V operator op(const V &a, const V &b) {                          \
    V r = a;                                                                                                   \
    for (int i = 0; i < N; ++i) (&r.x)[i] = (&a.x)[i] op (&b.x)[i];                                            \
    return r;                                                                                                  \
  }                                                                                                            \
  template <class V, int N = V::parts> DEVICE V operator op(const V &a, typename V::part b) {                  \
    V r = a;                                                                                                   \
    for (int i = 0; i < N; ++i) (&r.x)[i] = (&a.x)[i] op b;                                                    \
    return r;                                                                                                  \
  }                                                                                                            \
  template <class V, int N = V::parts> DEVICE V operator op(typename V::part a, const V &b) {                  \
    V r = b;                                                                                                   \
    for (int i = 0; i < N; ++i) (&r.x)[i] = a op (&b.x)[i];                                                    \
    return r;                                                                                                  \
  }                                                                                                            \
  template <class V, int N = V::parts> DEVICE V &operator op##=(V &a, const V &b) { a = a op b; return a; }    \
  template <class V, int N = V::parts> DEVICE V &operator op##=(V &a, typename V::part b) { a = a op b; return a; }
BY_PART(+) BY_PART(-) BY_PART(*) BY_PART(/)
VECTORS(float, float)
VECTORS(double, double)
VECTORS(int, int)
VECTORS(unsigned, uint)
VECTORS(short, short)
VECTORS(unsigned short, ushort)
VECTORS(signed char, char)
VECTORS(unsigned char, uchar)
VECTORS(long, long)
VECTORS(unsigned long, ulong)
VECTORS(long long, longlong)
VECTORS(unsigned long long, ulonglong)
DEVICE float2 __half22float2(half2 a) { return float2{(float)a.x, (float)a.y}; }
DEVICE half2 __float22half2_rn(float2 a) { return half2{(half)a.x, (half)a.y}; }

// --- mathematics (OCML, ROCm's device library) --------------------------------------------------------------------
#define MATH1(name)                                                                            \
  extern "C" __device__ float __ocml_##name##_f32(float);                                      \
  extern "C" __device__ double __ocml_##name##_f64(double);                                    \
  DEVICE float name##f(float x) { return __ocml_##name##_f32(x); }                             \
  DEVICE double name(double x) { return __ocml_##name##_f64(x); }                              \
  DEVICE float name(float x) { return __ocml_##name##_f32(x); }
#define MATH2(name)                                                                            \
  extern "C" __device__ float __ocml_##name##_f32(float, float);                               \
  extern "C" __device__ double __ocml_##name##_f64(double, double);                            \
  DEVICE float name##f(float x, float y) { return __ocml_##name##_f32(x, y); }                 \
  DEVICE double name(double x, double y) { return __ocml_##name##_f64(x, y); }                 \
  DEVICE float name(float x, float y) { return __ocml_##name##_f32(x, y); }
MATH1(exp) MATH1(exp2) MATH1(exp10) MATH1(expm1) MATH1(log) MATH1(log2) MATH1(log10) MATH1(log1p) MATH1(sqrt)
MATH1(rsqrt) MATH1(cbrt) MATH1(sin) MATH1(cos) MATH1(tan) MATH1(asin) MATH1(acos) MATH1(atan) MATH1(sinh) MATH1(cosh)
MATH1(tanh) MATH1(asinh) MATH1(acosh) MATH1(atanh) MATH1(erf) MATH1(erfc) MATH1(tgamma) MATH1(lgamma) MATH1(floor)
MATH1(ceil) MATH1(trunc) MATH1(round) MATH1(rint) MATH1(nearbyint) MATH1(fabs) MATH1(sinpi) MATH1(cospi) MATH1(erfinv)
MATH2(pow) MATH2(fmod) MATH2(atan2) MATH2(copysign) MATH2(hypot) MATH2(remainder) MATH2(fdim) MATH2(fmax) MATH2(fmin)
extern "C" __device__ float __ocml_ncdf_f32(float);
extern "C" __device__ double __ocml_ncdf_f64(double);
DEVICE float normcdff(float x) { return __ocml_ncdf_f32(x); }
DEVICE double normcdf(double x) { return __ocml_ncdf_f64(x); }
DEVICE float fmaf(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
DEVICE float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE float __expf(float x) { return __builtin_amdgcn_exp2f(x * 1.44269504f); }
DEVICE float __logf(float x) { return __builtin_amdgcn_logf(x) * 0.693147181f; }
DEVICE float __log2f(float x) { return __builtin_amdgcn_logf(x); }
DEVICE float __sinf(float x) { return sinf(x); }
DEVICE float __cosf(float x) { return cosf(x); }
DEVICE float __tanf(float x) { return tanf(x); }
DEVICE float __powf(float x, float y) { return powf(x, y); }
DEVICE float __fdividef(float a, float b) { return a / b; }
DEVICE float __frcp_rn(float x) { return 1.0f / x; }
DEVICE float __frsqrt_rn(float x) { return rsqrtf(x); }
DEVICE float __fsqrt_rn(float x) { return sqrtf(x); }
DEVICE void sincosf(float x, float *s, float *c) { *s = sinf(x); *c = cosf(x); }
DEVICE void __sincosf(float x, float *s, float *c) { *s = sinf(x); *c = cosf(x); }
#define HALF1(name) DEVICE half h##name(half x) { return (half)name##f((float)x); }
HALF1(exp) HALF1(exp2) HALF1(log) HALF1(log2) HALF1(sqrt) HALF1(rsqrt) HALF1(sin) HALF1(cos) HALF1(floor) HALF1(ceil)
HALF1(trunc) HALF1(rint)
DEVICE half hrcp(half x) { return (half)1 / x; }
#undef isnan
#undef isinf
#undef isfinite
#undef signbit
DEVICE bool isnan(float x) { return __builtin_isnan(x); }
DEVICE bool isinf(float x) { return __builtin_isinf(x); }
DEVICE bool isfinite(float x) { return __builtin_isfinite(x); }
DEVICE bool signbit(float x) { return __builtin_signbit(x); }
DEVICE bool isnan(double x) { return __builtin_isnan(x); }
DEVICE bool isinf(double x) { return __builtin_isinf(x); }
DEVICE bool isfinite(double x) { return __builtin_isfinite(x); }

// --- integers and bits --------------------------------------------------------------------------------------------
template <class T> DEVICE T falcon_min(T a, T b) { return b < a ? b : a; }
template <class T> DEVICE T falcon_max(T a, T b) { return a < b ? b : a; }
#define CHOICE(T)                                             \
  DEVICE T min(T a, T b) { return falcon_min(a, b); }         \
  DEVICE T max(T a, T b) { return falcon_max(a, b); }
CHOICE(int) CHOICE(unsigned) CHOICE(long) CHOICE(unsigned long) CHOICE(long long) CHOICE(unsigned long long)
DEVICE float min(float a, float b) { return fminf(a, b); }
DEVICE float max(float a, float b) { return fmaxf(a, b); }
DEVICE double min(double a, double b) { return fmin(a, b); }
DEVICE double max(double a, double b) { return fmax(a, b); }
DEVICE int abs(int x) { return x < 0 ? -x : x; }
DEVICE long long llabs(long long x) { return x < 0 ? -x : x; }
DEVICE int __popc(unsigned x) { return __builtin_popcount(x); }
DEVICE int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
DEVICE int __clz(int x) { return x ? __builtin_clz(x) : 32; }
DEVICE int __clzll(long long x) { return x ? __builtin_clzll(x) : 64; }
DEVICE int __ffs(unsigned x) { return __builtin_ffs(x); }
DEVICE int __ffsll(unsigned long long x) { return __builtin_ffsll(x); }
DEVICE unsigned __brev(unsigned x) { return __builtin_bitreverse32(x); }
DEVICE unsigned long long __brevll(unsigned long long x) { return __builtin_bitreverse64(x); }
DEVICE int __mulhi(int a, int b) { return (int)(((long long)a * b) >> 32); }
DEVICE unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)(((unsigned long long)a * b) >> 32); }
DEVICE int __mul24(int a, int b) { return a * b; }
#define BITS(name, From, To) DEVICE To name(From x) { return __builtin_bit_cast(To, x); }
BITS(__float_as_int, float, int) BITS(__float_as_uint, float, unsigned) BITS(__int_as_float, int, float)
BITS(__uint_as_float, unsigned, float) BITS(__double_as_longlong, double, long long)
BITS(__longlong_as_double, long long, double) BITS(__half_as_ushort, half, unsigned short)
BITS(__ushort_as_half, unsigned short, half)
#define CONVERSION(T, tag)                                                              \
  DEVICE T __float2##tag##_rn(float x) { return (T)__builtin_rintf(x); }                \
  DEVICE T __float2##tag##_rz(float x) { return (T)x; }                                 \
  DEVICE T __float2##tag##_rd(float x) { return (T)__builtin_floorf(x); }               \
  DEVICE T __float2##tag##_ru(float x) { return (T)__builtin_ceilf(x); }                \
  DEVICE T __double2##tag##_rn(double x) { return (T)__builtin_rint(x); }               \
  DEVICE T __double2##tag##_rz(double x) { return (T)x; }                               \
  DEVICE float __##tag##2float_rn(T x) { return (float)x; }                             \
  DEVICE double __##tag##2double_rn(T x) { return (double)x; }
CONVERSION(int, int) CONVERSION(unsigned, uint) CONVERSION(long long, ll) CONVERSION(unsigned long long, ull)
DEVICE float __double2float_rn(double x) { return (float)x; }
#define ROUNDED(T, letter)                                        \
  DEVICE T __##letter##add_rn(T x, T y) { return x + y; }         \
  DEVICE T __##letter##sub_rn(T x, T y) { return x - y; }         \
  DEVICE T __##letter##mul_rn(T x, T y) { return x * y; }         \
  DEVICE T __##letter##div_rn(T x, T y) { return x / y; }
ROUNDED(float, f) ROUNDED(double, d)
DEVICE float __saturatef(float x) { return __builtin_fminf(__builtin_fmaxf(x, 0.0f), 1.0f); }
DEVICE unsigned __umul24(unsigned a, unsigned b) { return a * b; }
DEVICE unsigned __byte_perm(unsigned a, unsigned b, unsigned s) { return __builtin_amdgcn_perm(b, a, s & 0x07070707); }
DEVICE unsigned __funnelshift_l(unsigned l, unsigned h, unsigned n) {
  return (unsigned)(((unsigned long long)h << 32 | l) << (n & 31) >> 32);
}
DEVICE unsigned __funnelshift_r(unsigned l, unsigned h, unsigned n) {
  return (unsigned)(((unsigned long long)h << 32 | l) >> (n & 31));
}
#define HIP_INF_F __builtin_huge_valf()
#define HIP_INF __builtin_huge_val()
#define HIP_NAN_F __builtin_nanf("")
#define HIP_PI_F 3.14159265f
#define HIP_PI 3.14159265358979323846
template <class T> DEVICE T __ldg(const T *p) { return *p; }
template <class T> DEVICE T __ldcs(const T *p) { return __builtin_nontemporal_load(p); }
template <class T> DEVICE void __stcs(T *p, T v) { __builtin_nontemporal_store(v, p); }
template <class... A> DEVICE int printf(const char *, A...) { return 0; }
DEVICE long long clock64() { return __builtin_readcyclecounter(); }
DEVICE void *memcpy(void *d, const void *s, size_t n) { return __builtin_memcpy(d, s, n); }
