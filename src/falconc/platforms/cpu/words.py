"""How C for x86 spells things (keys: see platforms/c_words.py)."""

from __future__ import annotations

from falconc.platform import Words
from falconc.platforms import c_words

_C_TYPES = {"i32": "int", "u32": "unsigned int", "i64": "int64_t", "u64": "uint64_t"}


def _integer_helpers() -> dict[str, str]:
    """C has no integer min and max, and its bit counts are undefined for 0: small functions, printed when used."""
    out: dict[str, str] = {}
    for dtype, kind in _C_TYPES.items():
        for op, sign in (("min", "<"), ("max", ">")):
            out[f"{op}.{dtype}"] = f"{op}_{dtype}({{0}}, {{1}})"
            body = f"return a {sign} b ? a : b;"
            out[f"define.{op}.{dtype}"] = f"static inline {kind} {op}_{dtype}({kind} a, {kind} b) {{ {body} }}"
        bits, suffix = (64, "ll") if dtype.endswith("64") else (32, "")
        out[f"math.popcount.{dtype}"] = f"__builtin_popcount{suffix}({{0}})"
        out[f"math.ffs.{dtype}"] = f"__builtin_ffs{suffix}({{0}})"
        out[f"math.clz.{dtype}"] = f"clz_{dtype}({{0}})"
        body = f"return x ? __builtin_clz{suffix}(x) : {bits};"
        out[f"define.math.clz.{dtype}"] = f"static inline int clz_{dtype}({kind} x) {{ {body} }}"
    return out


def _bitcasts() -> dict[str, str]:
    """The same bytes: a small function for each pair of types, printed when used."""
    pairs = [("i32", "f32"), ("u32", "f32"), ("i64", "f64"), ("u64", "f64"), ("i16", "f16"), ("u16", "f16")]
    kinds = {**_C_TYPES, "f32": "float", "f64": "double", "i16": "int16_t", "u16": "uint16_t", "f16": "_Float16"}
    out: dict[str, str] = {}
    for to, source in pairs + [(b, a) for a, b in pairs]:
        name = f"{source}_as_{to}"
        out[f"bitcast.{to}.{source}"] = f"{name}({{0}})"
        out[f"define.bitcast.{to}.{source}"] = (
            f"static inline {kinds[to]} {name}({kinds[source]} x) {{\n"
            f"    {kinds[to]} same;\n    memcpy(&same, &x, sizeof same);\n    return same;\n}}"
        )
    return out


# Compilers before GCC 13 have no bfloat16: its bits, and functions that convert (round to nearest even, quiet NaN).
_BF16_TYPE = """#if defined(__clang__) || __GNUC__ >= 13
typedef __bf16 bfloat16;
#else
typedef uint16_t bfloat16;  // the bits
#endif"""
_BF16_TO_FLOAT = """static inline float bf16_to_float(bfloat16 x) {
#if defined(__clang__) || __GNUC__ >= 13
    return (float)x;
#else
    const unsigned int bits = (unsigned int)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
#endif
}"""
_FLOAT_TO_BF16 = """static inline bfloat16 float_to_bf16(float x) {
#if defined(__clang__) || __GNUC__ >= 13
    return (bfloat16)x;
#else
    unsigned int bits;
    memcpy(&bits, &x, sizeof bits);
    if (x != x) return (bfloat16)(bits >> 16 | 64);
    return (bfloat16)((bits + 32767 + (bits >> 16 & 1)) >> 16);
#endif
}"""

WORDS = Words(
    table={
        **c_words.TABLE,
        **_integer_helpers(),
        **_bitcasts(),
        "type.f16": "_Float16",
        "type.bf16": "bfloat16",
        "define.type.bf16": _BF16_TYPE,
        "convert.f32.bf16": "bf16_to_float({0})",
        "define.convert.f32.bf16": _BF16_TO_FLOAT,
        "convert.bf16.f32": "float_to_bf16({0})",
        "define.convert.bf16.f32": _FLOAT_TO_BF16,
        "math.rsqrt.f32": "(1.0f / sqrtf({0}))",
        "math.rsqrt.f64": "(1.0 / sqrt({0}))",
        "kernel.qualifier": "void",
        "space.register": "",
        "space.global": "",
        "space.shared": "",
        "array.dynamic": "",
        "pragma.core": "#pragma omp parallel for",
        "pragma.core.collapse": "#pragma omp parallel for collapse({0})",
        "pragma.atomic": "#pragma omp atomic",
        "pragma.unrolled": "#pragma GCC unroll 16",
        "pragma.vector": "#pragma omp simd",
        "pragma.sum": "#pragma omp simd reduction(+:{0})",
        "header.integer": "<stdint.h>",
        "header.memory": "<string.h>",
        "header.math": "<math.h>",
        "header.infinity": "<math.h>",
        "file.open": '#ifdef __cplusplus\nextern "C" {\n#endif',
        "file.close": '#ifdef __cplusplus\n}  // extern "C"\n#endif',
    },
)
