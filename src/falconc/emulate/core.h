// The vocabulary of every meaning.h, in two readings: declarations for the lifter (FALCON_LIFT), the emulator otherwise.
//
//   NEED(c)                    a constraint on the arguments of an intrinsic
//   falcon::lanes<T> V(v)      what every lane of the wave passes as v: V[k]; V(v, mask): these lanes must arrive
//   falcon::arrived(V)         which lanes did, as bits
//   falcon::lane()             number of this lane in its wave
//   FALCON_SITE, FALCON_AT ... last parameter of a function that waits, and its uses: where in the text it was called
//   FALCON_NOTE("...")         for the lifter: what a declaration is (ir:apply exp, ir:barrier block, trust=documented ...)
//
// FALCON_LANES, set by a meaning.h before it includes this file, is the width of a wave.
#pragma once

typedef unsigned long long falcon_bits;

#ifdef FALCON_LIFT

#define FALCON_NOTE(text) __attribute__((annotate(text)))
#define NEED(c) falcon::need(c)
#define FALCON_SITE
#define FALCON_ONLY_SITE
#define FALCON_AT
#define FALCON_PASS_SITE
#define FALCON_BODY(...) ;
extern "C" FALCON_NOTE("ir:copy") void *memcpy(void *to, const void *from, unsigned long bytes) noexcept;
extern "C" FALCON_NOTE("ir:fill") void *memset(void *to, int byte, unsigned long bytes) noexcept;
namespace falcon {
typedef _Float16 f16;
typedef __bf16 bf16;
void need(bool holds);
int lane();
template <class T> struct lanes {
  lanes(T value);
  lanes(T value, falcon_bits mask);
  T operator[](int lane) const;
};
template <class T> falcon_bits arrived(const lanes<T> &of);
}  // namespace falcon

#else

#include "runtime.h"

#define FALCON_NOTE(text)
#define NEED(c) ((c) ? (void)0 : falcon::broken(#c, __func__))
#define FALCON_SITE , int falcon_site = falcon::place(FALCON_HERE)
#define FALCON_ONLY_SITE int falcon_site = falcon::place(FALCON_HERE)
#define FALCON_AT , falcon_site
#define FALCON_PASS_SITE falcon_site
#define FALCON_BODY(...) { __VA_ARGS__ }
extern "C" void *memcpy(void *, const void *, unsigned long) noexcept;
extern "C" void *memset(void *, int, unsigned long) noexcept;
extern "C" int mprotect(void *, unsigned long, int) noexcept;

// Line and column of a call, in the order of the text. (__builtin_source_location gives a pointer to a type of this name.)
#if defined(__clang__)
#define FALCON_HERE __builtin_LINE(), __builtin_COLUMN()
#else
namespace std { struct source_location { struct __impl { const char *_M_file_name, *_M_function_name; unsigned _M_line, _M_column; }; }; }
#define FALCON_HERE (const std::source_location::__impl *)__builtin_source_location()
#endif

namespace falcon {
constexpr int place(unsigned line, unsigned column) { return (int)(line << 12 | (column < 4095 ? column : 4095)); }
#if !defined(__clang__)
constexpr int place(const std::source_location::__impl *here) { return place(here->_M_line, here->_M_column); }
#endif

typedef _Float16 f16;

// Rounds to nearest, ties to even, after every operation: the result of a float operation on bfloat16 values, rounded
// once more, is the correctly rounded one (24 >= 2 * 8 + 2 bits).
struct bf16 {
  unsigned short bits;
  bf16() = default;
  static float narrow(float x) { return x; }
  // Rounded to odd, so that the second rounding is the only one that counts.
  static float narrow(double x) {
    float f = (float)x;
    unsigned u;
    memcpy(&u, &f, 4);
    if ((double)f != x && x - x == 0 && f - f == 0 && !(u & 1)) u += ((double)f < x) == (x > 0) ? 1 : -1;
    memcpy(&f, &u, 4);
    return f;
  }
  template <class T> static unsigned short round(T x) {
    float f = narrow(x);
    unsigned u;
    memcpy(&u, &f, 4);
    if ((u & 0x7fffffffu) > 0x7f800000u) return (unsigned short)(u >> 16 | 64);
    return (unsigned short)((u + 0x7fffu + (u >> 16 & 1)) >> 16);
  }
  bf16(float x) : bits(round(x)) {}
  bf16(double x) : bits(round(x)) {}
  template <class T, class = decltype((double)T())> bf16(T x) : bits(round((double)x)) {}
  operator float() const {
    unsigned u = (unsigned)bits << 16;
    float f;
    memcpy(&f, &u, 4);
    return f;
  }
};
#define FALCON_BF16(op)                                                                    \
  inline bf16 operator op(bf16 a, bf16 b) { return bf16((float)a op(float) b); }           \
  inline bf16 &operator op##=(bf16 &a, bf16 b) { return a = bf16((float)a op(float) b); }
FALCON_BF16(+) FALCON_BF16(-) FALCON_BF16(*) FALCON_BF16(/)
#undef FALCON_BF16
inline bf16 operator-(bf16 a) { return bf16(-(float)a); }

// A condition that does not hold: one report line, and the program goes on.
inline void broken(const char *condition, const char *function) {
  static bool told;
  if (told) return;
  told = true;
  char line[300] = "need ";
  int n = 5;
  for (const char *s = function; *s && n < 100; ++s) line[n++] = *s;
  line[n++] = ' ';
  for (const char *s = condition; *s && n < 299; ++s) line[n++] = *s;
  falcon_report(line);
}

struct index3 { unsigned x, y, z; };
}  // namespace falcon

#ifdef FALCON_LANES
// The place of the running thread. Whoever waits puts it back: other threads ran in between.
static falcon::index3 threadIdx, blockIdx;
namespace falcon {
static index3 block_extent;
inline void block_barrier(int site) { index3 mine = threadIdx; falcon_barrier(site); threadIdx = mine; }
inline void warp_barrier(int site, falcon_bits mask) { index3 mine = threadIdx; falcon_warp_barrier(site, mask); threadIdx = mine; }
inline int lane() {
  return (int)((threadIdx.x + block_extent.x * (threadIdx.y + block_extent.y * threadIdx.z)) % FALCON_LANES);
}

template <class T> struct lanes {
  union { T value[FALCON_LANES]; };
  falcon_bits here;
  lanes(T mine, falcon_bits mask, int site) {
    index3 place = threadIdx;
    memset(value, 0xff, sizeof value);  // an absent lane reads as NaN
    here = falcon_exchange(site, FALCON_LANES, mask, &mine, sizeof mine, value);
    threadIdx = place;
  }
  lanes(T mine, int site) : lanes(mine, 0, site) {}
  T operator[](int k) const { return value[k & (FALCON_LANES - 1)]; }
};
template <class T> falcon_bits arrived(const lanes<T> &of) { return of.here; }

// Shared memory: each block finds NaN in whatever float format it reads, with other bits than the block before.
static falcon_u32 block_number;
inline void poison(void *at, unsigned long bytes) {
  unsigned char pattern[2] = {(unsigned char)(0xff - block_number % 15), 0xff};
  for (unsigned long i = 0; i < bytes; ++i) ((unsigned char *)at)[i] = pattern[i & 1];
}
}  // namespace falcon
#endif

#endif

namespace falcon {
inline void copy(void *to, const void *from, unsigned long bytes) { __builtin_memcpy(to, from, bytes); }
inline bool aligned(const void *p, unsigned long bytes) { return (unsigned long)p % bytes == 0; }
}  // namespace falcon

#include "library.h"
