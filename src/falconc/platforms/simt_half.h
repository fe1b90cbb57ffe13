// half and bfloat16, one and two at a time: every operation rounds its result to nearest, ties to even.
#pragma once

typedef falcon::f16 half;
typedef falcon::f16 __half;
typedef falcon::bf16 __nv_bfloat16;
typedef falcon::bf16 nv_bfloat16;

// T: the type; P: the pair; tag: its word in the names of conversions.
#define FALCON_HALF(T, P, tag)                                                                   \
  inline T __float2##tag(float x) { return (T)x; }                                               \
  inline T __float2##tag##_rn(float x) { return (T)x; }                                          \
  inline T __double2##tag(double x) { return (T)x; }                                             \
  inline float __##tag##2float(T x) { return (float)x; }                                         \
  inline int __##tag##2int_rn(T x) { return (int)rintf((float)x); }                              \
  inline int __##tag##2int_rz(T x) { return (int)(float)x; }                                     \
  inline T __int2##tag##_rn(int x) { return (T)(float)x; }                                       \
  inline T __uint2##tag##_rn(unsigned x) { return (T)(float)x; }                                 \
  inline T __hadd(T a, T b) { return a + b; }                                                    \
  inline T __hsub(T a, T b) { return a - b; }                                                    \
  inline T __hmul(T a, T b) { return a * b; }                                                    \
  inline T __hdiv(T a, T b) { return a / b; }                                                    \
  inline T __hadd_rn(T a, T b) { return a + b; }                                                 \
  inline T __hsub_rn(T a, T b) { return a - b; }                                                 \
  inline T __hmul_rn(T a, T b) { return a * b; }                                                 \
  inline T __hneg(T a) { return -a; }                                                            \
  inline T __habs(T a) { return (T)fabsf((float)a); }                                            \
  /* exact in double but for one sticky case: see falcon::fma16 */                               \
  FALCON_NOTE("ir:apply fma") inline T __hfma(T a, T b, T c) FALCON_BODY(return falcon::fma16<T>(a, b, c);) \
  inline T __hfma_relu(T a, T b, T c) { T r = __hfma(a, b, c); return (T)fmaxf((float)r, 0.0f); } \
  inline T __hmax(T a, T b) { return (T)fmaxf((float)a, (float)b); }                             \
  inline T __hmin(T a, T b) { return (T)fminf((float)a, (float)b); }                             \
  inline bool __heq(T a, T b) { return (float)a == (float)b; }                                   \
  inline bool __hne(T a, T b) { return (float)a != (float)b; }                                   \
  inline bool __hlt(T a, T b) { return (float)a < (float)b; }                                    \
  inline bool __hle(T a, T b) { return (float)a <= (float)b; }                                   \
  inline bool __hgt(T a, T b) { return (float)a > (float)b; }                                    \
  inline bool __hge(T a, T b) { return (float)a >= (float)b; }                                   \
  inline bool __hisnan(T a) { return isnan((float)a); }                                          \
  FALCON_HALF_MATH(T, hexp, expf) FALCON_HALF_MATH(T, hexp2, exp2f) FALCON_HALF_MATH(T, hlog, logf) \
  FALCON_HALF_MATH(T, hlog2, log2f) FALCON_HALF_MATH(T, hsqrt, sqrtf) FALCON_HALF_MATH(T, hrsqrt, rsqrtf) \
  FALCON_HALF_MATH(T, hsin, sinf) FALCON_HALF_MATH(T, hcos, cosf) FALCON_HALF_MATH(T, htanh, tanhf) \
  FALCON_HALF_MATH(T, hfloor, floorf) FALCON_HALF_MATH(T, hceil, ceilf) FALCON_HALF_MATH(T, htrunc, truncf) \
  FALCON_HALF_MATH(T, hrint, rintf)                                                              \
  inline T hrcp(T x) { return (T)(1.0f / (float)x); }                                            \
  struct __align__(4) P {                                                                        \
    T x, y;                                                                                      \
    P() = default;                                                                               \
    P(T a, T b) : x(a), y(b) {}                                                                  \
  };                                                                                             \
  inline P operator+(const P &a, const P &b) { return P((T)(a.x + b.x), (T)(a.y + b.y)); }       \
  inline P operator-(const P &a, const P &b) { return P((T)(a.x - b.x), (T)(a.y - b.y)); }       \
  inline P operator*(const P &a, const P &b) { return P((T)(a.x * b.x), (T)(a.y * b.y)); }       \
  inline P operator/(const P &a, const P &b) { return P((T)(a.x / b.x), (T)(a.y / b.y)); }       \
  inline P operator-(const P &a) { return P((T)-a.x, (T)-a.y); }                                 \
  inline P &operator+=(P &a, const P &b) { a = a + b; return a; }                                \
  inline P &operator-=(P &a, const P &b) { a = a - b; return a; }                                \
  inline P &operator*=(P &a, const P &b) { a = a * b; return a; }                                \
  inline P __hadd2(P a, P b) { return a + b; }                                                   \
  inline P __hsub2(P a, P b) { return a - b; }                                                   \
  inline P __hmul2(P a, P b) { return a * b; }                                                   \
  inline P __h2div(P a, P b) { return a / b; }                                                   \
  inline P __hneg2(P a) { return -a; }                                                           \
  inline P __habs2(P a) { return P(__habs(a.x), __habs(a.y)); }                                  \
  inline P __hfma2(P a, P b, P c) { return P(__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)); }    \
  inline P __hmax2(P a, P b) { return P(__hmax(a.x, b.x), __hmax(a.y, b.y)); }                   \
  inline P __hmin2(P a, P b) { return P(__hmin(a.x, b.x), __hmin(a.y, b.y)); }                   \
  inline T __low2##tag(P a) { return a.x; }                                                      \
  inline T __high2##tag(P a) { return a.y; }                                                     \
  inline float __low2float(P a) { return (float)a.x; }                                           \
  inline float __high2float(P a) { return (float)a.y; }                                          \
  inline P __##tag##2##tag##2(T x) { return P(x, x); }                                           \
  inline P __##tag##s2##tag##2(T x, T y) { return P(x, y); }                                     \
  inline P __halves2##tag##2(T x, T y) { return P(x, y); }                                       \
  inline P __float2##tag##2_rn(float x) { return P((T)x, (T)x); }                                \
  inline P __floats2##tag##2_rn(float x, float y) { return P((T)x, (T)y); }                      \
  inline P __float22##tag##2_rn(float2 x) { return P((T)x.x, (T)x.y); }                          \
  inline P __lowhigh2highlow(P a) { return P(a.y, a.x); }                                        \
  inline P __low2##tag##2(P a) { return P(a.x, a.x); }                                           \
  inline P __high2##tag##2(P a) { return P(a.y, a.y); }                                          \
  inline P make_##P(T x, T y) { return P(x, y); }                                                \
  inline P h2exp(P a) { return P(hexp(a.x), hexp(a.y)); }                                        \
  inline P h2exp2(P a) { return P(hexp2(a.x), hexp2(a.y)); }                                     \
  inline P h2log(P a) { return P(hlog(a.x), hlog(a.y)); }                                        \
  inline P h2sqrt(P a) { return P(hsqrt(a.x), hsqrt(a.y)); }                                     \
  inline P h2rsqrt(P a) { return P(hrsqrt(a.x), hrsqrt(a.y)); }                                  \
  inline P h2rcp(P a) { return P(hrcp(a.x), hrcp(a.y)); }                                        \
  FALCON_ATOMIC("add", atomicAdd, T, old + v)                                                    \
  inline P atomicAdd(P *p, P v) { T x = atomicAdd(&p->x, v.x); T y = atomicAdd(&p->y, v.y); return P(x, y); }
#define FALCON_HALF_MATH(T, name, to) inline T name(T x) { return (T)to((float)x); }

#ifndef FALCON_LIFT
namespace falcon {
// The product of two 11-bit significands is exact in double; where the sum is not, rounding it to odd before the second
// rounding keeps that one right (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
template <class T> inline T fma16(T a, T b, T c) {
  double p = (double)(float)a * (double)(float)b, z = (double)(float)c, s = p + z;
  double t = s - p, e = (p - (s - t)) + (z - t);
  if (e != 0 && s - s == 0) {
    unsigned long bits;
    memcpy(&bits, &s, 8);
    if (!(bits & 1)) bits += (e > 0) == (s > 0) ? 1 : -1;
    memcpy(&s, &bits, 8);
  }
  return (T)s;
}
}  // namespace falcon
#endif

FALCON_HALF(half, __half2, half)
FALCON_HALF(__nv_bfloat16, __nv_bfloat162, bfloat16)
typedef __half2 half2;
typedef __nv_bfloat162 nv_bfloat162;
inline float2 __half22float2(__half2 a) { return make_float2((float)a.x, (float)a.y); }
inline float2 __bfloat1622float2(__nv_bfloat162 a) { return make_float2((float)a.x, (float)a.y); }
FALCON_BITS(__half_as_ushort, unsigned short, half) FALCON_BITS(__ushort_as_half, half, unsigned short)
FALCON_BITS(__half_as_short, short, half) FALCON_BITS(__short_as_half, half, short)
FALCON_BITS(__bfloat16_as_ushort, unsigned short, __nv_bfloat16)
FALCON_BITS(__ushort_as_bfloat16, __nv_bfloat16, unsigned short)
