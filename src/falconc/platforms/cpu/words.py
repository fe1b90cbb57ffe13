"""How C for x86 spells things (keys: see platforms/c_words.py)."""

from __future__ import annotations

from falconc.platform import Words
from falconc.platforms import c_words


def _choices() -> dict[str, str]:
    """C has no integer min and max; the operands of these patterns have no effects, so they may appear twice."""
    out: dict[str, str] = {}
    for dtype in ("i32", "u32", "i64", "u64"):
        out |= {f"min.{dtype}": "({0} < {1} ? {0} : {1})", f"max.{dtype}": "({0} > {1} ? {0} : {1})"}
    return out


WORDS = Words(
    table={
        **c_words.TABLE,
        **_choices(),
        "type.f16": "_Float16",
        "type.bf16": "__bf16",
        "math.rsqrt.f32": "(1.0f / sqrtf({0}))",
        "math.rsqrt.f64": "(1.0 / sqrt({0}))",
        "math.popcount.u32": "__builtin_popcount({0})",
        "math.popcount.i32": "__builtin_popcount({0})",
        "math.popcount.u64": "__builtin_popcountll({0})",
        "math.popcount.i64": "__builtin_popcountll({0})",
        "math.ffs.i32": "__builtin_ffs({0})",
        "math.ffs.i64": "__builtin_ffsll({0})",
        "kernel.qualifier": "void",
        "space.register": "",
        "space.global": "",
        "space.shared": "",
        "pragma.core": "#pragma omp parallel for",
        "pragma.core.collapse": "#pragma omp parallel for collapse({0})",
        "pragma.unrolled": "#pragma GCC unroll 16",
        "pragma.vector": "#pragma omp simd",
        "header.integer": "<stdint.h>",
        "header.math": "<math.h>",
        "header.stdlib": "<stdlib.h>",
    },
)
