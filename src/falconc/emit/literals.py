"""Constants as C literals, and the printed text that expressions pass around."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from falconc.ir import types
from falconc.ir.nodes import Const
from falconc.ir.types import DType

PRIMARY = 16
UNARY = 15
LOWEST = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A printed expression: its precedence level, its C type, its value if it is an integer constant."""

    code: str
    level: int
    ctype: DType
    value: int | None = None


_SUFFIX = {"i32": "", "u32": "u", "i64": "ll", "u64": "ull", "f32": "f", "f64": ""}


def constant(value: int | float | bool, dtype: DType) -> Text:
    """A literal of exactly the C type ``dtype`` (bool, 32- and 64-bit integers, f32, f64)."""
    if dtype == types.BOOL:
        return Text("true" if value else "false", PRIMARY, dtype)
    if dtype.is_float:
        return _float(float(value), dtype)
    number = int(value)
    suffix = _SUFFIX[dtype.name]
    if dtype.kind == "int" and number == dtype.lowest:
        return Text(f"(-{dtype.highest}{suffix} - 1)", PRIMARY, dtype, number)
    return Text(f"{number}{suffix}", UNARY if number < 0 else PRIMARY, dtype, number)


def _float(value: float, dtype: DType) -> Text:
    if math.isnan(value):
        return Text("NAN", PRIMARY, types.F32) if dtype == types.F32 else Text("(double)NAN", UNARY, dtype)
    if math.isinf(value):
        word = "INFINITY" if dtype == types.F32 else "(double)INFINITY"
        return Text(f"-{word}", UNARY, dtype) if value < 0 else Text(word, PRIMARY, dtype)
    digits = repr(float(value)) if dtype == types.F64 else _shortest(value)
    level = UNARY if digits.startswith("-") else PRIMARY
    return Text(f"{digits}{_SUFFIX[dtype.name]}", level, dtype)


def _shortest(value: float) -> str:
    """The shortest decimal that reads back as this f32, in C's form (1e-05 -> 1e-5, 3 -> 3.0)."""
    single = np.float32(value)
    if single == 0 or 1e-4 <= abs(single) < 1e9:
        return np.format_float_positional(single, unique=True, trim="0")
    mantissa, _, exponent = np.format_float_scientific(single, unique=True, trim="-").partition("e")
    return f"{mantissa}e{int(exponent)}"


def is_exact(c: Const, dtype: DType) -> bool:
    """Whether converting ``c`` to the float type changes nothing."""
    if c.dtype == types.BOOL:
        return False
    narrow = float(np.float32(c.value)) if dtype == types.F32 else float(c.value)
    return narrow == c.value


def names_math(code: str) -> bool:
    """Whether a text uses a macro of the math header."""
    return "INFINITY" in code or "NAN" in code
