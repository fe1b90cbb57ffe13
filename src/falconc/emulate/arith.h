// Value types of lowered kernels: exact (two prime fields and a double), wide, and noisy arithmetic.
//
// What every operation means in exact mode. A float value is (p, q, d): residues in F_P and F_Q, Q | P - 1, and a double
// that steers comparisons.
//
//   operation                p part                 q part                  d part
//   + - * / fma neg          in F_P                 in F_Q (absent if an    double
//                                                   operand's is absent)
//   exp(x)                   w^(x.q), ord w = Q     absent                  exp
//     of an x without q      hash(x.p)              absent
//   exp2 exp10 expm1 tanh    through exp, with ln 2 and ln 10 as symbols    double
//   sinh cosh pow(x, small integer)   through exp, * and /
//   rsqrt(x)                 1 / sqrt(x)
//   log2 log10 log1p         through log
//   sqrt log erf sin ...     hash(name, x.p); their exact values at 0 and 1
//   min max fabs fdim        one of the operands, chosen by d (equal p: equal)
//   floor ceil round ...     the integer that d gives
//   compare                  equal if p and q are equal, else by d
//   anything with an infinite or NaN operand or result: the value of d, embedded
//
// Integers that come from data are (native, p, q, [lo, hi]): + - * keep p and q; a result that may not fit its type is
// known modulo 2^bits (WRAP), which only + - *, narrowing and a store may follow; every other use, and every other
// operation, limits the verdict ("limit" report lines).
#pragma once
#include "runtime.h"

extern "C" {
void *calloc(unsigned long, unsigned long);
void free(void *);
int snprintf(char *, unsigned long, const char *, ...);
}
inline void *operator new(unsigned long, void *at) noexcept { return at; }

namespace fx {
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned u32; typedef long long i64; typedef unsigned long long u64;
typedef long double wide;

// Set by the generated program: P, Q, symbols and site counts.
constexpr u64 P = 0xfffffffffffaeefULL, Q = 0x7ffffffffffd777ULL, W = 4;
struct Symbols { u64 ln2p, ln2q, ln10p, ln10q, pip, piq, sqrt2p, sqrt2q; };
extern const Symbols SYM;

// --- state of one run ------------------------------------------------------------------------------------------------

struct State {
  falcon_job *job;
  i64 *counts;       // per site: less, equal, greater seen; less, equal, greater possible
  u16 *told;         // per (kind, site): reported already
  const u64 *known;  // (bits of |x|, p, q) of constants of both kernels
  i64 known_count;
  i64 *extent;       // per buffer parameter: one past the highest byte touched
  bool nearest;      // noisy arithmetic without the noise
  bool probe, plain; // probe: extents are not known, record them; plain: embed inputs exactly instead of by hash
  u64 random;
  u32 region;        // numbers the parallel regions
  const double *range;  // of integer data, per buffer parameter
  int slot;             // where this run's results begin
};
extern State S;

enum Told { OUT_OF_BOUNDS, UNINITIALISED, RACE, POISON_LANE, OVERFLOW_INT, DIVIDE, SHIFT, LIMIT, OVERLAP };
inline const char *told_name(int k) {
  const char *names[] = {"out-of-bounds", "uninitialised-read", "race", "missing-lanes", "signed-overflow", "division-by-zero", "bad-shift"};
  return names[k];
}
inline void defect(int kind, int site, i64 a = 0, i64 b = 0) {
  u16 &t = S.told[site];
  if (t >> kind & 1) return;
  t |= u16(1 << kind);
  char line[160];
  snprintf(line, sizeof line, "defect %s %d %lld %lld", told_name(kind), site, a, b);
  falcon_report(line);
}
inline void limit(const char *what, int site) {
  if (S.told[site] >> LIMIT & 1) return;
  S.told[site] |= u16(1 << LIMIT);
  char line[160];
  snprintf(line, sizeof line, "limit %d %s", site, what);
  falcon_report(line);
}
// Touches of one place by several threads with nothing in between, that harm nobody: one value written often, a plain
// read beside atomic updates (as loops around a compare-and-swap begin).
inline void overlap(int site, const char *what) {
  if (S.told[site] >> OVERLAP & 1) return;
  S.told[site] |= u16(1 << OVERLAP);
  char line[160];
  snprintf(line, sizeof line, "overlap %d %s", site, what);
  falcon_report(line);
}
inline void unknown(const char *what, int site) {
  char line[160];
  if (S.counts[6 * site] < 0) return;
  S.counts[6 * site] = -1000000000;
  snprintf(line, sizeof line, "unknown %d %s", site, what);
  falcon_report(line);
}
enum { LESS = 1, EQUAL = 2, GREATER = 4 };
inline void seen(int site, int which, int possible = 7) {
  i64 *c = S.counts + 6 * site;
  for (int k = 0; k < 3; ++k) { c[k] += which >> k & 1; c[3 + k] |= possible >> k & 1; }
}
inline void entered(int site) { ++S.counts[6 * site]; }
inline void again(int site, bool repeated) { S.counts[6 * site + 2] += repeated; }

inline u64 mix(u64 x) {
  x += 0x9e3779b97f4a7c15ULL; x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL; x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}
inline u64 next_random() { return S.random = mix(S.random); }
inline u64 bits_of(double d) { u64 b; __builtin_memcpy(&b, &d, 8); return b; }
inline double double_of(u64 b) { double d; __builtin_memcpy(&d, &b, 8); return d; }

// --- prime fields ----------------------------------------------------------------------------------------------------

inline u64 mulm(u64 a, u64 b, u64 m) {
#if defined(__x86_64__)
  u64 lo, hi;
  asm("mulq %3" : "=a"(lo), "=d"(hi) : "0"(a), "r"(b) : "cc");
  asm("divq %2" : "+a"(lo), "+d"(hi) : "r"(m) : "cc");
  return hi;
#else
  return u64((unsigned __int128)a * b % m);
#endif
}
inline u64 addm(u64 a, u64 b, u64 m) { u64 s = a + b; return s >= m ? s - m : s; }
inline u64 subm(u64 a, u64 b, u64 m) { return a >= b ? a - b : a + m - b; }
inline u64 powm(u64 a, u64 e, u64 m) {
  u64 r = 1;
  for (; e; e >>= 1, a = mulm(a, a, m)) if (e & 1) r = mulm(r, a, m);
  return r;
}
inline u64 invm(u64 a, u64 m) {  // 0 for 0
  i64 s = 0, t = 1; u64 r = m, x = a;
  while (x) { u64 k = r / x; u64 y = r - k * x; r = x; x = y; i64 u = s - i64(k) * t; s = t; t = u; }
  if (a == 0) return 0;
  return s < 0 ? u64(s + i64(m)) : u64(s);
}
inline u64 signed_mod(i64 v, u64 m) { i64 r = v % i64(m); return u64(r < 0 ? r + i64(m) : r); }

enum { NOQ = 1, BAD_LANE = 2, UNSET = 4, NONNEG = 8, LITERAL = 16, WRAP = 32, INTEGRAL = 64, CARRY = NOQ | BAD_LANE | UNSET };

struct F { u64 p, q; double d; u32 fl; };

inline F embed(double d) {  // the exact value of a finite double
  if (d == 0) return F{0, 0, d, NONNEG};
  if (!__builtin_isfinite(d)) {
    u64 h = d != d ? 1 : d > 0 ? 2 : 3;
    return F{mix(h) % P, mix(h + 8) % Q, d, d > 0 ? u32(NONNEG) : 0u};
  }
  int e; double m = __builtin_frexp(d, &e); i64 k = i64(m * 9007199254740992.0); e -= 53;
  u64 bp = e < 0 ? (P + 1) / 2 : 2, bq = e < 0 ? (Q + 1) / 2 : 2; u64 n = u64(e < 0 ? -e : e);
  return F{mulm(signed_mod(k, P), powm(bp, n, P), P), mulm(signed_mod(k, Q), powm(bq, n, Q), Q), d, d > 0 ? u32(NONNEG) : 0u};
}
// An input: exact if it is a constant of either kernel or inputs are plain, else a keyed residue of its bits, odd in x.
inline void draw(double x, u64 &p, u64 &q) {
  double a = x < 0 ? -x : x; u64 b = bits_of(a);
  bool found = false;
  for (i64 i = 0; i < S.known_count && !found; ++i)
    if (S.known[3 * i] == b) { p = S.known[3 * i + 1]; q = S.known[3 * i + 2]; found = true; }
  if (!found && S.plain) { F e = embed(a); p = e.p; q = e.q; found = true; }
  if (!found) { u64 h = mix(b ^ S.job->seed * 0x2545f4914f6cdd1dULL); p = mix(h) % P; q = mix(h + 1) % Q; }
  if (x < 0) { p = subm(0, p, P); q = subm(0, q, Q); }
}
inline F input(double x) {
  if (!__builtin_isfinite(x) || x == 0) return embed(x);
  F r{0, 0, x, 0}; draw(x, r.p, r.q); return r;
}
inline bool finite(double d) { return __builtin_isfinite(d); }
inline F settle(F r, double a, double b) {  // infinities: the double decides
  if (__builtin_expect(finite(a) && finite(b) && finite(r.d), 1)) return r;
  F e = embed(r.d); e.fl |= r.fl & (BAD_LANE | UNSET | 0xffffff00u); return e;
}
// flags of a result; the site of a poisoned operand (upper bits) comes along
inline u32 carry(u32 a, u32 b) { return ((a | b) & CARRY) | ((a & 6) ? a & 0xffffff00u : b & 0xffffff00u); }
inline bool same(F a, F b) { return a.p == b.p && (((a.fl | b.fl) & NOQ) || a.q == b.q); }
inline void use(u32 fl, int site) {
  if (fl & BAD_LANE) defect(POISON_LANE, int(fl >> 8) ? int(fl >> 8) - 1 : site);
  if (fl & UNSET) defect(UNINITIALISED, int(fl >> 8) ? int(fl >> 8) - 1 : site);
}
inline F fadd(F a, F b) {
  return settle(F{addm(a.p, b.p, P), addm(a.q, b.q, Q), a.d + b.d, carry(a.fl, b.fl) | (a.fl & b.fl & NONNEG)}, a.d, b.d);
}
inline F fsub(F a, F b) { return settle(F{subm(a.p, b.p, P), subm(a.q, b.q, Q), a.d - b.d, carry(a.fl, b.fl)}, a.d, b.d); }
inline F fmul(F a, F b) {
  u32 sign = (a.fl & b.fl & NONNEG) | ((a.p == b.p && a.q == b.q && a.d == b.d) ? u32(NONNEG) : 0u);
  return settle(F{mulm(a.p, b.p, P), mulm(a.q, b.q, Q), a.d * b.d, carry(a.fl, b.fl) | sign}, a.d, b.d);
}
inline F fdiv(F a, F b) {
  F r{mulm(a.p, invm(b.p, P), P), mulm(a.q, invm(b.q, Q), Q), a.d / b.d, carry(a.fl, b.fl) | (a.fl & b.fl & NONNEG)};
  if (b.p == 0 && finite(r.d)) { F e = embed(r.d); e.fl |= carry(a.fl, b.fl); return e; }
  return settle(r, a.d, b.d);
}
inline F fneg(F a) { return F{subm(0, a.p, P), subm(0, a.q, Q), -a.d, a.fl & (CARRY | INTEGRAL | 0xffffff00u)}; }
inline u32 integral(F a) { return (a.fl & INTEGRAL) || ((a.fl & LITERAL) && a.d == __builtin_rint(a.d)) ? u32(INTEGRAL) : 0u; }
inline F ffma(F a, F b, F c) { return fadd(fmul(a, b), c); }
inline F num(double d) { F f = embed(d); f.fl |= LITERAL; return f; }

inline u64 tag_hash(const char *s) { u64 h = 0; for (; *s; ++s) h = mix(h ^ u64(*s)); return h; }
inline F hashed(const char *name, F a, double d, F b = F{0, 0, 0, 0}) {
  u64 h = mix(tag_hash(name) ^ mix(a.p ^ mix(b.p)));
  return settle(F{mix(h) % P, mix(h + 1) % Q, d, carry(a.fl, b.fl) & ~u32(NOQ)}, a.d, b.d);
}
inline F m_exp(F x) {
  double d = __builtin_exp(x.d);
  if (x.p == 0 && x.d == 0) { F e = embed(1); e.fl |= x.fl & (6 | 0xffffff00u); return e; }
  F r{0, 0, d, carry(x.fl, 0) | NOQ | NONNEG};
  if (x.fl & NOQ) r.p = mix(mix(x.p) ^ 77) % P; else r.p = powm(W, x.q, P);
  return settle(r, x.d, 0);
}
inline F sym(u64 p, u64 q, double d) { return F{p, q, d, NONNEG | LITERAL}; }
inline F with(F r, double d) { r.d = d; return r; }
inline F m_exp2(F x) { return settle(with(m_exp(fmul(x, sym(SYM.ln2p, SYM.ln2q, 0.6931471805599453))), __builtin_exp2(x.d)), x.d, 0); }
inline F m_exp10(F x) { return settle(with(m_exp(fmul(x, sym(SYM.ln10p, SYM.ln10q, 2.302585092994046))), __builtin_pow(10, x.d)), x.d, 0); }
inline F m_expm1(F x) { return settle(with(fsub(m_exp(x), num(1)), __builtin_expm1(x.d)), x.d, 0); }
inline F m_tanh(F x) {
  F e = m_exp(fadd(x, x)); F r = with(fdiv(fsub(e, num(1)), fadd(e, num(1))), __builtin_tanh(x.d));
  return settle(r, x.d, 0);
}
inline F m_sinh(F x) { F e = m_exp(x); return settle(with(fdiv(fsub(e, fdiv(num(1), e)), num(2)), __builtin_sinh(x.d)), x.d, 0); }
inline F m_cosh(F x) { F e = m_exp(x); return settle(with(fdiv(fadd(e, fdiv(num(1), e)), num(2)), __builtin_cosh(x.d)), x.d, 0); }
inline F m_sqrt(F x) {
  if (x.p == 0 && x.d == 0) return x;
  if (x.p == 1 && x.d == 1) return x;
  if (x.p == 2 && x.d == 2) return sym(SYM.sqrt2p, SYM.sqrt2q, 1.4142135623730951);
  F r = hashed("sqrt", x, __builtin_sqrt(x.d)); r.fl |= NONNEG; return r;
}
inline F m_rsqrt(F x) { return fdiv(num(1), m_sqrt(x)); }
inline F m_log(F x) {
  if (x.p == 1 && x.d == 1) { F e = embed(0); e.fl |= x.fl & (6 | 0xffffff00u); return e; }
  if (x.p == 2 && x.d == 2) return sym(SYM.ln2p, SYM.ln2q, 0.6931471805599453);
  return hashed("log", x, __builtin_log(x.d));
}
inline F m_log2(F x) { return settle(with(fdiv(m_log(x), sym(SYM.ln2p, SYM.ln2q, 0.6931471805599453)), __builtin_log2(x.d)), x.d, 0); }
inline F m_log10(F x) { return settle(with(fdiv(m_log(x), sym(SYM.ln10p, SYM.ln10q, 2.302585092994046)), __builtin_log10(x.d)), x.d, 0); }
inline F m_log1p(F x) { return settle(with(m_log(fadd(x, num(1))), __builtin_log1p(x.d)), x.d, 0); }
#define FX_HASHED(name, at0)                                                             \
  inline F m_##name(F x) {                                                               \
    double d = __builtin_##name(x.d);                                                    \
    if (at0 && x.p == 0 && x.d == 0) { F e = embed(d); e.fl |= carry(x.fl, 0); return e; } \
    return hashed(#name, x, d);                                                          \
  }
FX_HASHED(cbrt, 1) FX_HASHED(sin, 1) FX_HASHED(cos, 1) FX_HASHED(tan, 1) FX_HASHED(asin, 1) FX_HASHED(acos, 0)
FX_HASHED(atan, 1) FX_HASHED(asinh, 1) FX_HASHED(acosh, 0) FX_HASHED(atanh, 1) FX_HASHED(erf, 1) FX_HASHED(erfc, 1)
FX_HASHED(tgamma, 0) FX_HASHED(lgamma, 0)
#undef FX_HASHED
inline F m_sinpi(F x) { return m_sin(fmul(x, sym(SYM.pip, SYM.piq, 3.141592653589793))); }
inline F m_cospi(F x) { return m_cos(fmul(x, sym(SYM.pip, SYM.piq, 3.141592653589793))); }
inline F m_normcdf(F x) {
  return fmul(num(0.5), m_erfc(fdiv(fneg(x), sym(SYM.sqrt2p, SYM.sqrt2q, 1.4142135623730951))));
}
inline F m_pow(F x, F y) {
  double d = __builtin_pow(x.d, y.d);
  if (y.d == __builtin_rint(y.d) && __builtin_fabs(y.d) <= 64 && y.p == embed(y.d).p) {
    int n = int(y.d); F r = num(1), b = n < 0 ? fdiv(num(1), x) : x;
    for (int i = 0; i < (n < 0 ? -n : n); ++i) r = fmul(r, b);
    r.fl |= carry(x.fl, y.fl); r.fl &= ~u32(LITERAL);
    return settle(with(r, d), x.d, y.d);
  }
  if (y.d == 0.5 && y.p == (P + 1) / 2) return m_sqrt(x);
  if (y.d == -0.5 && y.p == P - (P + 1) / 2) return m_rsqrt(x);
  return hashed("pow", x, d, y);
}
inline F m_fmod(F x, F y) { return hashed("fmod", x, __builtin_fmod(x.d, y.d), y); }
inline F m_atan2(F x, F y) { return hashed("atan2", x, __builtin_atan2(x.d, y.d), y); }
inline F m_hypot(F x, F y) { return with(m_sqrt(fadd(fmul(x, x), fmul(y, y))), __builtin_hypot(x.d, y.d)); }
inline F m_remainder(F x, F y) { return hashed("remainder", x, __builtin_remainder(x.d, y.d), y); }

// --- comparisons and choices, counted --------------------------------------------------------------------------------

inline int order(F a, F b) {  // LESS, EQUAL, GREATER; 0 with a NaN
  if (a.d != a.d || b.d != b.d) return 0;
  if (same(a, b) && finite(a.d)) return EQUAL;
  return a.d < b.d ? LESS : a.d > b.d ? GREATER : EQUAL;
}
inline int compare(F a, F b, int site) {
  use(a.fl, site); use(b.fl, site);
  int o = order(a, b), possible = 7;
  if ((b.fl & LITERAL) && (a.fl & NONNEG)) possible = b.d < 0 ? GREATER : b.d == 0 ? EQUAL | GREATER : 7;
  if ((a.fl & LITERAL) && (b.fl & NONNEG)) possible = a.d < 0 ? LESS : a.d == 0 ? EQUAL | LESS : 7;
  if ((a.fl & LITERAL) && !finite(a.d) && finite(b.d) && a.d == a.d) possible = a.d < 0 ? LESS : GREATER;
  if ((b.fl & LITERAL) && !finite(b.d) && finite(a.d) && b.d == b.d) possible = b.d < 0 ? GREATER : LESS;
  seen(site, o, possible);
  return o;
}
inline F f_min(F a, F b, int site) {
  int o = compare(a, b, site);
  F r = a.d != a.d ? b : b.d != b.d ? a : o == GREATER ? b : a;
  r.fl = (r.fl & ~u32(NONNEG | LITERAL)) | (a.fl & b.fl & NONNEG) | (integral(a) & integral(b));
  return r;
}
inline F f_max(F a, F b, int site) {
  int o = compare(a, b, site);
  F r = a.d != a.d ? b : b.d != b.d ? a : o == LESS ? b : a;
  bool nan = a.d != a.d || b.d != b.d;
  r.fl = (r.fl & ~u32(NONNEG | LITERAL)) | (nan ? 0u : (a.fl | b.fl) & NONNEG) | (integral(a) & integral(b));
  return r;
}
inline F m_fabs(F a, int site) {
  int o = compare(a, num(0), site);
  F r = o == LESS || (o == 0 && a.d < 0) || (o == EQUAL && __builtin_signbit(a.d)) ? fneg(a) : a;
  r.fl |= NONNEG; return r;
}
inline F m_copysign(F a, F b, int site) {
  F m = m_fabs(a, site); seen(site, order(b, num(0)));
  return __builtin_signbit(b.d) ? fneg(m) : m;
}
inline F m_fdim(F a, F b, int site) { int o = compare(a, b, site); return o == GREATER ? fsub(a, b) : o == 0 ? embed(a.d + b.d) : num(0); }
inline int side_of(double d, double edge) { return d < edge ? LESS : d > edge ? GREATER : EQUAL; }
inline F stepped(F a, double r, int site, bool half) {  // a step function: below, at and above a step
  use(a.fl, site);
  if (finite(a.d) && !integral(a)) {
    double f = __builtin_floor(a.d), edge = half ? f + 0.5 : __builtin_rint(a.d);
    seen(site, side_of(a.d, edge));
  }
  F e = embed(r); e.fl |= (carry(a.fl, 0) & ~u32(NOQ)) | (finite(r) ? u32(INTEGRAL) : 0u); return e;
}
inline F m_floor(F a, int s) { return stepped(a, __builtin_floor(a.d), s, false); }
inline F m_ceil(F a, int s) { return stepped(a, __builtin_ceil(a.d), s, false); }
inline F m_trunc(F a, int s) { return stepped(a, __builtin_trunc(a.d), s, false); }
inline F m_round(F a, int s) { return stepped(a, __builtin_round(a.d), s, true); }
inline F m_rint(F a, int s) { return stepped(a, __builtin_rint(a.d), s, true); }
inline bool test_site(bool v, int site) { seen(site, v ? GREATER : LESS, LESS | GREATER); return v; }
inline bool m_isnan(F a, int s) { use(a.fl, s); return test_site(a.d != a.d, s); }
inline bool m_isinf(F a, int s) { use(a.fl, s); return test_site(__builtin_isinf(a.d), s); }
inline bool m_isfinite(F a, int s) { use(a.fl, s); return test_site(finite(a.d), s); }
inline bool m_signbit(F a, int s) { use(a.fl, s); return test_site(__builtin_signbit(a.d), s); }

// --- integers that come from data ------------------------------------------------------------------------------------

template <class I> struct Range { static constexpr bool is_signed = I(-1) < I(0); static constexpr int bits = sizeof(I) * 8; };
template <class I> constexpr double low_of() { return Range<I>::is_signed ? -__builtin_ldexp(1.0, Range<I>::bits - 1) : 0.0; }
template <class I> constexpr double high_of() {
  return Range<I>::is_signed ? __builtin_ldexp(1.0, Range<I>::bits - 1) - 1 : __builtin_ldexp(1.0, Range<I>::bits) - 1;
}
template <> constexpr double high_of<bool>() { return 1; }
template <class I> constexpr bool fits(double lo, double hi) {
  return lo >= low_of<I>() && (sizeof(I) == 8 ? hi < high_of<I>() * (1 - 1e-15) : hi <= high_of<I>());
}
inline double out_lo(double v) { return v < -4503599627370496.0 || v > 4503599627370496.0 ? v - __builtin_fabs(v) * 4e-16 : v; }
inline double out_hi(double v) { return v < -4503599627370496.0 || v > 4503599627370496.0 ? v + __builtin_fabs(v) * 4e-16 : v; }

template <class I> struct T {
  I v; u64 p, q; double lo, hi; u32 fl;
  T() = default;
  T(I x) : v(x), lo(out_lo(double(x))), hi(out_hi(double(x))), fl(0) {
    if (Range<I>::is_signed) { p = signed_mod(i64(x), P); q = signed_mod(i64(x), Q); }
    else { p = u64(x) % P; q = u64(x) % Q; }
  }
  T(I x, u64 pp, u64 qq, double l, double h, u32 f) : v(x), p(pp), q(qq), lo(out_lo(l)), hi(out_hi(h)), fl(f) {
    if (!fits<I>(lo, hi)) { fl |= WRAP; lo = low_of<I>(); hi = high_of<I>(); }
  }
};
template <class I> I plain(const T<I> &a, int site) {  // the native value, where only that will do
  use(a.fl, site);
  if (a.fl & WRAP) limit("possible overflow of integer data", site);
  return a.v;
}
template <class I> i64 ix(const T<I> &a, int site) { return i64(plain(a, site)); }
template <class I> inline i64 ix(I a, int) { return i64(a); }
template <class I> inline I plain(I a, int) { return a; }
inline u32 icarry(u32 a, u32 b) { return ((a | b) & (BAD_LANE | UNSET | WRAP)) | ((a & 6) ? a & 0xffffff00u : b & 0xffffff00u); }

template <class I> inline I native_bad(bool bad, I r, int site) { if (bad && sizeof(I) >= 4) defect(OVERFLOW_INT, site); return r; }
template <class I> inline I iadd(I a, I b, int s) { I r; bool o = __builtin_add_overflow(a, b, &r); return Range<I>::is_signed ? native_bad(o, r, s) : r; }
template <class I> inline I isub(I a, I b, int s) { I r; bool o = __builtin_sub_overflow(a, b, &r); return Range<I>::is_signed ? native_bad(o, r, s) : r; }
template <class I> inline I imul(I a, I b, int s) { I r; bool o = __builtin_mul_overflow(a, b, &r); return Range<I>::is_signed ? native_bad(o, r, s) : r; }
inline bool iadd(bool a, bool b, int) { return a | b; }
inline bool isub(bool a, bool b, int) { return a ^ b; }
inline bool imul(bool a, bool b, int) { return a & b; }
template <class I> inline T<I> iadd(T<I> a, T<I> b, int) {
  I r; (void)__builtin_add_overflow(a.v, b.v, &r);
  return T<I>(r, addm(a.p, b.p, P), addm(a.q, b.q, Q), a.lo + b.lo, a.hi + b.hi, icarry(a.fl, b.fl));
}
template <class I> inline T<I> isub(T<I> a, T<I> b, int) {
  I r; (void)__builtin_sub_overflow(a.v, b.v, &r);
  return T<I>(r, subm(a.p, b.p, P), subm(a.q, b.q, Q), a.lo - b.hi, a.hi - b.lo, icarry(a.fl, b.fl));
}
inline double min4(double a, double b, double c, double d) { return __builtin_fmin(__builtin_fmin(a, b), __builtin_fmin(c, d)); }
inline double max4(double a, double b, double c, double d) { return __builtin_fmax(__builtin_fmax(a, b), __builtin_fmax(c, d)); }
template <class I> inline T<I> imul(T<I> a, T<I> b, int) {
  I r; (void)__builtin_mul_overflow(a.v, b.v, &r);
  double w = a.lo * b.lo, x = a.lo * b.hi, y = a.hi * b.lo, z = a.hi * b.hi;
  return T<I>(r, mulm(a.p, b.p, P), mulm(a.q, b.q, Q), min4(w, x, y, z), max4(w, x, y, z), icarry(a.fl, b.fl));
}
template <class I> inline I ineg(I a, int s) { return isub(I(0), a, s); }
template <class I> inline T<I> ineg(T<I> a, int s) { return isub(T<I>(0), a, s); }
template <class I> inline I inot(I a, int) { return I(~a); }
template <class I> inline T<I> inot(T<I> a, int s) { return isub(isub(T<I>(0), a, s), T<I>(1), s); }

template <class I> inline I idiv(I a, I b, int s) {
  if (b == 0) { defect(DIVIDE, s); return 0; }
  if (Range<I>::is_signed && b == I(-1)) return isub(I(0), a, s);
  return I(a / b);
}
template <class I> inline I imod(I a, I b, int s) {
  if (b == 0) { defect(DIVIDE, s); return 0; }
  if (Range<I>::is_signed && b == I(-1)) return 0;
  return I(a % b);
}
template <class I> inline I ifloordiv(I a, I b, int s) {
  I k = idiv(a, b, s); return b != 0 && imod(a, b, s) != 0 && ((a < 0) != (b < 0)) ? I(k - 1) : k;
}
template <class I> inline I ifloormod(I a, I b, int s) {
  I r = imod(a, b, s); return r != 0 && ((r < 0) != (b < 0)) ? I(r + b) : r;
}
template <class I> inline I iand(I a, I b, int) { return I(a & b); }
template <class I> inline I ior(I a, I b, int) { return I(a | b); }
template <class I> inline I ixor(I a, I b, int) { return I(a ^ b); }
template <class I> inline bool bad_count(I b, int s) {
  bool bad = b < 0 || u64(b) >= u64(Range<I>::bits); if (bad) defect(SHIFT, s, i64(b)); return bad;
}
template <class I> inline I ishl(I a, I b, int s) { return bad_count(b, s) ? I(0) : I(u64(a) << int(b)); }
template <class I> inline I ishr(I a, I b, int s) { return bad_count(b, s) ? I(0) : I(a >> int(b)); }
#define FX_LIMITED(op)                                                             \
  template <class I> inline T<I> op(T<I> a, T<I> b, int s) {                       \
    use(a.fl, s); use(b.fl, s);                                                    \
    if (a.lo != a.hi || b.lo != b.hi || ((a.fl | b.fl) & WRAP)) limit("integer data through " #op, s); \
    T<I> r(op(a.v, b.v, s)); r.lo = low_of<I>(); r.hi = high_of<I>(); return r;     \
  }
FX_LIMITED(idiv) FX_LIMITED(imod) FX_LIMITED(ifloordiv) FX_LIMITED(ifloormod) FX_LIMITED(iand) FX_LIMITED(ior)
FX_LIMITED(ixor) FX_LIMITED(ishr)
#undef FX_LIMITED
template <class I> inline T<I> ishl(T<I> a, T<I> b, int s) {
  if (b.lo == b.hi && b.v >= 0 && int(b.v) < Range<I>::bits - 1) return imul(a, T<I>(I(I(1) << int(b.v))), s);
  limit("integer data through a shift", s);
  T<I> r(ishl(a.v, b.v, s)); r.lo = low_of<I>(); r.hi = high_of<I>(); return r;
}
template <class I> inline int compare(T<I> a, T<I> b, int site) {
  I x = plain(a, site), y = plain(b, site);
  int o = x < y ? LESS : y < x ? GREATER : EQUAL;
  int possible = (a.lo < b.hi ? LESS : 0) | (a.hi > b.lo ? GREATER : 0) | (a.hi >= b.lo && a.lo <= b.hi ? EQUAL : 0);
  seen(site, o, possible);
  return o;
}
template <class I> inline int compare(I a, I b, int) { return a < b ? LESS : b < a ? GREATER : EQUAL; }
template <class I> inline T<I> i_min(T<I> a, T<I> b, int s) {
  T<I> r = compare(a, b, s) == GREATER ? b : a; r.lo = __builtin_fmin(a.lo, b.lo); r.hi = __builtin_fmin(a.hi, b.hi); return r;
}
template <class I> inline T<I> i_max(T<I> a, T<I> b, int s) {
  T<I> r = compare(a, b, s) == LESS ? b : a; r.lo = __builtin_fmax(a.lo, b.lo); r.hi = __builtin_fmax(a.hi, b.hi); return r;
}
template <class I> inline void apart(I a, I b, int s) { seen(s, a < b ? LESS : b < a ? GREATER : EQUAL, LESS | GREATER); }
template <class I> inline I i_min(I a, I b, int s) { apart(a, b, s); return b < a ? b : a; }
template <class I> inline I i_max(I a, I b, int s) { apart(a, b, s); return a < b ? b : a; }
// A value that data chose, and what it lies between whatever the choice.
template <class I> inline T<I> hull(T<I> a, double lo, double hi) {
  a.lo = __builtin_fmin(a.lo, lo); a.hi = __builtin_fmax(a.hi, hi); return a;
}
template <class I> inline I hull(I a, double, double) { return a; }
template <class I> inline double low_end(const T<I> &a) { return a.lo; }
template <class I> inline double high_end(const T<I> &a) { return a.hi; }
template <class I> inline double low_end(I a) { return double(a); }
template <class I> inline double high_end(I a) { return double(a); }
template <class To, class I> inline I fitting(I a, int s) {
  if (I(To(a)) != a) limit("narrowing of a value that data chose", s);
  return a;
}
template <class I> inline T<I> i_abs(T<I> a, int s) {
  T<I> r = compare(a, T<I>(0), s) == LESS ? ineg(a, s) : a; r.lo = 0; r.hi = __builtin_fmax(-a.lo, a.hi); return r;
}
template <class I> inline I i_abs(I a, int) { return a < 0 ? I(u64(0) - u64(a)) : a; }
template <class I> inline i32 i_popcount(I a, int) { return __builtin_popcountll(u64(a) & (~0ULL >> (64 - Range<I>::bits))); }
template <class I> inline i32 i_clz(I a, int) {
  u64 x = u64(a) & (~0ULL >> (64 - Range<I>::bits)); return x ? __builtin_clzll(x) - (64 - Range<I>::bits) : Range<I>::bits;
}
template <class I> inline i32 i_ffs(I a, int) { return __builtin_ffsll(i64(u64(a) & (~0ULL >> (64 - Range<I>::bits)))); }
template <class I> inline I i_brev(I a, int) {
  u64 x = u64(a), r = 0; for (int i = 0; i < Range<I>::bits; ++i) r |= (x >> i & 1) << (Range<I>::bits - 1 - i); return I(r);
}
template <class I> inline I i_mulhi(I a, I b, int) {
  if (Range<I>::is_signed) return I(((__int128)a * b) >> Range<I>::bits);
  return I(((unsigned __int128)a * b) >> Range<I>::bits);
}
template <class R, class I> inline T<R> opaque(R v, const T<I> &a, const char *what, int s) {
  use(a.fl, s); limit(what, s); T<R> r(v); r.lo = low_of<R>(); r.hi = high_of<R>(); return r;
}
template <class I> inline T<i32> i_popcount(T<I> a, int s) { return opaque<i32>(i_popcount(a.v, s), a, "integer data through popcount", s); }
template <class I> inline T<i32> i_clz(T<I> a, int s) { return opaque<i32>(i_clz(a.v, s), a, "integer data through clz", s); }
template <class I> inline T<i32> i_ffs(T<I> a, int s) { return opaque<i32>(i_ffs(a.v, s), a, "integer data through ffs", s); }
template <class I> inline T<I> i_brev(T<I> a, int s) { return opaque<I>(i_brev(a.v, s), a, "integer data through brev", s); }
template <class I> inline T<I> i_mulhi(T<I> a, T<I> b, int s) { return opaque<I>(i_mulhi(a.v, b.v, s), a, "integer data through mulhi", s); }

// --- conversions -----------------------------------------------------------------------------------------------------

template <class To, class From> struct Convert;
template <class A, class B> struct Convert { static A go(B x, int) { return A(x); } };
template <class B> struct Convert<bool, B> { static bool go(B x, int) { return x != 0; } };
template <class A, class B> struct Convert<T<A>, T<B>> {
  static T<A> go(const T<B> &x, int s) {
    if ((x.fl & WRAP) && sizeof(A) > sizeof(B)) {
      limit("possible overflow before widening", s); T<A> r(A(x.v)); r.lo = low_of<B>(); r.hi = high_of<B>(); return r;
    }
    return T<A>(A(x.v), x.p, x.q, x.lo, x.hi, x.fl);
  }
};
template <class A, class B> struct Convert<T<A>, B> { static T<A> go(B x, int) { return T<A>(A(x)); } };
template <class A> struct Convert<T<A>, bool> { static T<A> go(bool x, int) { T<A> r((A(x))); r.lo = 0; r.hi = 1; return r; } };
template <class B> struct Convert<bool, T<B>> { static bool go(const T<B> &x, int s) { return compare(x, T<B>(0), s) != EQUAL; } };
template <class A> struct Convert<T<A>, F> {
  static T<A> go(F x, int s) {
    F t = stepped(x, __builtin_trunc(x.d), s, false);
    bool in = t.d >= low_of<A>() && t.d <= high_of<A>() && (sizeof(A) < 8 || t.d < high_of<A>() * (1 - 1e-15));
    if (!in) { limit("float to integer out of range", s); return T<A>(A(0)); }
    T<A> r(A(t.d)); r.lo = low_of<A>(); r.hi = high_of<A>(); return r;
  }
};
template <> struct Convert<bool, F> { static bool go(F x, int s) { return compare(x, num(0), s) != EQUAL; } };
template <class B> struct Convert<F, T<B>> {
  static F go(const T<B> &x, int s) {
    if (x.fl & WRAP) { limit("possible overflow before conversion to float", s); use(x.fl, s); return embed(double(x.v)); }
    return F{x.p, x.q, double(x.v), INTEGRAL | (x.fl & (6 | 0xffffff00u)) | (x.lo >= 0 ? u32(NONNEG) : 0u)};
  }
};
template <class B> struct Convert<F, B> {
  static F go(B x, int) { T<B> t(x); return F{t.p, t.q, double(x), LITERAL | (x >= 0 ? u32(NONNEG) : 0u)}; }
};
template <> struct Convert<F, bool> { static F go(bool x, int) { return F{x, x, double(x), NONNEG}; } };
template <> struct Convert<F, F> { static F go(F x, int) { return x; } };
template <class A, class B> inline A to(const B &x, int site) { return Convert<A, B>::go(x, site); }
}  // namespace fx
