// What kernels use of the C and C++ libraries: sized integers, limits, mathematics, small templates.
//
// User files' own #include lines are served empty, so these declarations are all there is of <cmath>, <cstdint> ...
#pragma once

typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
typedef unsigned long size_t;
typedef long ptrdiff_t;
typedef long intptr_t;
typedef unsigned long uintptr_t;
typedef unsigned int uint;
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned long ulong;

#ifndef NULL
#define NULL 0
#endif
#define INFINITY (__builtin_inff())
#define NAN (__builtin_nanf(""))
#define HUGE_VALF (__builtin_inff())
#define HUGE_VAL (__builtin_inf())
#define FLT_MAX 3.402823466e+38F
#define FLT_MIN 1.175494351e-38F
#define FLT_EPSILON 1.192092896e-07F
#define DBL_MAX 1.7976931348623157e+308
#define DBL_MIN 2.2250738585072014e-308
#define DBL_EPSILON 2.2204460492503131e-16
#define CHAR_BIT 8
#define SCHAR_MIN (-128)
#define SCHAR_MAX 127
#define UCHAR_MAX 255
#define CHAR_MIN (-128)
#define CHAR_MAX 127
#define SHRT_MIN (-32768)
#define SHRT_MAX 32767
#define USHRT_MAX 65535
#define INT_MIN (-2147483647 - 1)
#define INT_MAX 2147483647
#define UINT_MAX 4294967295U
#define LLONG_MIN (-9223372036854775807LL - 1)
#define LLONG_MAX 9223372036854775807LL
#define ULLONG_MAX 18446744073709551615ULL
#define LONG_MIN (-9223372036854775807L - 1)
#define LONG_MAX 9223372036854775807L
#define ULONG_MAX 18446744073709551615UL
#define INT8_MIN SCHAR_MIN
#define INT8_MAX SCHAR_MAX
#define UINT8_MAX UCHAR_MAX
#define INT16_MIN SHRT_MIN
#define INT16_MAX SHRT_MAX
#define UINT16_MAX USHRT_MAX
#define INT32_MIN INT_MIN
#define INT32_MAX INT_MAX
#define UINT32_MAX UINT_MAX
#define INT64_MIN LONG_MIN
#define INT64_MAX LONG_MAX
#define UINT64_MAX ULONG_MAX
#define SIZE_MAX ULONG_MAX
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_E 2.7182818284590452354
#define M_LOG2E 1.4426950408889634074
#define M_LOG10E 0.43429448190325182765
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_SQRT2 1.41421356237309504880
#define M_SQRT1_2 0.70710678118654752440
#define M_1_PI 0.31830988618379067154
#define M_2_PI 0.63661977236758134308
#define M_2_SQRTPI 1.12837916709551257390

namespace std {
using ::size_t; using ::ptrdiff_t; using ::intptr_t; using ::uintptr_t;
using ::int8_t; using ::int16_t; using ::int32_t; using ::int64_t;
using ::uint8_t; using ::uint16_t; using ::uint32_t; using ::uint64_t;
typedef decltype(nullptr) nullptr_t;
template <class T, T V> struct integral_constant {
  static constexpr T value = V;
  typedef T value_type;
  constexpr operator T() const { return V; }
};
template <bool V> using bool_constant = integral_constant<bool, V>;
typedef bool_constant<true> true_type;
typedef bool_constant<false> false_type;
template <class A, class B> struct is_same : false_type {};
template <class A> struct is_same<A, A> : true_type {};
template <class A, class B> constexpr bool is_same_v = is_same<A, B>::value;
template <bool C, class A, class B> struct conditional { typedef A type; };
template <class A, class B> struct conditional<false, A, B> { typedef B type; };
template <bool C, class A, class B> using conditional_t = typename conditional<C, A, B>::type;
template <bool C, class T = void> struct enable_if {};
template <class T> struct enable_if<true, T> { typedef T type; };
template <bool C, class T = void> using enable_if_t = typename enable_if<C, T>::type;
template <class...> using void_t = void;
template <class T> struct remove_reference { typedef T type; };
template <class T> struct remove_reference<T &> { typedef T type; };
template <class T> struct remove_reference<T &&> { typedef T type; };
template <class T> using remove_reference_t = typename remove_reference<T>::type;
template <class T> struct remove_cv { typedef T type; };
template <class T> struct remove_cv<const T> { typedef T type; };
template <class T> struct remove_cv<volatile T> { typedef T type; };
template <class T> struct remove_cv<const volatile T> { typedef T type; };
template <class T> using remove_cv_t = typename remove_cv<T>::type;
template <class T> struct remove_const { typedef T type; };
template <class T> struct remove_const<const T> { typedef T type; };
template <class T> using remove_const_t = typename remove_const<T>::type;
template <class T> using decay_t = remove_cv_t<remove_reference_t<T>>;
template <class T> struct decay { typedef decay_t<T> type; };
template <class T> struct is_pointer : false_type {};
template <class T> struct is_pointer<T *> : true_type {};
template <class T> struct falcon_integral : false_type {};
template <class T> struct falcon_floating : false_type {};
#define FALCON_INTEGRAL(T) template <> struct falcon_integral<T> : true_type {};
FALCON_INTEGRAL(bool) FALCON_INTEGRAL(char) FALCON_INTEGRAL(signed char) FALCON_INTEGRAL(unsigned char) FALCON_INTEGRAL(short)
FALCON_INTEGRAL(unsigned short) FALCON_INTEGRAL(int) FALCON_INTEGRAL(unsigned) FALCON_INTEGRAL(long)
FALCON_INTEGRAL(unsigned long) FALCON_INTEGRAL(long long) FALCON_INTEGRAL(unsigned long long)
template <> struct falcon_floating<float> : true_type {};
template <> struct falcon_floating<double> : true_type {};
template <class T> struct is_integral : falcon_integral<remove_cv_t<T>> {};
template <class T> struct is_floating_point : falcon_floating<remove_cv_t<T>> {};
template <class T> struct is_arithmetic : bool_constant<is_integral<T>::value || is_floating_point<T>::value> {};
template <class T> struct is_signed : bool_constant<is_arithmetic<T>::value && (T(-1) < T(0))> {};
template <class T> struct is_unsigned : bool_constant<is_integral<T>::value && !(T(-1) < T(0))> {};
template <class T> constexpr bool is_integral_v = is_integral<T>::value;
template <class T> constexpr bool is_floating_point_v = is_floating_point<T>::value;
template <class T> constexpr bool is_arithmetic_v = is_arithmetic<T>::value;
template <class T> constexpr bool is_signed_v = is_signed<T>::value;
template <class T> constexpr bool is_unsigned_v = is_unsigned<T>::value;
template <class T> constexpr bool is_pointer_v = is_pointer<T>::value;
template <class T> T &&declval() noexcept;
template <class T> constexpr remove_reference_t<T> &&move(T &&x) noexcept { return static_cast<remove_reference_t<T> &&>(x); }
template <class T> constexpr T &&forward(remove_reference_t<T> &x) noexcept { return static_cast<T &&>(x); }
template <class T> constexpr void swap(T &a, T &b) { T old = a; a = b; b = old; }
template <class T> constexpr const T &min(const T &a, const T &b) { return b < a ? b : a; }
template <class T> constexpr const T &max(const T &a, const T &b) { return a < b ? b : a; }
template <class T> constexpr const T &clamp(const T &x, const T &low, const T &high) { return x < low ? low : high < x ? high : x; }
template <class T, size_t N> struct array {
  T falcon_at[N];
  constexpr T &operator[](size_t i) { return falcon_at[i]; }
  constexpr const T &operator[](size_t i) const { return falcon_at[i]; }
  constexpr size_t size() const { return N; }
  constexpr T *data() { return falcon_at; }
  constexpr T *begin() { return falcon_at; }
  constexpr T *end() { return falcon_at + N; }
  constexpr const T *begin() const { return falcon_at; }
  constexpr const T *end() const { return falcon_at + N; }
};
template <class A, class B> struct pair { A first; B second; };

template <class T> struct numeric_limits { static constexpr bool is_specialized = false; };
#define FALCON_LIMITS(T, low, high, least, eps, inf, nan, integer)       \
  template <> struct numeric_limits<T> {                                 \
    static constexpr bool is_specialized = true, is_integer = integer;   \
    static constexpr T lowest() { return low; }                          \
    static constexpr T min() { return least; }                           \
    static constexpr T max() { return high; }                            \
    static constexpr T epsilon() { return eps; }                         \
    static constexpr T infinity() { return inf; }                        \
    static constexpr T quiet_NaN() { return nan; }                       \
  };
#define FALCON_INT_LIMITS(T, low, high) FALCON_LIMITS(T, low, high, low, 0, 0, 0, true)
FALCON_LIMITS(float, -FLT_MAX, FLT_MAX, FLT_MIN, FLT_EPSILON, INFINITY, NAN, false)
FALCON_LIMITS(double, -DBL_MAX, DBL_MAX, DBL_MIN, DBL_EPSILON, __builtin_inf(), __builtin_nan(""), false)
FALCON_INT_LIMITS(signed char, -128, 127) FALCON_INT_LIMITS(unsigned char, 0, 255) FALCON_INT_LIMITS(char, -128, 127)
FALCON_INT_LIMITS(short, -32768, 32767) FALCON_INT_LIMITS(unsigned short, 0, 65535)
FALCON_INT_LIMITS(int, INT_MIN, INT_MAX) FALCON_INT_LIMITS(unsigned, 0, UINT_MAX)
FALCON_INT_LIMITS(long, LONG_MIN, LONG_MAX) FALCON_INT_LIMITS(unsigned long, 0, ULONG_MAX)
FALCON_INT_LIMITS(long long, LLONG_MIN, LLONG_MAX) FALCON_INT_LIMITS(unsigned long long, 0, ULLONG_MAX)
}  // namespace std

// --- mathematics: C's functions for double and float, C++'s overloads, std:: -------------------------------------------

#define FALCON_OF_INTEGER(name) \
  template <class T> inline std::enable_if_t<std::is_integral_v<T>, double> name(T x) { return name((double)x); }
#define FALCON_MATH(note, name)                                      \
  extern "C" FALCON_NOTE(note) double name(double) noexcept;         \
  extern "C" FALCON_NOTE(note) float name##f(float) noexcept;        \
  FALCON_NOTE(note) inline float name(float x) { return name##f(x); } \
  FALCON_OF_INTEGER(name)                                            \
  namespace std { using ::name; using ::name##f; }
#define FALCON_MATH2(note, name)                                                      \
  extern "C" FALCON_NOTE(note) double name(double, double) noexcept;                  \
  extern "C" FALCON_NOTE(note) float name##f(float, float) noexcept;                  \
  FALCON_NOTE(note) inline float name(float x, float y) { return name##f(x, y); }     \
  inline double name(double x, int y) { return name(x, (double)y); }                  \
  inline float name(float x, int y) { return name##f(x, (float)y); }                  \
  inline double name(float x, double y) { return name((double)x, y); }                \
  inline double name(double x, float y) { return name(x, (double)y); }                \
  inline double name(int x, double y) { return name((double)x, y); }                  \
  inline float name(int x, float y) { return name##f((float)x, y); }                  \
  inline double name(int x, int y) { return name((double)x, (double)y); }             \
  namespace std { using ::name; using ::name##f; }
FALCON_MATH("ir:apply exp", exp) FALCON_MATH("ir:apply exp2", exp2) FALCON_MATH("ir:apply exp10", exp10)
FALCON_MATH("ir:apply expm1", expm1) FALCON_MATH("ir:apply log", log) FALCON_MATH("ir:apply log2", log2)
FALCON_MATH("ir:apply log10", log10) FALCON_MATH("ir:apply log1p", log1p) FALCON_MATH("ir:apply sqrt", sqrt)
FALCON_MATH("ir:apply cbrt", cbrt) FALCON_MATH("ir:apply sin", sin) FALCON_MATH("ir:apply cos", cos)
FALCON_MATH("ir:apply tan", tan) FALCON_MATH("ir:apply asin", asin) FALCON_MATH("ir:apply acos", acos)
FALCON_MATH("ir:apply atan", atan) FALCON_MATH("ir:apply sinh", sinh) FALCON_MATH("ir:apply cosh", cosh)
FALCON_MATH("ir:apply tanh", tanh) FALCON_MATH("ir:apply asinh", asinh) FALCON_MATH("ir:apply acosh", acosh)
FALCON_MATH("ir:apply atanh", atanh) FALCON_MATH("ir:apply erf", erf) FALCON_MATH("ir:apply erfc", erfc)
FALCON_MATH("ir:apply tgamma", tgamma) FALCON_MATH("ir:apply lgamma", lgamma) FALCON_MATH("ir:apply floor", floor)
FALCON_MATH("ir:apply ceil", ceil) FALCON_MATH("ir:apply trunc", trunc) FALCON_MATH("ir:apply round", round)
FALCON_MATH("ir:apply rint", rint) FALCON_MATH("ir:apply rint", nearbyint) FALCON_MATH("ir:apply fabs", fabs)
FALCON_MATH2("ir:apply pow", pow) FALCON_MATH2("ir:apply fmod", fmod) FALCON_MATH2("ir:apply atan2", atan2)
FALCON_MATH2("ir:apply copysign", copysign) FALCON_MATH2("ir:apply hypot", hypot) FALCON_MATH2("ir:apply fdim", fdim)
FALCON_MATH2("ir:apply remainder", remainder) FALCON_MATH2("ir:binary min", fmin) FALCON_MATH2("ir:binary max", fmax)
extern "C" FALCON_NOTE("ir:apply fma") double fma(double, double, double) noexcept;
extern "C" FALCON_NOTE("ir:apply fma") float fmaf(float, float, float) noexcept;
FALCON_NOTE("ir:apply fma") inline float fma(float a, float b, float c) { return fmaf(a, b, c); }

FALCON_NOTE("ir:apply isnan") inline bool falcon_isnan(float x) FALCON_BODY(return __builtin_isnan(x);)
FALCON_NOTE("ir:apply isnan") inline bool falcon_isnan(double x) FALCON_BODY(return __builtin_isnan(x);)
FALCON_NOTE("ir:apply isinf") inline bool falcon_isinf(float x) FALCON_BODY(return __builtin_isinf(x);)
FALCON_NOTE("ir:apply isinf") inline bool falcon_isinf(double x) FALCON_BODY(return __builtin_isinf(x);)
FALCON_NOTE("ir:apply isfinite") inline bool falcon_isfinite(float x) FALCON_BODY(return __builtin_isfinite(x);)
FALCON_NOTE("ir:apply isfinite") inline bool falcon_isfinite(double x) FALCON_BODY(return __builtin_isfinite(x);)
FALCON_NOTE("ir:apply signbit") inline bool falcon_signbit(float x) FALCON_BODY(return __builtin_signbit(x);)
FALCON_NOTE("ir:apply signbit") inline bool falcon_signbit(double x) FALCON_BODY(return __builtin_signbit(x);)
// Templates, so that a user's own overload for one type is taken before them.
template <class T> inline bool isnan(T x) { return falcon_isnan(x); }
template <class T> inline bool isinf(T x) { return falcon_isinf(x); }
template <class T> inline bool isfinite(T x) { return falcon_isfinite(x); }
template <class T> inline bool signbit(T x) { return falcon_signbit(x); }

namespace falcon {
FALCON_NOTE("ir:apply abs") inline int abs_of(int x) FALCON_BODY(return x < 0 ? -(unsigned)x : x;)
FALCON_NOTE("ir:apply abs") inline long abs_of(long x) FALCON_BODY(return x < 0 ? -(unsigned long)x : x;)
FALCON_NOTE("ir:apply abs") inline long long abs_of(long long x) FALCON_BODY(return x < 0 ? -(unsigned long long)x : x;)
FALCON_NOTE("ir:apply fabs") inline float abs_of(float x) FALCON_BODY(return __builtin_fabsf(x);)
FALCON_NOTE("ir:apply fabs") inline double abs_of(double x) FALCON_BODY(return __builtin_fabs(x);)
}  // namespace falcon
extern "C" FALCON_NOTE("ir:apply abs") int abs(int) noexcept;
extern "C" FALCON_NOTE("ir:apply abs") long labs(long) noexcept;
extern "C" FALCON_NOTE("ir:apply abs") long long llabs(long long) noexcept;
inline long abs(long x) { return falcon::abs_of(x); }
inline long long abs(long long x) { return falcon::abs_of(x); }
inline float abs(float x) { return falcon::abs_of(x); }
inline double abs(double x) { return falcon::abs_of(x); }
namespace std {
using ::memcpy; using ::memset;
using ::abs; using ::fma; using ::isnan; using ::isinf; using ::isfinite; using ::signbit; using ::fmaf;
}
inline long lrintf(float x) { return (long)rintf(x); }
inline long lrint(double x) { return (long)rint(x); }
inline long lroundf(float x) { return (long)roundf(x); }
inline long lround(double x) { return (long)round(x); }
inline float ldexpf(float x, int e) { return x * exp2f((float)e); }
template <class... A> FALCON_NOTE("ir:drop") inline int printf(const char *, A...) { return 0; }
#define assert(c) ((void)0)
#ifdef FALCON_LIFT
// The compiler's own names of the same functions.
#define __builtin_sqrtf sqrtf
#define __builtin_sqrt sqrt
#define __builtin_fabsf fabsf
#define __builtin_fabs fabs
#define __builtin_fmaxf fmaxf
#define __builtin_fminf fminf
#define __builtin_fmaf fmaf
#define __builtin_fma fma
#define __builtin_expf expf
#define __builtin_logf logf
#define __builtin_powf powf
#define __builtin_tanhf tanhf
FALCON_NOTE("ir:apply popcount") int falcon_popcount(unsigned x);
FALCON_NOTE("ir:apply popcount") int falcon_popcount(unsigned long long x);
FALCON_NOTE("ir:apply clz") int falcon_clz(unsigned x);
FALCON_NOTE("ir:apply clz") int falcon_clz(unsigned long long x);
FALCON_NOTE("ir:apply ffs") int falcon_ffs(int x);
FALCON_NOTE("ir:apply ffs") int falcon_ffs(long long x);
#define __builtin_popcount(x) falcon_popcount((unsigned)(x))
#define __builtin_popcountll(x) falcon_popcount((unsigned long long)(x))
#define __builtin_clz(x) falcon_clz((unsigned)(x))
#define __builtin_clzll(x) falcon_clz((unsigned long long)(x))
#define __builtin_ffs(x) falcon_ffs((int)(x))
#define __builtin_ffsll(x) falcon_ffs((long long)(x))
#endif
