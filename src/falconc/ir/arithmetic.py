"""What one operation on scalar values yields, in C's types: shared by the interpreter and by constant folding.

Integers and bools are Python ints in their type's range, floats are Python floats that their type can hold.
"""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Callable
from fractions import Fraction

from falconc.errors import KernelFault
from falconc.ir.nodes import COMPARE_OPS, BinaryOp, UnaryOp
from falconc.ir.types import DType

Value = int | float


def fault(what: str) -> KernelFault:
    return KernelFault(what, "guard the statement, or give inputs that keep it in range")


# Significant bits, and the exponent of the smallest subnormal.
_NARROW = {"f16": (11, -24, 65536.0), "bf16": (8, -133, 2.0**128)}


def round_float(value: float, dtype: DType) -> float:
    """``value`` rounded to the nearest value of a float type, ties to even."""
    if dtype.name == "f64" or value == 0 or not math.isfinite(value):
        return value
    if dtype.name == "f32":
        return ctypes.c_float(value).value
    bits, lowest, limit = _NARROW[dtype.name]
    quantum = max(math.frexp(value)[1] - bits, lowest)
    rounded = math.ldexp(round(math.ldexp(value, -quantum)), quantum)
    if abs(rounded) >= limit:
        return math.copysign(math.inf, value)
    return math.copysign(rounded, value)


def _round_fraction(value: Fraction, dtype: DType) -> float:
    """An exact value rounded once."""
    if value == 0:
        return 0.0
    bits = {"f16": 11, "bf16": 8, "f32": 24, "f64": 53}[dtype.name]
    lowest = {"f16": -24, "bf16": -133, "f32": -149, "f64": -1074}[dtype.name]
    exponent = value.numerator.bit_length() - value.denominator.bit_length() - 1
    while Fraction(2) ** (exponent + 1) <= abs(value):
        exponent += 1
    quantum = max(exponent + 1 - bits, lowest)
    scaled = round(value / Fraction(2) ** quantum)
    try:
        return round_float(math.ldexp(scaled, quantum), dtype)
    except OverflowError:
        return math.copysign(math.inf, scaled)


def convert(value: Value, source: DType, dtype: DType) -> Value:
    """C's conversion between scalar types."""
    if dtype.is_float:
        if source.is_float:
            return round_float(float(value), dtype)
        return _round_fraction(Fraction(value), dtype)
    if not source.is_float:
        return dtype.wrap(int(value))
    if dtype.kind == "bool":
        return int(value != 0)
    if not math.isfinite(value) or not dtype.lowest <= math.trunc(value) <= dtype.highest:
        raise fault(f"{value!r} is out of range for {dtype}")
    return math.trunc(value)


def unary(op: UnaryOp, value: Value, dtype: DType) -> Value:
    match op:
        case "neg":
            return -value if dtype.is_float else dtype.wrap(-int(value))
        case "not":
            return dtype.wrap(~int(value))
        case "lnot":
            return int(not value)


def binary(op: BinaryOp, a: Value, b: Value, dtype: DType) -> Value:
    """``a op b`` where both operands have type ``dtype``."""
    if op in COMPARE_OPS:
        return int(_COMPARE[op](a, b))
    if dtype.is_float:
        return round_float(_FLOAT[op](float(a), float(b)), dtype)
    return dtype.wrap(_INTEGER[op](int(a), int(b), dtype))


_COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
}


def _float_div(a: float, b: float) -> float:
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _float_min(a: float, b: float) -> float:
    if math.isnan(a) or math.isnan(b):
        return b if math.isnan(a) else a
    return min(a, b) if a != b else (a if math.copysign(1.0, a) < 0 else b)


def _float_max(a: float, b: float) -> float:
    if math.isnan(a) or math.isnan(b):
        return b if math.isnan(a) else a
    return max(a, b) if a != b else (b if math.copysign(1.0, a) < 0 else a)


_FLOAT: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _float_div,
    "min": _float_min,
    "max": _float_max,
}


def _truncated(a: int, b: int, dtype: DType) -> tuple[int, int]:
    if b == 0:
        raise fault("division by zero")
    if a == dtype.lowest and b == -1 and dtype.is_signed:
        raise fault(f"{a} / -1 overflows {dtype}")
    quotient = abs(a) // abs(b)
    quotient = -quotient if (a < 0) != (b < 0) else quotient
    return quotient, a - b * quotient


def _floored(a: int, b: int, dtype: DType) -> tuple[int, int]:
    _truncated(a, b, dtype)
    return a // b, a % b


def _count(b: int, dtype: DType) -> int:
    if not 0 <= b < dtype.bits:
        raise fault(f"shift of {dtype} by {b}")
    return b


_INTEGER: dict[str, Callable[[int, int, DType], int]] = {
    "add": lambda a, b, t: a + b,
    "sub": lambda a, b, t: a - b,
    "mul": lambda a, b, t: a * b,
    "div": lambda a, b, t: _truncated(a, b, t)[0],
    "mod": lambda a, b, t: _truncated(a, b, t)[1],
    "floordiv": lambda a, b, t: _floored(a, b, t)[0],
    "floormod": lambda a, b, t: _floored(a, b, t)[1],
    "min": lambda a, b, t: min(a, b),
    "max": lambda a, b, t: max(a, b),
    "and": lambda a, b, t: a & b,
    "or": lambda a, b, t: a | b,
    "xor": lambda a, b, t: a ^ b,
    "shl": lambda a, b, t: a << _count(b, t),
    "shr": lambda a, b, t: a >> _count(b, t),
    "land": lambda a, b, t: int(bool(a) and bool(b)),
    "lor": lambda a, b, t: int(bool(a) or bool(b)),
}

# --- functions of functions.py ---------------------------------------------------------------------------------


def _guarded(function: Callable[..., float]) -> Callable[..., float]:
    """C's results where Python raises: NaN outside the domain, infinity on overflow."""

    def call(*args: float) -> float:
        try:
            return float(function(*args))
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan

    return call


def _log(function: Callable[[float], float], pole: float = 0.0) -> Callable[[float], float]:
    return lambda x: -math.inf if x == pole else function(x)


def _whole(function: Callable[[float], float]) -> Callable[[float], float]:
    """Rounding functions keep infinities, NaN and the sign of zero."""
    return lambda x: x if not math.isfinite(x) else math.copysign(float(function(x)), x)


def _rsqrt(x: float) -> float:
    return math.copysign(math.inf, x) if x == 0 else 1 / math.sqrt(x)


def _sinpi(x: float) -> float:
    return math.sin(math.pi * math.fmod(x, 2.0))


def _cospi(x: float) -> float:
    return math.cos(math.pi * math.fmod(x, 2.0))


def _tgamma(x: float) -> float:
    return math.copysign(math.inf, x) if x == 0 else math.gamma(x)


def _pow(x: float, y: float) -> float:
    if x == 0 and y < 0:
        odd = y == math.trunc(y) and math.fmod(y, 2) != 0
        return math.copysign(math.inf, x) if odd else math.inf
    try:
        return math.pow(x, y)
    except OverflowError:
        odd = y == math.trunc(y) and math.fmod(y, 2) != 0
        return -math.inf if x < 0 and odd else math.inf


def _odd_overflow(function: Callable[[float], float]) -> Callable[[float], float]:
    def call(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return math.copysign(math.inf, x)

    return call


_MATH_1: dict[str, Callable[[float], float]] = {
    "exp": math.exp, "exp2": math.exp2, "exp10": lambda x: math.pow(10.0, x), "expm1": math.expm1,
    "log": _log(math.log), "log2": _log(math.log2), "log10": _log(math.log10), "log1p": _log(math.log1p, -1.0),
    "sqrt": math.sqrt, "rsqrt": _rsqrt, "cbrt": math.cbrt,
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan,
    "sinh": _odd_overflow(math.sinh), "cosh": math.cosh, "tanh": math.tanh,
    "asinh": math.asinh, "acosh": math.acosh,
    "atanh": lambda x: math.copysign(math.inf, x) if abs(x) == 1 else math.atanh(x),
    "erf": math.erf, "erfc": math.erfc, "tgamma": _tgamma,
    "lgamma": lambda x: math.inf if x <= 0 and x == math.trunc(x) else math.lgamma(x),
    "floor": _whole(math.floor), "ceil": _whole(math.ceil), "trunc": _whole(math.trunc), "rint": _whole(round),
    "round": _whole(lambda x: math.trunc(x) + (abs(x - math.trunc(x)) >= 0.5) * math.copysign(1, x)),
    "fabs": math.fabs, "sinpi": _sinpi, "cospi": _cospi, "normcdf": lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)),
}  # fmt: skip

_MATH_2: dict[str, Callable[[float, float], float]] = {
    "pow": _pow, "fmod": math.fmod, "atan2": math.atan2, "copysign": math.copysign, "hypot": math.hypot,
    "remainder": math.remainder,
    "fdim": lambda x, y: math.nan if math.isnan(x) or math.isnan(y) else max(x - y, 0.0) if x > y else 0.0,
}  # fmt: skip

_MATH: dict[str, Callable[..., float]] = {**_MATH_1, **_MATH_2}

_TESTS: dict[str, Callable[[float], bool]] = {
    "isnan": math.isnan,
    "isinf": math.isinf,
    "isfinite": math.isfinite,
    "signbit": lambda x: math.copysign(1.0, x) < 0,
}


def _fma(a: float, b: float, c: float, dtype: DType) -> float:
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c if not (math.isfinite(a) and math.isfinite(b)) else c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    return _round_fraction(exact, dtype) if exact else a * b + c


def _bits_of(value: int, dtype: DType) -> int:
    return value & ((1 << dtype.bits) - 1)


def _integer_function(name: str, args: list[int], dtype: DType) -> int:
    bits = _bits_of(args[0], dtype)
    match name:
        case "abs":
            return dtype.wrap(abs(args[0]))
        case "popcount":
            return bits.bit_count()
        case "clz":
            return dtype.bits - bits.bit_length()
        case "ffs":
            return (bits & -bits).bit_length()
        case "brev":
            return dtype.wrap(int(f"{bits:0{dtype.bits}b}"[::-1], 2))
        case "mulhi":
            return dtype.wrap((args[0] * args[1]) >> dtype.bits)
        case _:
            raise AssertionError(name)


def apply(name: str, args: list[Value], source: DType, dtype: DType) -> Value:
    """A function of the table on arguments of type ``source`` (of the first argument), result type ``dtype``."""
    if name == "bitcast":
        return decode(encode(args[0], source), dtype)
    if name == "fma":
        return _fma(float(args[0]), float(args[1]), float(args[2]), dtype)
    if name in _TESTS:
        return int(_TESTS[name](float(args[0])))
    if name in _MATH:
        return round_float(_guarded(_MATH[name])(*(float(a) for a in args)), dtype)
    return _integer_function(name, [int(a) for a in args], source)


# --- bytes -----------------------------------------------------------------------------------------------------

_FORMAT = {
    "bool": "<B", "i8": "<b", "u8": "<B", "i16": "<h", "u16": "<H", "i32": "<i", "u32": "<I", "i64": "<q",
    "u64": "<Q", "f16": "<e", "f32": "<f", "f64": "<d",
}  # fmt: skip


def encode(value: Value, dtype: DType) -> bytes:
    """The storage bytes of a value, little endian."""
    if dtype.name == "bf16":
        return struct.pack("<f", value)[2:]
    return struct.pack(_FORMAT[dtype.name], value)


def decode(raw: bytes, dtype: DType) -> Value:
    """The value that storage bytes stand for."""
    if dtype.name == "bf16":
        return struct.unpack("<f", b"\0\0" + raw)[0]
    value = struct.unpack(_FORMAT[dtype.name], raw)[0]
    return int(value != 0) if dtype.name == "bool" else value
