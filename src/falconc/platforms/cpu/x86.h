// x86 vector intrinsics (AVX2, AVX-512F/BW/DQ/VL, VNNI): each is a C++ function whose body is its meaning.
//
// Registers are GNU vector types, as in the compilers' own headers, so that `a + b`, `v[3]` and casts in user text keep
// working. A float register seen as integers (and the other way round) is a cast between vector types of one size.
// Source of the meanings: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2; every definition is
// compared with the machine's own instruction by tests/test_x86_meaning.py where the machine has it.
#pragma once
#include "core.h"

#define X86 FALCON_NOTE("trust=hardware") inline
#define EACH(i, n) for (int i = 0; i < (n); ++i)

typedef float __m128 __attribute__((vector_size(16), aligned(16)));
typedef float __m256 __attribute__((vector_size(32), aligned(32)));
typedef float __m512 __attribute__((vector_size(64), aligned(64)));
typedef double __m128d __attribute__((vector_size(16), aligned(16)));
typedef double __m256d __attribute__((vector_size(32), aligned(32)));
typedef double __m512d __attribute__((vector_size(64), aligned(64)));
typedef long long __m128i __attribute__((vector_size(16), aligned(16)));
typedef long long __m256i __attribute__((vector_size(32), aligned(32)));
typedef long long __m512i __attribute__((vector_size(64), aligned(64)));
typedef unsigned char __mmask8;
typedef unsigned short __mmask16;
typedef unsigned int __mmask32;
typedef unsigned long long __mmask64;

namespace falcon {
#define VECTOR_TYPES(name, T, lanes128)                                            \
  typedef T name##_128 __attribute__((vector_size(lanes128 * sizeof(T))));         \
  typedef T name##_256 __attribute__((vector_size(2 * lanes128 * sizeof(T))));     \
  typedef T name##_512 __attribute__((vector_size(4 * lanes128 * sizeof(T))));
VECTOR_TYPES(s8, signed char, 16)
VECTOR_TYPES(u8, unsigned char, 16)
VECTOR_TYPES(s16, short, 8)
VECTOR_TYPES(u16, unsigned short, 8)
VECTOR_TYPES(s32, int, 4)
VECTOR_TYPES(u32, unsigned int, 4)
VECTOR_TYPES(s64, long long, 2)
VECTOR_TYPES(u64, unsigned long long, 2)
}  // namespace falcon

// A definition for the three register widths: FAMILY(BODY) expands BODY(prefix, bits, 32-bit lanes, float type, integer type).
#define FAMILY(BODY)                      \
  BODY(_mm_, 128, 4, __m128, __m128i)     \
  BODY(_mm256_, 256, 8, __m256, __m256i)  \
  BODY(_mm512_, 512, 16, __m512, __m512i)

// --- load, store, set -------------------------------------------------------------------------------------------------
#define BODY(P, B, N, F, I)                                                                                  \
  X86 F P##loadu_ps(const float *p) { F r; EACH(i, N) r[i] = p[i]; return r; }                               \
  X86 F P##load_ps(const float *p) { NEED(falcon::aligned(p, B / 8)); F r; EACH(i, N) r[i] = p[i]; return r; } \
  X86 void P##storeu_ps(float *p, F a) { EACH(i, N) p[i] = a[i]; }                                           \
  X86 void P##store_ps(float *p, F a) { NEED(falcon::aligned(p, B / 8)); EACH(i, N) p[i] = a[i]; }           \
  X86 void P##stream_ps(float *p, F a) { NEED(falcon::aligned(p, B / 8)); EACH(i, N) p[i] = a[i]; }          \
  X86 F P##set1_ps(float x) { F r; EACH(i, N) r[i] = x; return r; }                                          \
  X86 F P##setzero_ps() { F r; EACH(i, N) r[i] = 0.0f; return r; }                                           \
  X86 I P##set1_epi32(int x) { falcon::s32_##B r; EACH(i, N) r[i] = x; return (I)r; }                        \
  X86 I P##set1_epi16(short x) { falcon::s16_##B r; EACH(i, 2 * N) r[i] = x; return (I)r; }                  \
  X86 I P##set1_epi8(signed char x) { falcon::s8_##B r; EACH(i, 4 * N) r[i] = x; return (I)r; }              \
  X86 I P##loadu_epi32(const void *p) { I r; falcon::copy(&r, p, B / 8); return r; }                         \
  X86 void P##storeu_epi32(void *p, I a) { falcon::copy(p, &a, B / 8); }
FAMILY(BODY)
#undef BODY
#define BODY(P, B, I)                                                                                          \
  X86 I P##loadu_si##B(const void *p) { I r; falcon::copy(&r, p, B / 8); return r; }                          \
  X86 I P##load_si##B(const void *p) { NEED(falcon::aligned(p, B / 8)); I r; falcon::copy(&r, p, B / 8); return r; } \
  X86 void P##storeu_si##B(void *p, I a) { falcon::copy(p, &a, B / 8); }                                      \
  X86 void P##store_si##B(void *p, I a) { NEED(falcon::aligned(p, B / 8)); falcon::copy(p, &a, B / 8); }      \
  X86 I P##setzero_si##B() { falcon::s32_##B r; EACH(i, B / 32) r[i] = 0; return (I)r; }                      \
  X86 I P##and_si##B(I a, I b) { falcon::u32_##B x = (falcon::u32_##B)a, y = (falcon::u32_##B)b, r; EACH(i, B / 32) r[i] = x[i] & y[i]; return (I)r; } \
  X86 I P##or_si##B(I a, I b) { falcon::u32_##B x = (falcon::u32_##B)a, y = (falcon::u32_##B)b, r; EACH(i, B / 32) r[i] = x[i] | y[i]; return (I)r; }  \
  X86 I P##xor_si##B(I a, I b) { falcon::u32_##B x = (falcon::u32_##B)a, y = (falcon::u32_##B)b, r; EACH(i, B / 32) r[i] = x[i] ^ y[i]; return (I)r; } \
  X86 I P##andnot_si##B(I a, I b) { falcon::u32_##B x = (falcon::u32_##B)a, y = (falcon::u32_##B)b, r; EACH(i, B / 32) r[i] = ~x[i] & y[i]; return (I)r; }
BODY(_mm_, 128, __m128i)
BODY(_mm256_, 256, __m256i)
BODY(_mm512_, 512, __m512i)
#undef BODY
X86 __m512 _mm512_setzero() { return _mm512_setzero_ps(); }
X86 __m512i _mm512_setzero_epi32() { return _mm512_setzero_si512(); }
X86 __m128 _mm_setr_ps(float a, float b, float c, float d) { __m128 r; r[0] = a; r[1] = b; r[2] = c; r[3] = d; return r; }
X86 __m128 _mm_set_ps(float d, float c, float b, float a) { __m128 r; r[0] = a; r[1] = b; r[2] = c; r[3] = d; return r; }
X86 __m128 _mm_set_ss(float a) { __m128 r; r[0] = a; r[1] = 0.0f; r[2] = 0.0f; r[3] = 0.0f; return r; }
X86 __m128 _mm_load_ss(const float *p) { return _mm_set_ss(p[0]); }
X86 void _mm_store_ss(float *p, __m128 a) { p[0] = a[0]; }
X86 __m256 _mm256_setr_ps(float a, float b, float c, float d, float e, float f, float g, float h) {
  __m256 r; r[0] = a; r[1] = b; r[2] = c; r[3] = d; r[4] = e; r[5] = f; r[6] = g; r[7] = h; return r;
}
X86 __m256 _mm256_set_ps(float h, float g, float f, float e, float d, float c, float b, float a) {
  __m256 r; r[0] = a; r[1] = b; r[2] = c; r[3] = d; r[4] = e; r[5] = f; r[6] = g; r[7] = h; return r;
}
X86 __m128i _mm_setr_epi32(int a, int b, int c, int d) {
  falcon::s32_128 r; r[0] = a; r[1] = b; r[2] = c; r[3] = d; return (__m128i)r;
}
X86 __m128i _mm_set_epi32(int d, int c, int b, int a) { return _mm_setr_epi32(a, b, c, d); }
X86 __m256i _mm256_setr_epi32(int a, int b, int c, int d, int e, int f, int g, int h) {
  falcon::s32_256 r; r[0] = a; r[1] = b; r[2] = c; r[3] = d; r[4] = e; r[5] = f; r[6] = g; r[7] = h; return (__m256i)r;
}
X86 __m256i _mm256_set_epi32(int h, int g, int f, int e, int d, int c, int b, int a) {
  return _mm256_setr_epi32(a, b, c, d, e, f, g, h);
}
X86 __m512i _mm512_setr_epi32(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m,
                              int n, int o, int p) {
  falcon::s32_512 r;
  r[0] = a; r[1] = b; r[2] = c; r[3] = d; r[4] = e; r[5] = f; r[6] = g; r[7] = h;
  r[8] = i; r[9] = j; r[10] = k; r[11] = l; r[12] = m; r[13] = n; r[14] = o; r[15] = p;
  return (__m512i)r;
}
X86 __m512i _mm512_set_epi32(int p, int o, int n, int m, int l, int k, int j, int i, int h, int g, int f, int e, int d,
                             int c, int b, int a) {
  return _mm512_setr_epi32(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}
X86 __m512 _mm512_setr_ps(float a, float b, float c, float d, float e, float f, float g, float h, float i, float j, float k,
                          float l, float m, float n, float o, float p) {
  __m512 r;
  r[0] = a; r[1] = b; r[2] = c; r[3] = d; r[4] = e; r[5] = f; r[6] = g; r[7] = h;
  r[8] = i; r[9] = j; r[10] = k; r[11] = l; r[12] = m; r[13] = n; r[14] = o; r[15] = p;
  return r;
}
X86 __m512 _mm512_set_ps(float p, float o, float n, float m, float l, float k, float j, float i, float h, float g, float f,
                         float e, float d, float c, float b, float a) {
  return _mm512_setr_ps(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}

// --- float arithmetic ---------------------------------------------------------------------------------------------------
// x86's min and max return the second operand when either is NaN or both are zero.
#define PS_BINARY(name, expression)                                                                     \
  X86 __m128 _mm_##name(__m128 a, __m128 b) { __m128 r; EACH(i, 4) r[i] = expression; return r; }        \
  X86 __m256 _mm256_##name(__m256 a, __m256 b) { __m256 r; EACH(i, 8) r[i] = expression; return r; }     \
  X86 __m512 _mm512_##name(__m512 a, __m512 b) { __m512 r; EACH(i, 16) r[i] = expression; return r; }    \
  X86 __m512 _mm512_mask_##name(__m512 s, __mmask16 m, __m512 a, __m512 b) {                            \
    __m512 r; EACH(i, 16) r[i] = (m >> i & 1) ? (expression) : s[i]; return r; }                        \
  X86 __m512 _mm512_maskz_##name(__mmask16 m, __m512 a, __m512 b) {                                     \
    __m512 r; EACH(i, 16) r[i] = (m >> i & 1) ? (expression) : 0.0f; return r; }
/// Sum of the lanes of two registers.
PS_BINARY(add_ps, a[i] + b[i])
/// Difference of the lanes of two registers.
PS_BINARY(sub_ps, a[i] - b[i])
/// Product of the lanes of two registers.
PS_BINARY(mul_ps, a[i] * b[i])
/// Quotient of the lanes of two registers.
PS_BINARY(div_ps, a[i] / b[i])
/// Smaller lane; the second operand if either is NaN.
PS_BINARY(min_ps, a[i] < b[i] ? a[i] : b[i])
/// Larger lane; the second operand if either is NaN.
PS_BINARY(max_ps, a[i] > b[i] ? a[i] : b[i])

#define PS_UNARY(name, expression)                                                            \
  X86 __m128 _mm_##name(__m128 a) { __m128 r; EACH(i, 4) r[i] = expression; return r; }        \
  X86 __m256 _mm256_##name(__m256 a) { __m256 r; EACH(i, 8) r[i] = expression; return r; }     \
  X86 __m512 _mm512_##name(__m512 a) { __m512 r; EACH(i, 16) r[i] = expression; return r; }
/// Square root of each lane.
PS_UNARY(sqrt_ps, sqrtf(a[i]))
X86 __m512 _mm512_abs_ps(__m512 a) { __m512 r; EACH(i, 16) r[i] = fabsf(a[i]); return r; }
X86 __m128 _mm_floor_ps(__m128 a) { __m128 r; EACH(i, 4) r[i] = floorf(a[i]); return r; }
X86 __m256 _mm256_floor_ps(__m256 a) { __m256 r; EACH(i, 8) r[i] = floorf(a[i]); return r; }
X86 __m512 _mm512_floor_ps(__m512 a) { __m512 r; EACH(i, 16) r[i] = floorf(a[i]); return r; }
X86 __m128 _mm_ceil_ps(__m128 a) { __m128 r; EACH(i, 4) r[i] = ceilf(a[i]); return r; }
X86 __m256 _mm256_ceil_ps(__m256 a) { __m256 r; EACH(i, 8) r[i] = ceilf(a[i]); return r; }
X86 __m512 _mm512_ceil_ps(__m512 a) { __m512 r; EACH(i, 16) r[i] = ceilf(a[i]); return r; }

#define PS_TERNARY(name, expression)                                                                               \
  X86 __m128 _mm_##name(__m128 a, __m128 b, __m128 c) { __m128 r; EACH(i, 4) r[i] = expression; return r; }         \
  X86 __m256 _mm256_##name(__m256 a, __m256 b, __m256 c) { __m256 r; EACH(i, 8) r[i] = expression; return r; }      \
  X86 __m512 _mm512_##name(__m512 a, __m512 b, __m512 c) { __m512 r; EACH(i, 16) r[i] = expression; return r; }     \
  X86 __m512 _mm512_mask_##name(__m512 a, __mmask16 m, __m512 b, __m512 c) {                                       \
    __m512 r; EACH(i, 16) r[i] = (m >> i & 1) ? (expression) : a[i]; return r; }                                   \
  X86 __m512 _mm512_mask3_##name(__m512 a, __m512 b, __m512 c, __mmask16 m) {                                      \
    __m512 r; EACH(i, 16) r[i] = (m >> i & 1) ? (expression) : c[i]; return r; }                                   \
  X86 __m512 _mm512_maskz_##name(__mmask16 m, __m512 a, __m512 b, __m512 c) {                                      \
    __m512 r; EACH(i, 16) r[i] = (m >> i & 1) ? (expression) : 0.0f; return r; }
/// a * b + c, rounded once.
PS_TERNARY(fmadd_ps, fmaf(a[i], b[i], c[i]))
/// a * b - c, rounded once.
PS_TERNARY(fmsub_ps, fmaf(a[i], b[i], -c[i]))
/// c - a * b, rounded once.
PS_TERNARY(fnmadd_ps, fmaf(-a[i], b[i], c[i]))
/// -(a * b) - c, rounded once.
PS_TERNARY(fnmsub_ps, fmaf(-a[i], b[i], -c[i]))

#define PS_BITS(name, expression)                                                                                     \
  X86 __m128 _mm_##name(__m128 a, __m128 b) { falcon::u32_128 x = (falcon::u32_128)a, y = (falcon::u32_128)b, r;       \
    EACH(i, 4) r[i] = expression; return (__m128)r; }                                                                  \
  X86 __m256 _mm256_##name(__m256 a, __m256 b) { falcon::u32_256 x = (falcon::u32_256)a, y = (falcon::u32_256)b, r;    \
    EACH(i, 8) r[i] = expression; return (__m256)r; }                                                                  \
  X86 __m512 _mm512_##name(__m512 a, __m512 b) { falcon::u32_512 x = (falcon::u32_512)a, y = (falcon::u32_512)b, r;    \
    EACH(i, 16) r[i] = expression; return (__m512)r; }
PS_BITS(and_ps, x[i] & y[i])
PS_BITS(or_ps, x[i] | y[i])
PS_BITS(xor_ps, x[i] ^ y[i])
PS_BITS(andnot_ps, ~x[i] & y[i])

// --- 32-bit integer arithmetic (wraps) ---------------------------------------------------------------------------------
#define EPI32_BINARY(name, V, expression)                                                                               \
  X86 __m128i _mm_##name(__m128i a, __m128i b) { falcon::V##_128 x = (falcon::V##_128)a, y = (falcon::V##_128)b, r;      \
    EACH(i, 4) r[i] = expression; return (__m128i)r; }                                                                   \
  X86 __m256i _mm256_##name(__m256i a, __m256i b) { falcon::V##_256 x = (falcon::V##_256)a, y = (falcon::V##_256)b, r;   \
    EACH(i, 8) r[i] = expression; return (__m256i)r; }                                                                   \
  X86 __m512i _mm512_##name(__m512i a, __m512i b) { falcon::V##_512 x = (falcon::V##_512)a, y = (falcon::V##_512)b, r;   \
    EACH(i, 16) r[i] = expression; return (__m512i)r; }                                                                  \
  X86 __m512i _mm512_mask_##name(__m512i s, __mmask16 m, __m512i a, __m512i b) {                                         \
    falcon::V##_512 x = (falcon::V##_512)a, y = (falcon::V##_512)b, z = (falcon::V##_512)s, r;                           \
    EACH(i, 16) r[i] = (m >> i & 1) ? (expression) : z[i]; return (__m512i)r; }                                          \
  X86 __m512i _mm512_maskz_##name(__mmask16 m, __m512i a, __m512i b) {                                                   \
    falcon::V##_512 x = (falcon::V##_512)a, y = (falcon::V##_512)b, r;                                                   \
    EACH(i, 16) r[i] = (m >> i & 1) ? (expression) : 0; return (__m512i)r; }
EPI32_BINARY(add_epi32, u32, x[i] + y[i])
EPI32_BINARY(sub_epi32, u32, x[i] - y[i])
EPI32_BINARY(mullo_epi32, u32, x[i] * y[i])
EPI32_BINARY(min_epi32, s32, x[i] < y[i] ? x[i] : y[i])
EPI32_BINARY(max_epi32, s32, x[i] > y[i] ? x[i] : y[i])
EPI32_BINARY(min_epu32, u32, x[i] < y[i] ? x[i] : y[i])
EPI32_BINARY(max_epu32, u32, x[i] > y[i] ? x[i] : y[i])
EPI32_BINARY(sllv_epi32, u32, y[i] < 32 ? x[i] << y[i] : 0u)
EPI32_BINARY(srlv_epi32, u32, y[i] < 32 ? x[i] >> y[i] : 0u)
#define EPI32_512(name, expression)                                                                                     \
  X86 __m512i _mm512_##name(__m512i a, __m512i b) { falcon::u32_512 x = (falcon::u32_512)a, y = (falcon::u32_512)b, r;   \
    EACH(i, 16) r[i] = expression; return (__m512i)r; }
EPI32_512(and_epi32, x[i] & y[i])
EPI32_512(or_epi32, x[i] | y[i])
EPI32_512(xor_epi32, x[i] ^ y[i])
EPI32_512(andnot_epi32, ~x[i] & y[i])
#define BODY(P, B, N, F, I)                                                                                                \
  X86 I P##slli_epi32(I a, unsigned n) { falcon::u32_##B x = (falcon::u32_##B)a, r; EACH(i, N) r[i] = n < 32 ? x[i] << n : 0u; return (I)r; }  \
  X86 I P##srli_epi32(I a, unsigned n) { falcon::u32_##B x = (falcon::u32_##B)a, r; EACH(i, N) r[i] = n < 32 ? x[i] >> n : 0u; return (I)r; }  \
  X86 I P##srai_epi32(I a, unsigned n) { falcon::s32_##B x = (falcon::s32_##B)a, r; EACH(i, N) r[i] = x[i] >> (n < 32 ? n : 31u); return (I)r; } \
  X86 I P##abs_epi32(I a) { falcon::s32_##B x = (falcon::s32_##B)a, r;                                                      \
    EACH(i, N) r[i] = x[i] < 0 ? (int)(0u - (unsigned)x[i]) : x[i]; return (I)r; }
FAMILY(BODY)
#undef BODY
#define EPI16_BINARY(name, V, expression)                                                                               \
  X86 __m128i _mm_##name(__m128i a, __m128i b) { falcon::V##_128 x = (falcon::V##_128)a, y = (falcon::V##_128)b, r;      \
    EACH(i, 8) r[i] = expression; return (__m128i)r; }                                                                   \
  X86 __m256i _mm256_##name(__m256i a, __m256i b) { falcon::V##_256 x = (falcon::V##_256)a, y = (falcon::V##_256)b, r;   \
    EACH(i, 16) r[i] = expression; return (__m256i)r; }                                                                  \
  X86 __m512i _mm512_##name(__m512i a, __m512i b) { falcon::V##_512 x = (falcon::V##_512)a, y = (falcon::V##_512)b, r;   \
    EACH(i, 32) r[i] = expression; return (__m512i)r; }
EPI16_BINARY(add_epi16, u16, (unsigned short)(x[i] + y[i]))
EPI16_BINARY(sub_epi16, u16, (unsigned short)(x[i] - y[i]))
#define EPI8_BINARY(name, V, expression)                                                                                \
  X86 __m128i _mm_##name(__m128i a, __m128i b) { falcon::V##_128 x = (falcon::V##_128)a, y = (falcon::V##_128)b, r;      \
    EACH(i, 16) r[i] = expression; return (__m128i)r; }                                                                  \
  X86 __m256i _mm256_##name(__m256i a, __m256i b) { falcon::V##_256 x = (falcon::V##_256)a, y = (falcon::V##_256)b, r;   \
    EACH(i, 32) r[i] = expression; return (__m256i)r; }                                                                  \
  X86 __m512i _mm512_##name(__m512i a, __m512i b) { falcon::V##_512 x = (falcon::V##_512)a, y = (falcon::V##_512)b, r;   \
    EACH(i, 64) r[i] = expression; return (__m512i)r; }
EPI8_BINARY(add_epi8, u8, (unsigned char)(x[i] + y[i]))
EPI8_BINARY(sub_epi8, u8, (unsigned char)(x[i] - y[i]))

// --- VNNI and the multiply-adds before it --------------------------------------------------------------------------------
namespace falcon {
X86 int saturate32(long long x) { return x > 2147483647LL ? 2147483647 : x < -2147483647LL - 1 ? -2147483647 - 1 : (int)x; }
X86 short saturate16(int x) { return x > 32767 ? (short)32767 : x < -32768 ? (short)-32768 : (short)x; }
}  // namespace falcon
#define BODY(P, B, N, F, I)                                                                                            \
  X86 I P##dpbusd_epi32(I c, I a, I b) {                                                                               \
    falcon::s32_##B z = (falcon::s32_##B)c, r; falcon::u8_##B x = (falcon::u8_##B)a; falcon::s8_##B y = (falcon::s8_##B)b; \
    EACH(i, N) { int s = 0; EACH(k, 4) s += (int)x[4 * i + k] * (int)y[4 * i + k];                                     \
      r[i] = (int)((unsigned)z[i] + (unsigned)s); }                                                                    \
    return (I)r; }                                                                                                     \
  X86 I P##dpbusds_epi32(I c, I a, I b) {                                                                              \
    falcon::s32_##B z = (falcon::s32_##B)c, r; falcon::u8_##B x = (falcon::u8_##B)a; falcon::s8_##B y = (falcon::s8_##B)b; \
    EACH(i, N) { int s = 0; EACH(k, 4) s += (int)x[4 * i + k] * (int)y[4 * i + k];                                     \
      r[i] = falcon::saturate32((long long)z[i] + (long long)s); }                                                     \
    return (I)r; }                                                                                                     \
  X86 I P##dpwssd_epi32(I c, I a, I b) {                                                                               \
    falcon::s32_##B z = (falcon::s32_##B)c, r; falcon::s16_##B x = (falcon::s16_##B)a, y = (falcon::s16_##B)b;         \
    EACH(i, N) { unsigned s = (unsigned)z[i]; EACH(k, 2) s += (unsigned)((int)x[2 * i + k] * (int)y[2 * i + k]);       \
      r[i] = (int)s; }                                                                                                 \
    return (I)r; }                                                                                                     \
  X86 I P##dpwssds_epi32(I c, I a, I b) {                                                                              \
    falcon::s32_##B z = (falcon::s32_##B)c, r; falcon::s16_##B x = (falcon::s16_##B)a, y = (falcon::s16_##B)b;         \
    EACH(i, N) { long long s = (long long)z[i]; EACH(k, 2) s += (long long)((int)x[2 * i + k] * (int)y[2 * i + k]);    \
      r[i] = falcon::saturate32(s); }                                                                                  \
    return (I)r; }                                                                                                     \
  X86 I P##madd_epi16(I a, I b) {                                                                                      \
    falcon::s32_##B r; falcon::s16_##B x = (falcon::s16_##B)a, y = (falcon::s16_##B)b;                                 \
    EACH(i, N) { unsigned s = 0; EACH(k, 2) s += (unsigned)((int)x[2 * i + k] * (int)y[2 * i + k]); r[i] = (int)s; }   \
    return (I)r; }                                                                                                     \
  X86 I P##maddubs_epi16(I a, I b) {                                                                                   \
    falcon::s16_##B r; falcon::u8_##B x = (falcon::u8_##B)a; falcon::s8_##B y = (falcon::s8_##B)b;                     \
    EACH(i, 2 * N) { int s = 0; EACH(k, 2) s += (int)x[2 * i + k] * (int)y[2 * i + k]; r[i] = falcon::saturate16(s); } \
    return (I)r; }
FAMILY(BODY)
#undef BODY
X86 __m256i _mm256_dpbusd_avx_epi32(__m256i c, __m256i a, __m256i b) { return _mm256_dpbusd_epi32(c, a, b); }
X86 __m128i _mm_dpbusd_avx_epi32(__m128i c, __m128i a, __m128i b) { return _mm_dpbusd_epi32(c, a, b); }

// --- masks, compare, blend ---------------------------------------------------------------------------------------------
#define _CMP_EQ_OQ 0x00
#define _CMP_LT_OS 0x01
#define _CMP_LE_OS 0x02
#define _CMP_UNORD_Q 0x03
#define _CMP_NEQ_UQ 0x04
#define _CMP_NLT_US 0x05
#define _CMP_NLE_US 0x06
#define _CMP_ORD_Q 0x07
#define _CMP_NEQ_OQ 0x0c
#define _CMP_GE_OS 0x0d
#define _CMP_GT_OS 0x0e
#define _CMP_LT_OQ 0x11
#define _CMP_LE_OQ 0x12
#define _CMP_GE_OQ 0x1d
#define _CMP_GT_OQ 0x1e
#define _MM_CMPINT_EQ 0
#define _MM_CMPINT_LT 1
#define _MM_CMPINT_LE 2
#define _MM_CMPINT_NE 4
#define _MM_CMPINT_NLT 5
#define _MM_CMPINT_NLE 6
namespace falcon {
// The predicates by their low four bits (bit 4 only changes signalling, or for 0x1x the ordered twin).
X86 bool compare(float a, float b, int p) {
  bool r = p == 0x00   ? a == b
           : p == 0x01 || p == 0x11 ? a < b
           : p == 0x02 || p == 0x12 ? a <= b
           : p == 0x03 ? (a != a || b != b)
           : p == 0x04 ? !(a == b)
           : p == 0x05 || p == 0x15 ? !(a < b)
           : p == 0x06 || p == 0x16 ? !(a <= b)
           : p == 0x07 ? (a == a && b == b)
           : p == 0x0c ? (a < b || a > b)
           : p == 0x0d || p == 0x1d ? a >= b
                                    : a > b;
  NEED(p <= 7 || (p >= 0x0c && p <= 0x0e) || p == 0x11 || p == 0x12 || p == 0x15 || p == 0x16 || p == 0x1d || p == 0x1e);
  return r;
}
X86 bool compare(int a, int b, int p) {
  NEED(p == 0 || p == 1 || p == 2 || p == 4 || p == 5 || p == 6);
  bool r = p == 0 ? a == b : p == 1 ? a < b : p == 2 ? a <= b : p == 4 ? a != b : p == 5 ? a >= b : a > b;
  return r;
}
}  // namespace falcon
X86 __mmask16 _mm512_cmp_ps_mask(__m512 a, __m512 b, int p) {
  unsigned m = 0; EACH(i, 16) m |= (falcon::compare(a[i], b[i], p) ? 1u : 0u) << i; return (__mmask16)m;
}
X86 __mmask16 _mm512_mask_cmp_ps_mask(__mmask16 k, __m512 a, __m512 b, int p) {
  unsigned m = 0; EACH(i, 16) m |= (falcon::compare(a[i], b[i], p) ? 1u : 0u) << i; return (__mmask16)(m & k);
}
X86 __m256 _mm256_cmp_ps(__m256 a, __m256 b, int p) {
  falcon::u32_256 r; EACH(i, 8) r[i] = falcon::compare(a[i], b[i], p) ? 0xffffffffu : 0u; return (__m256)r;
}
X86 __mmask16 _mm512_cmp_epi32_mask(__m512i a, __m512i b, int p) {
  falcon::s32_512 x = (falcon::s32_512)a, y = (falcon::s32_512)b;
  unsigned m = 0; EACH(i, 16) m |= (falcon::compare((int)x[i], (int)y[i], p) ? 1u : 0u) << i; return (__mmask16)m;
}
#define MASK_COMPARE(name, op)                                                                  \
  X86 __mmask16 _mm512_##name##_epi32_mask(__m512i a, __m512i b) {                              \
    falcon::s32_512 x = (falcon::s32_512)a, y = (falcon::s32_512)b;                             \
    unsigned m = 0; EACH(i, 16) m |= (x[i] op y[i] ? 1u : 0u) << i; return (__mmask16)m; }
MASK_COMPARE(cmpeq, ==)
MASK_COMPARE(cmpneq, !=)
MASK_COMPARE(cmplt, <)
MASK_COMPARE(cmple, <=)
MASK_COMPARE(cmpgt, >)
MASK_COMPARE(cmpge, >=)
#define VECTOR_COMPARE(P, B, N, I, name, op)                                                    \
  X86 I P##name(I a, I b) { falcon::s32_##B x = (falcon::s32_##B)a, y = (falcon::s32_##B)b, r;   \
    EACH(i, N) r[i] = x[i] op y[i] ? -1 : 0; return (I)r; }
VECTOR_COMPARE(_mm_, 128, 4, __m128i, cmpeq_epi32, ==)
VECTOR_COMPARE(_mm_, 128, 4, __m128i, cmpgt_epi32, >)
VECTOR_COMPARE(_mm_, 128, 4, __m128i, cmplt_epi32, <)
VECTOR_COMPARE(_mm256_, 256, 8, __m256i, cmpeq_epi32, ==)
VECTOR_COMPARE(_mm256_, 256, 8, __m256i, cmpgt_epi32, >)
X86 __m512 _mm512_mask_blend_ps(__mmask16 m, __m512 a, __m512 b) {
  __m512 r; EACH(i, 16) r[i] = (m >> i & 1) ? b[i] : a[i]; return r;
}
X86 __m512i _mm512_mask_blend_epi32(__mmask16 m, __m512i a, __m512i b) {
  falcon::s32_512 x = (falcon::s32_512)a, y = (falcon::s32_512)b, r; EACH(i, 16) r[i] = (m >> i & 1) ? y[i] : x[i]; return (__m512i)r;
}
X86 __m512 _mm512_mask_mov_ps(__m512 s, __mmask16 m, __m512 a) { return _mm512_mask_blend_ps(m, s, a); }
X86 __m512 _mm512_maskz_mov_ps(__mmask16 m, __m512 a) { return _mm512_mask_blend_ps(m, _mm512_setzero_ps(), a); }
X86 __m512i _mm512_maskz_set1_epi32(__mmask16 m, int x) {
  falcon::s32_512 r; EACH(i, 16) r[i] = (m >> i & 1) ? x : 0; return (__m512i)r;
}
X86 __m256 _mm256_blendv_ps(__m256 a, __m256 b, __m256 m) {
  falcon::s32_256 s = (falcon::s32_256)m; __m256 r; EACH(i, 8) r[i] = s[i] < 0 ? b[i] : a[i]; return r;
}
X86 __m128 _mm_blendv_ps(__m128 a, __m128 b, __m128 m) {
  falcon::s32_128 s = (falcon::s32_128)m; __m128 r; EACH(i, 4) r[i] = s[i] < 0 ? b[i] : a[i]; return r;
}
X86 __m256 _mm256_blend_ps(__m256 a, __m256 b, int m) { __m256 r; EACH(i, 8) r[i] = (m >> i & 1) ? b[i] : a[i]; return r; }
X86 __m256i _mm256_blendv_epi8(__m256i a, __m256i b, __m256i m) {
  falcon::s8_256 x = (falcon::s8_256)a, y = (falcon::s8_256)b, s = (falcon::s8_256)m, r;
  EACH(i, 32) r[i] = s[i] < 0 ? y[i] : x[i]; return (__m256i)r;
}
X86 __m256i _mm256_blend_epi32(__m256i a, __m256i b, int m) {
  falcon::s32_256 x = (falcon::s32_256)a, y = (falcon::s32_256)b, r; EACH(i, 8) r[i] = (m >> i & 1) ? y[i] : x[i]; return (__m256i)r;
}
X86 int _mm256_movemask_ps(__m256 a) {
  falcon::s32_256 s = (falcon::s32_256)a; int m = 0; EACH(i, 8) m |= (s[i] < 0 ? 1 : 0) << i; return m;
}
X86 int _mm_movemask_ps(__m128 a) {
  falcon::s32_128 s = (falcon::s32_128)a; int m = 0; EACH(i, 4) m |= (s[i] < 0 ? 1 : 0) << i; return m;
}
X86 __mmask16 _mm512_kand(__mmask16 a, __mmask16 b) { return (__mmask16)(a & b); }
X86 __mmask16 _mm512_kor(__mmask16 a, __mmask16 b) { return (__mmask16)(a | b); }
X86 __mmask16 _mm512_kxor(__mmask16 a, __mmask16 b) { return (__mmask16)(a ^ b); }
X86 __mmask16 _mm512_knot(__mmask16 a) { return (__mmask16)~a; }
X86 __mmask16 _cvtu32_mask16(unsigned a) { return (__mmask16)a; }
X86 unsigned _cvtmask16_u32(__mmask16 a) { return (unsigned)a; }
#define BODY(P, N, F, I, M)                                                                                         \
  X86 F P##mask_loadu_ps(F s, M m, const float *p) { F r; EACH(i, N) r[i] = (m >> i & 1) ? p[i] : s[i]; return r; }  \
  X86 F P##maskz_loadu_ps(M m, const float *p) { F r; EACH(i, N) r[i] = (m >> i & 1) ? p[i] : 0.0f; return r; }      \
  X86 void P##mask_storeu_ps(float *p, M m, F a) { EACH(i, N) if (m >> i & 1) p[i] = a[i]; }
BODY(_mm_, 4, __m128, __m128i, __mmask8)
BODY(_mm256_, 8, __m256, __m256i, __mmask8)
BODY(_mm512_, 16, __m512, __m512i, __mmask16)
#undef BODY
X86 __m512i _mm512_maskz_loadu_epi32(__mmask16 m, const void *p) {
  const int *q = (const int *)p; falcon::s32_512 r; EACH(i, 16) r[i] = (m >> i & 1) ? q[i] : 0; return (__m512i)r;
}
X86 void _mm512_mask_storeu_epi32(void *p, __mmask16 m, __m512i a) {
  int *q = (int *)p; falcon::s32_512 x = (falcon::s32_512)a; EACH(i, 16) if (m >> i & 1) q[i] = x[i];
}
X86 __m512i _mm512_maskz_loadu_epi8(__mmask64 m, const void *p) {
  const signed char *q = (const signed char *)p; falcon::s8_512 r; EACH(i, 64) r[i] = (m >> i & 1) ? q[i] : (signed char)0; return (__m512i)r;
}
X86 __m256 _mm256_maskload_ps(const float *p, __m256i m) {
  falcon::s32_256 s = (falcon::s32_256)m; __m256 r; EACH(i, 8) r[i] = s[i] < 0 ? p[i] : 0.0f; return r;
}
X86 void _mm256_maskstore_ps(float *p, __m256i m, __m256 a) {
  falcon::s32_256 s = (falcon::s32_256)m; EACH(i, 8) if (s[i] < 0) p[i] = a[i];
}

// --- reductions over a register --------------------------------------------------------------------------------------------
// The vendor's sequence halves the register: lane i with lane i + n/2. Written so, it rounds as the compilers' own expansion.
X86 float _mm512_reduce_add_ps(__m512 a) {
  __m512 r = a; EACH(i, 8) r[i] = r[i] + r[i + 8]; EACH(i, 4) r[i] = r[i] + r[i + 4]; EACH(i, 2) r[i] = r[i] + r[i + 2];
  return r[0] + r[1];
}
X86 float _mm512_reduce_mul_ps(__m512 a) {
  __m512 r = a; EACH(i, 8) r[i] = r[i] * r[i + 8]; EACH(i, 4) r[i] = r[i] * r[i + 4]; EACH(i, 2) r[i] = r[i] * r[i + 2];
  return r[0] * r[1];
}
X86 float _mm512_reduce_max_ps(__m512 a) { float r = a[0]; EACH(i, 15) r = a[i + 1] > r ? a[i + 1] : r; return r; }
X86 float _mm512_reduce_min_ps(__m512 a) { float r = a[0]; EACH(i, 15) r = a[i + 1] < r ? a[i + 1] : r; return r; }
X86 int _mm512_reduce_add_epi32(__m512i a) {
  falcon::u32_512 x = (falcon::u32_512)a; unsigned r = 0; EACH(i, 16) r += x[i]; return (int)r;
}
X86 int _mm512_reduce_max_epi32(__m512i a) {
  falcon::s32_512 x = (falcon::s32_512)a; int r = x[0]; EACH(i, 15) r = x[i + 1] > r ? x[i + 1] : r; return r;
}
X86 int _mm512_reduce_min_epi32(__m512i a) {
  falcon::s32_512 x = (falcon::s32_512)a; int r = x[0]; EACH(i, 15) r = x[i + 1] < r ? x[i + 1] : r; return r;
}

// --- convert -----------------------------------------------------------------------------------------------------------------
// Float to integer: out of range and NaN give the integer indefinite value 0x80000000.
namespace falcon {
X86 int truncated(float x) { int r = x >= -2147483648.0f && x < 2147483648.0f ? (int)x : -2147483647 - 1; return r; }
}  // namespace falcon
#define BODY(P, B, N, F, I)                                                                                        \
  X86 F P##cvtepi32_ps(I a) { falcon::s32_##B x = (falcon::s32_##B)a; F r; EACH(i, N) r[i] = (float)x[i]; return r; } \
  X86 I P##cvttps_epi32(F a) { falcon::s32_##B r; EACH(i, N) r[i] = falcon::truncated(a[i]); return (I)r; }         \
  X86 I P##cvtps_epi32(F a) { falcon::s32_##B r; EACH(i, N) r[i] = falcon::truncated(rintf(a[i])); return (I)r; }
FAMILY(BODY)
#undef BODY
#define WIDEN(name, R, RV, RL, A, AV)                                                                  \
  X86 R name(A a) { falcon::AV x = (falcon::AV)a; falcon::RV r; EACH(i, RL) r[i] = x[i]; return (R)r; }
WIDEN(_mm_cvtepi8_epi32, __m128i, s32_128, 4, __m128i, s8_128)
WIDEN(_mm256_cvtepi8_epi32, __m256i, s32_256, 8, __m128i, s8_128)
WIDEN(_mm512_cvtepi8_epi32, __m512i, s32_512, 16, __m128i, s8_128)
WIDEN(_mm256_cvtepu8_epi32, __m256i, s32_256, 8, __m128i, u8_128)
WIDEN(_mm512_cvtepu8_epi32, __m512i, s32_512, 16, __m128i, u8_128)
WIDEN(_mm256_cvtepi16_epi32, __m256i, s32_256, 8, __m128i, s16_128)
WIDEN(_mm512_cvtepi16_epi32, __m512i, s32_512, 16, __m256i, s16_256)
WIDEN(_mm256_cvtepi8_epi16, __m256i, s16_256, 16, __m128i, s8_128)
WIDEN(_mm512_cvtepi8_epi16, __m512i, s16_512, 32, __m256i, s8_256)
WIDEN(_mm256_cvtepu8_epi16, __m256i, s16_256, 16, __m128i, u8_128)
WIDEN(_mm512_cvtepu8_epi16, __m512i, s16_512, 32, __m256i, u8_256)
WIDEN(_mm512_cvtepi32_epi8, __m128i, s8_128, 16, __m512i, s32_512)
WIDEN(_mm512_cvtepi32_epi16, __m256i, s16_256, 16, __m512i, s32_512)
X86 __m128i _mm512_cvtsepi32_epi8(__m512i a) {
  falcon::s32_512 x = (falcon::s32_512)a; falcon::s8_128 r;
  EACH(i, 16) r[i] = (signed char)(x[i] > 127 ? 127 : x[i] < -128 ? -128 : x[i]); return (__m128i)r;
}
X86 __m128i _mm512_cvtusepi32_epi8(__m512i a) {
  falcon::u32_512 x = (falcon::u32_512)a; falcon::u8_128 r; EACH(i, 16) r[i] = (unsigned char)(x[i] > 255u ? 255u : x[i]); return (__m128i)r;
}
X86 float _mm_cvtss_f32(__m128 a) { return a[0]; }
X86 float _mm256_cvtss_f32(__m256 a) { return a[0]; }
X86 float _mm512_cvtss_f32(__m512 a) { return a[0]; }
X86 int _mm_cvtsi128_si32(__m128i a) { falcon::s32_128 x = (falcon::s32_128)a; return x[0]; }
X86 int _mm512_cvtsi512_si32(__m512i a) { falcon::s32_512 x = (falcon::s32_512)a; return x[0]; }

// --- casts, extract, permute -----------------------------------------------------------------------------------------------
X86 __m512i _mm512_castps_si512(__m512 a) { return (__m512i)a; }
X86 __m512 _mm512_castsi512_ps(__m512i a) { return (__m512)a; }
X86 __m256i _mm256_castps_si256(__m256 a) { return (__m256i)a; }
X86 __m256 _mm256_castsi256_ps(__m256i a) { return (__m256)a; }
X86 __m128i _mm_castps_si128(__m128 a) { return (__m128i)a; }
X86 __m128 _mm_castsi128_ps(__m128i a) { return (__m128)a; }
X86 __m256 _mm512_castps512_ps256(__m512 a) { __m256 r; EACH(i, 8) r[i] = a[i]; return r; }
X86 __m128 _mm512_castps512_ps128(__m512 a) { __m128 r; EACH(i, 4) r[i] = a[i]; return r; }
X86 __m128 _mm256_castps256_ps128(__m256 a) { __m128 r; EACH(i, 4) r[i] = a[i]; return r; }
#define LOW(name, R, RV, RL, A, AV) \
  X86 R name(A a) { falcon::AV x = (falcon::AV)a; falcon::RV r; EACH(i, RL) r[i] = x[i]; return (R)r; }
LOW(_mm512_castsi512_si256, __m256i, s32_256, 8, __m512i, s32_512)
LOW(_mm512_castsi512_si128, __m128i, s32_128, 4, __m512i, s32_512)
LOW(_mm256_castsi256_si128, __m128i, s32_128, 4, __m256i, s32_256)
X86 __m128 _mm256_extractf128_ps(__m256 a, int k) { __m128 r; EACH(i, 4) r[i] = a[4 * (k & 1) + i]; return r; }
X86 __m128 _mm512_extractf32x4_ps(__m512 a, int k) { __m128 r; EACH(i, 4) r[i] = a[4 * (k & 3) + i]; return r; }
X86 __m256 _mm512_extractf32x8_ps(__m512 a, int k) { __m256 r; EACH(i, 8) r[i] = a[8 * (k & 1) + i]; return r; }
X86 __m128i _mm256_extracti128_si256(__m256i a, int k) {
  falcon::s32_256 x = (falcon::s32_256)a; falcon::s32_128 r; EACH(i, 4) r[i] = x[4 * (k & 1) + i]; return (__m128i)r;
}
X86 __m256i _mm512_extracti32x8_epi32(__m512i a, int k) {
  falcon::s32_512 x = (falcon::s32_512)a; falcon::s32_256 r; EACH(i, 8) r[i] = x[8 * (k & 1) + i]; return (__m256i)r;
}
X86 __m256i _mm512_extracti64x4_epi64(__m512i a, int k) { return _mm512_extracti32x8_epi32(a, k); }
X86 __m128i _mm512_extracti32x4_epi32(__m512i a, int k) {
  falcon::s32_512 x = (falcon::s32_512)a; falcon::s32_128 r; EACH(i, 4) r[i] = x[4 * (k & 3) + i]; return (__m128i)r;
}
X86 __m256 _mm256_insertf128_ps(__m256 a, __m128 b, int k) {
  __m256 r; EACH(i, 8) r[i] = i / 4 == (k & 1) ? b[i % 4] : a[i]; return r;
}
X86 __m512 _mm512_broadcast_f32x4(__m128 a) { __m512 r; EACH(i, 16) r[i] = a[i % 4]; return r; }
X86 __m512 _mm512_broadcastss_ps(__m128 a) { __m512 r; EACH(i, 16) r[i] = a[0]; return r; }
X86 __m256 _mm256_broadcastss_ps(__m128 a) { __m256 r; EACH(i, 8) r[i] = a[0]; return r; }
X86 __m256 _mm256_broadcast_ss(const float *p) { __m256 r; EACH(i, 8) r[i] = p[0]; return r; }
X86 __m128 _mm_broadcast_ss(const float *p) { __m128 r; EACH(i, 4) r[i] = p[0]; return r; }
X86 __m512 _mm512_permutexvar_ps(__m512i index, __m512 a) {
  falcon::u32_512 k = (falcon::u32_512)index; __m512 r; EACH(i, 16) r[i] = a[k[i] & 15]; return r;
}
X86 __m512i _mm512_permutexvar_epi32(__m512i index, __m512i a) {
  falcon::u32_512 k = (falcon::u32_512)index, x = (falcon::u32_512)a, r; EACH(i, 16) r[i] = x[k[i] & 15]; return (__m512i)r;
}
X86 __m512 _mm512_permutex2var_ps(__m512 a, __m512i index, __m512 b) {
  falcon::u32_512 k = (falcon::u32_512)index; __m512 r; EACH(i, 16) r[i] = (k[i] & 16) ? b[k[i] & 15] : a[k[i] & 15]; return r;
}
X86 __m256 _mm256_permutevar8x32_ps(__m256 a, __m256i index) {
  falcon::u32_256 k = (falcon::u32_256)index; __m256 r; EACH(i, 8) r[i] = a[k[i] & 7]; return r;
}
X86 __m256i _mm256_permutevar8x32_epi32(__m256i a, __m256i index) {
  falcon::u32_256 k = (falcon::u32_256)index, x = (falcon::u32_256)a, r; EACH(i, 8) r[i] = x[k[i] & 7]; return (__m256i)r;
}
#define BODY(P, B, N, F, I)                                                                                             \
  X86 F P##permute_ps(F a, int m) { F r; EACH(i, N) r[i] = a[i / 4 * 4 + (m >> 2 * (i % 4) & 3)]; return r; }           \
  X86 F P##shuffle_ps(F a, F b, int m) { F r;                                                                           \
    EACH(i, N) r[i] = i % 4 < 2 ? a[i / 4 * 4 + (m >> 2 * (i % 4) & 3)] : b[i / 4 * 4 + (m >> 2 * (i % 4) & 3)]; return r; } \
  X86 I P##shuffle_epi32(I a, int m) { falcon::u32_##B x = (falcon::u32_##B)a, r;                                       \
    EACH(i, N) r[i] = x[i / 4 * 4 + (m >> 2 * (i % 4) & 3)]; return (I)r; }                                             \
  X86 F P##unpacklo_ps(F a, F b) { F r; EACH(i, N) r[i] = i % 2 == 0 ? a[i / 4 * 4 + i % 4 / 2] : b[i / 4 * 4 + i % 4 / 2]; return r; } \
  X86 F P##unpackhi_ps(F a, F b) { F r; EACH(i, N) r[i] = i % 2 == 0 ? a[i / 4 * 4 + 2 + i % 4 / 2] : b[i / 4 * 4 + 2 + i % 4 / 2]; return r; } \
  X86 F P##moveldup_ps(F a) { F r; EACH(i, N) r[i] = a[i / 2 * 2]; return r; }                                          \
  X86 F P##movehdup_ps(F a) { F r; EACH(i, N) r[i] = a[i / 2 * 2 + 1]; return r; }
FAMILY(BODY)
#undef BODY
X86 __m128 _mm_movehl_ps(__m128 a, __m128 b) { __m128 r; r[0] = b[2]; r[1] = b[3]; r[2] = a[2]; r[3] = a[3]; return r; }
X86 __m128 _mm_movelh_ps(__m128 a, __m128 b) { __m128 r; r[0] = a[0]; r[1] = a[1]; r[2] = b[0]; r[3] = b[1]; return r; }
X86 __m128 _mm_add_ss(__m128 a, __m128 b) { __m128 r = a; r[0] = a[0] + b[0]; return r; }
X86 __m128 _mm_max_ss(__m128 a, __m128 b) { __m128 r = a; r[0] = a[0] > b[0] ? a[0] : b[0]; return r; }
X86 __m128 _mm_min_ss(__m128 a, __m128 b) { __m128 r = a; r[0] = a[0] < b[0] ? a[0] : b[0]; return r; }
X86 __m128 _mm_mul_ss(__m128 a, __m128 b) { __m128 r = a; r[0] = a[0] * b[0]; return r; }
X86 __m128 _mm_hadd_ps(__m128 a, __m128 b) { __m128 r; EACH(i, 2) { r[i] = a[2 * i] + a[2 * i + 1]; r[2 + i] = b[2 * i] + b[2 * i + 1]; } return r; }
X86 __m256 _mm256_hadd_ps(__m256 a, __m256 b) {
  __m256 r; EACH(h, 2) EACH(i, 2) { r[4 * h + i] = a[4 * h + 2 * i] + a[4 * h + 2 * i + 1]; r[4 * h + 2 + i] = b[4 * h + 2 * i] + b[4 * h + 2 * i + 1]; }
  return r;
}
X86 __m256 _mm256_permute2f128_ps(__m256 a, __m256 b, int m) {
  __m256 r;
  EACH(h, 2) EACH(i, 4) {
    int c = m >> 4 * h & 15;
    r[4 * h + i] = (c & 8) ? 0.0f : (c & 2) ? b[4 * (c & 1) + i] : a[4 * (c & 1) + i];
  }
  return r;
}
X86 __m512 _mm512_shuffle_f32x4(__m512 a, __m512 b, int m) {
  __m512 r; EACH(h, 4) EACH(i, 4) r[4 * h + i] = h < 2 ? a[4 * (m >> 2 * h & 3) + i] : b[4 * (m >> 2 * h & 3) + i]; return r;
}
X86 __m512 _mm512_i32gather_ps(__m512i index, const void *base, int scale) {
  NEED(scale == 4); const float *p = (const float *)base; falcon::s32_512 k = (falcon::s32_512)index; __m512 r;
  EACH(i, 16) r[i] = p[k[i]]; return r;
}
X86 __m256 _mm256_i32gather_ps(const float *p, __m256i index, int scale) {
  NEED(scale == 4); falcon::s32_256 k = (falcon::s32_256)index; __m256 r; EACH(i, 8) r[i] = p[k[i]]; return r;
}
#define _MM_SHUFFLE(z, y, x, w) (((z) << 6) | ((y) << 4) | ((x) << 2) | (w))
#define _MM_HINT_T0 3
#define _MM_HINT_T1 2
#define _MM_HINT_NTA 0
X86 void _mm_prefetch(const void *, int) {}
X86 void _mm_sfence() {}
