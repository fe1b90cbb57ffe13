"""The pure functions an Apply may name: one table that interp, printers and the exact arithmetic are tested against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """``arity``: number of arguments. ``domain``: "float" (all arguments and result one float type), "int"
    (integers), "test" (float -> bool), "bits" (bitcast: same width, other type)."""

    name: str
    arity: int
    domain: str
    doc: str


_FLOAT_1 = [
    "exp", "exp2", "exp10", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "cbrt", "sin", "cos",
    "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "tgamma",
    "lgamma", "floor", "ceil", "trunc", "round", "rint", "fabs", "sinpi", "cospi", "normcdf",
]  # fmt: skip
_FLOAT_2 = ["pow", "fmod", "atan2", "copysign", "hypot", "remainder", "fdim"]

TABLE: dict[str, Function] = {
    f.name: f
    for f in (
        *(Function(n, 1, "float", f"C's {n}") for n in _FLOAT_1),
        *(Function(n, 2, "float", f"C's {n}") for n in _FLOAT_2),
        Function("fma", 3, "float", "a * b + c, rounded once"),
        Function("isnan", 1, "test", "true for NaN"),
        Function("isinf", 1, "test", "true for an infinity"),
        Function("isfinite", 1, "test", "true for neither"),
        Function("signbit", 1, "test", "true where the sign bit is set"),
        Function("abs", 1, "int", "absolute value; of the lowest value: itself"),
        Function("popcount", 1, "int", "number of set bits; result i32"),
        Function("clz", 1, "int", "leading zero bits, the width for 0; result i32"),
        Function("ffs", 1, "int", "1 + position of the lowest set bit, 0 for 0; result i32"),
        Function("brev", 1, "int", "bits in reverse order"),
        Function("mulhi", 2, "int", "upper half of the double-width product"),
        Function("bitcast", 1, "bits", "the same bits as another type of the same width"),
    )
}
