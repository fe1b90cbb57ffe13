// Wide and noisy values: the higher-precision reference, and Monte Carlo arithmetic (every rounding up or down at random).
#pragma once
#include "arith.h"

namespace fx {
struct Wd { wide d; };  // no rounding to speak of

// E: 9 f16, 10 bf16, 11 f32, 12 f64
// n: how many terms were added up to this value. A sum of halves of k terms each, done one term at a time instead, would be
// off by about sqrt(k) roundings more, or by k / 4 where all go the same way, as with equal terms: additions are disturbed
// so much, and the spread covers any order of summation.
template <int E> struct N { wide d; float n; };
template <int E> constexpr int digits_of() { return E == 9 ? 11 : E == 10 ? 8 : E == 11 ? 24 : 53; }
template <int E> constexpr int lowest_of() { return E == 9 ? -14 : E == 12 ? -1022 : -126; }
template <int E> constexpr int top_of() { return E == 9 ? 16 : E == 12 ? 1024 : 128; }

template <int E> inline wide rounded(wide d, bool random) {
  if (d == 0 || !__builtin_isfinite(d)) return d;
  int e; __builtin_frexpl(d, &e); --e;
  if (e < lowest_of<E>()) e = lowest_of<E>();
  int k = e - digits_of<E>() + 1;
  wide s = __builtin_ldexpl(d, -k), f = __builtin_floorl(s);
  if (s != f) {
    if (random) f += next_random() >> 63; else f = __builtin_rintl(s);
  }
  wide r = __builtin_ldexpl(f, k), top = __builtin_ldexpl(1, top_of<E>());
  return r >= top ? __builtin_infl() : r <= -top ? -__builtin_infl() : r;
}
template <int E> inline N<E> fuzz(wide d) { return N<E>{rounded<E>(d, !S.nearest), 1}; }
template <int E> inline N<E> summed(wide d, float m, float n) {
  wide r = rounded<E>(d, !S.nearest); float less = m < n ? m : n;
  if (!S.nearest && less > 1 && __builtin_isfinite(r)) {
    wide ulp = __builtin_ldexpl(1, -digits_of<E>()), way = (wide(next_random() >> 40) / wide(1 << 23) - 1);
    r = rounded<E>(r + r * ulp * way * (less > 16 ? less / 4 : __builtin_sqrtf(less)), true);
  }
  return N<E>{r, m + n};
}
// An argument of a function, moved by up to an ulp: functions are not rounded correctly, nor are their arguments.
template <int E> inline N<E> nudged(N<E> x) {
  if (S.nearest || x.d == 0 || !__builtin_isfinite(x.d)) return x;
  wide ulp = __builtin_ldexpl(1, 1 - digits_of<E>());
  return N<E>{x.d * (next_random() >> 63 ? 1 + ulp : 1 - ulp), 1};
}
inline Wd nudged(Wd x) { return x; }
inline Wd fuzzw(wide d) { return Wd{d}; }

#define FX_BOTH(name, params_w, params_n, expression)                                  \
  inline Wd name params_w { return fuzzw(expression); }                                \
  template <int E> inline N<E> name params_n { return fuzz<E>(expression); }
#define FX_OP(name, expression) FX_BOTH(name, (Wd a, Wd b), (N<E> a, N<E> b), expression)
#define FX_OP1(name, expression) FX_BOTH(name, (Wd x), (N<E> x), expression)
#define FX_FN(name, expression)                                                        \
  inline Wd name(Wd x) { return fuzzw(expression); }                                   \
  template <int E> inline N<E> name(N<E> x) { x = nudged(x); return fuzz<E>(expression); }
#define FX_FN2(name, expression)                                                       \
  inline Wd name(Wd x, Wd y) { return fuzzw(expression); }                             \
  template <int E> inline N<E> name(N<E> x, N<E> y) { x = nudged(x); y = nudged(y); return fuzz<E>(expression); }
#define FX_STEP(name, expression) FX_BOTH(name, (Wd x, int), (N<E> x, int), expression)
inline Wd fadd(Wd a, Wd b) { return Wd{a.d + b.d}; }
inline Wd fsub(Wd a, Wd b) { return Wd{a.d - b.d}; }
inline Wd ffma(Wd a, Wd b, Wd c) { return Wd{a.d * b.d + c.d}; }
template <int E> inline N<E> fadd(N<E> a, N<E> b) { return summed<E>(a.d + b.d, a.n, b.n); }
template <int E> inline N<E> fsub(N<E> a, N<E> b) { return summed<E>(a.d - b.d, a.n, b.n); }
template <int E> inline N<E> ffma(N<E> a, N<E> b, N<E> c) { return summed<E>(a.d * b.d + c.d, 1, c.n); }
FX_OP(fmul, a.d * b.d) FX_OP(fdiv, a.d / b.d)
FX_FN(m_exp, __builtin_expl(x.d)) FX_FN(m_exp2, __builtin_exp2l(x.d)) FX_FN(m_exp10, __builtin_powl(10, x.d))
FX_FN(m_expm1, __builtin_expm1l(x.d)) FX_FN(m_log, __builtin_logl(x.d)) FX_FN(m_log2, __builtin_log2l(x.d))
FX_FN(m_log10, __builtin_log10l(x.d)) FX_FN(m_log1p, __builtin_log1pl(x.d)) FX_FN(m_sqrt, __builtin_sqrtl(x.d))
FX_FN(m_rsqrt, 1 / __builtin_sqrtl(x.d)) FX_FN(m_cbrt, __builtin_cbrtl(x.d)) FX_FN(m_sin, __builtin_sinl(x.d))
FX_FN(m_cos, __builtin_cosl(x.d)) FX_FN(m_tan, __builtin_tanl(x.d)) FX_FN(m_asin, __builtin_asinl(x.d))
FX_FN(m_acos, __builtin_acosl(x.d)) FX_FN(m_atan, __builtin_atanl(x.d)) FX_FN(m_sinh, __builtin_sinhl(x.d))
FX_FN(m_cosh, __builtin_coshl(x.d)) FX_FN(m_tanh, __builtin_tanhl(x.d)) FX_FN(m_asinh, __builtin_asinhl(x.d))
FX_FN(m_acosh, __builtin_acoshl(x.d)) FX_FN(m_atanh, __builtin_atanhl(x.d)) FX_FN(m_erf, __builtin_erfl(x.d))
FX_FN(m_erfc, __builtin_erfcl(x.d)) FX_FN(m_tgamma, __builtin_tgammal(x.d)) FX_FN(m_lgamma, __builtin_lgammal(x.d))
FX_FN(m_sinpi, __builtin_sinl(x.d * 3.14159265358979323846L)) FX_FN(m_cospi, __builtin_cosl(x.d * 3.14159265358979323846L))
FX_FN(m_normcdf, 0.5L * __builtin_erfcl(-x.d / 1.41421356237309504880L))
FX_FN2(m_pow, __builtin_powl(x.d, y.d)) FX_FN2(m_fmod, __builtin_fmodl(x.d, y.d)) FX_FN2(m_atan2, __builtin_atan2l(x.d, y.d))
FX_FN2(m_hypot, __builtin_hypotl(x.d, y.d)) FX_FN2(m_remainder, __builtin_remainderl(x.d, y.d))
FX_STEP(m_floor, __builtin_floorl(x.d)) FX_STEP(m_ceil, __builtin_ceill(x.d)) FX_STEP(m_trunc, __builtin_truncl(x.d))
FX_STEP(m_round, __builtin_roundl(x.d)) FX_STEP(m_rint, __builtin_rintl(x.d)) FX_STEP(m_fabs, __builtin_fabsl(x.d))
FX_OP1(fneg, -x.d)
FX_BOTH(f_min, (Wd a, Wd b, int), (N<E> a, N<E> b, int), __builtin_fminl(a.d, b.d))
FX_BOTH(f_max, (Wd a, Wd b, int), (N<E> a, N<E> b, int), __builtin_fmaxl(a.d, b.d))
FX_BOTH(m_copysign, (Wd a, Wd b, int), (N<E> a, N<E> b, int), __builtin_copysignl(a.d, b.d))
FX_BOTH(m_fdim, (Wd a, Wd b, int), (N<E> a, N<E> b, int), __builtin_fdiml(a.d, b.d))
#define FX_TEST(name, expression)                        \
  inline bool name(Wd x, int) { return expression; }     \
  template <int E> inline bool name(N<E> x, int) { return expression; }
FX_TEST(m_isnan, x.d != x.d) FX_TEST(m_isinf, __builtin_isinf(x.d)) FX_TEST(m_isfinite, __builtin_isfinite(x.d))
FX_TEST(m_signbit, __builtin_signbit(x.d))
#undef FX_TEST
#undef FX_STEP
#undef FX_FN2
#undef FX_FN
#undef FX_OP
#undef FX_OP1
#undef FX_BOTH

inline int ordered(wide a, wide b) { return a < b ? LESS : a > b ? GREATER : a == b ? EQUAL : 0; }
inline int compare(Wd a, Wd b, int) { return ordered(a.d, b.d); }
template <int E> inline int compare(N<E> a, N<E> b, int) { return ordered(a.d, b.d); }

template <class A> inline A clipped(wide d) {  // out of range is undefined: saturate
  if (d != d) return A(0);
  if (d <= (wide)low_of<A>()) return A(low_of<A>());
  if (d >= (wide)high_of<A>()) return Range<A>::is_signed ? A((1ULL << (Range<A>::bits - 1)) - 1) : A(~0ULL);
  return A(d);
}
template <class A> struct Convert<A, Wd> { static A go(Wd x, int) { return clipped<A>(x.d); } };
template <class A, int E> struct Convert<A, N<E>> { static A go(N<E> x, int) { return clipped<A>(x.d); } };
template <> struct Convert<bool, Wd> { static bool go(Wd x, int) { return x.d != 0; } };
template <int E> struct Convert<bool, N<E>> { static bool go(N<E> x, int) { return x.d != 0; } };
template <class B> struct Convert<Wd, B> { static Wd go(B x, int) { return Wd{(wide)x}; } };
template <> struct Convert<Wd, bool> { static Wd go(bool x, int) { return Wd{(wide)x}; } };
template <> struct Convert<Wd, Wd> { static Wd go(Wd x, int) { return x; } };
template <int E, class B> struct Convert<N<E>, B> { static N<E> go(B x, int) { return fuzz<E>((wide)x); } };
template <int E, int G> struct Convert<N<E>, N<G>> { static N<E> go(N<G> x, int) { return fuzz<E>(x.d); } };

// --- policies --------------------------------------------------------------------------------------------------------

struct Exact {
  typedef F f16; typedef F bf16; typedef F f32; typedef F f64;
  template <class I> using data = T<I>;
  static constexpr bool track = true;
  static F constant(u64 p, u64 q, double d) {
    return F{p, q, d, LITERAL | (d >= 0 ? u32(NONNEG) : 0u)};
  }
  static F special(double d) { return num(d); }
};
struct Wide {
  typedef Wd f16; typedef Wd bf16; typedef Wd f32; typedef Wd f64;
  template <class I> using data = I;
  static constexpr bool track = false;
  static Wd constant(u64, u64, double d) { return Wd{d}; }
  static Wd special(double d) { return Wd{d}; }
};
struct Noisy {
  typedef N<9> f16; typedef N<10> bf16; typedef N<11> f32; typedef N<12> f64;
  template <class I> using data = I;
  static constexpr bool track = false;
  struct Literal { double d; template <int E> operator N<E>() const { return N<E>{d, 1}; } };
  static Literal constant(u64, u64, double d) { return Literal{d}; }
  static Literal special(double d) { return Literal{d}; }
};
}  // namespace fx
