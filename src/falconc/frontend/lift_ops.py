"""Expressions as the lifter builds them: C's conversions made explicit, constants folded."""

from __future__ import annotations

from collections.abc import Sequence

import ml_dtypes
import numpy as np

from falconc.ir import types as ir
from falconc.ir.functions import TABLE
from falconc.ir.nodes import COMPARE_OPS, Apply, Binary, BinaryOp, Cast, Const, Expr, Load, Select, Unary, Var
from falconc.ir.types import BOOL, F32, F64, I32, I64, DType
from falconc.ir.walk import walk

TRUE, FALSE = Const(True, BOOL), Const(False, BOOL)
_FLOATS = {ir.F16: np.float16, ir.BF16: ml_dtypes.bfloat16, ir.F32: np.float32, ir.F64: np.float64}
_RANKS = {8: 1, 16: 2, 32: 3, 64: 4}


def integer(value: int, dtype: DType = I32) -> Const:
    return Const(dtype.wrap(value), dtype)


def constant(value: float | bool, dtype: DType) -> Const:
    """``value`` converted to ``dtype`` as C converts."""
    if dtype == BOOL:
        return Const(bool(value), BOOL)
    if dtype.is_float:
        with np.errstate(over="ignore"):
            return Const(float(_FLOATS[dtype](value)), dtype)
    return integer(int(value), dtype)


def known(e: Expr) -> int | None:
    """The value of a constant integer expression."""
    return int(e.value) if isinstance(e, Const) and e.dtype.is_integer else None


def loads(e: Expr) -> bool:
    """Whether evaluating ``e`` reads memory."""
    return any(isinstance(n, Load) for n in walk(e))


def cast(dtype: DType, e: Expr) -> Expr:
    """C's conversion of ``e`` to ``dtype``."""
    if e.dtype == dtype:
        return e
    if isinstance(e, Const) and _converts(e, dtype):
        return constant(e.value, dtype)
    if dtype == BOOL:
        return truth(e)
    if isinstance(e, Cast) and dtype.is_integer and e.dtype.is_integer and e.dtype != BOOL:
        inner = e.operand
        # Only the low bits matter, and the step in between kept them.
        if inner.dtype.is_integer and (e.dtype.bits >= dtype.bits) and inner.dtype != BOOL:
            return cast(dtype, inner)
    return Cast(dtype, e)


def _converts(e: Const, dtype: DType) -> bool:
    """Whether the conversion is defined (float -> int in range)."""
    if e.dtype.is_float and dtype.is_integer and dtype != BOOL:
        return np.isfinite(e.value) and dtype.lowest <= int(e.value) <= dtype.highest
    return True


def truth(e: Expr) -> Expr:
    """``e`` as a condition."""
    if e.dtype == BOOL:
        return e
    if isinstance(e, Const):
        return Const(e.value != 0, BOOL)
    if isinstance(e, Cast) and e.operand.dtype == BOOL:
        return e.operand
    return Binary("ne", e, constant(0, e.dtype))


def bitcast(dtype: DType, e: Expr) -> Expr:
    """The bits of ``e`` as a type of the same width."""
    if e.dtype == dtype:
        return e
    if e.dtype.is_integer and dtype.is_integer:
        return cast(dtype, e)
    if isinstance(e, Apply) and e.function == "bitcast":
        return bitcast(dtype, e.args[0])
    if isinstance(e, Cast) and e.dtype.is_integer and e.operand.dtype.is_integer and e.operand.dtype.bits == dtype.bits:
        return bitcast(dtype, e.operand)
    return Apply("bitcast", (e,), dtype)


def promoted(dtype: DType) -> DType:
    """C's integer promotion."""
    return I32 if dtype.is_integer and dtype.bits < 32 else dtype


def common(a: DType, b: DType) -> DType:
    """C's usual arithmetic conversions."""
    for f in (F64, F32):
        if f in (a, b):
            return f
    if a.is_float and b.is_float:
        return a if a == b else F32
    if a.is_float or b.is_float:
        return a if a.is_float else b
    a, b = promoted(a), promoted(b)
    if a == b:
        return a
    if a.kind == b.kind:
        return a if a.bits > b.bits else b
    signed, unsigned = (a, b) if a.kind == "int" else (b, a)
    return unsigned if unsigned.bits >= signed.bits else signed


def _fold_integers(op: BinaryOp, a: int, b: int) -> int | None:
    match op:
        case "add":
            return a + b
        case "sub":
            return a - b
        case "mul":
            return a * b
        case "div":
            return None if b == 0 else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        case "mod":
            return None if b == 0 else abs(a) % abs(b) * (-1 if a < 0 else 1)
        case "and":
            return a & b
        case "or":
            return a | b
        case "xor":
            return a ^ b
        case "shl":
            return a << b if 0 <= b < 64 else None
        case "shr":
            return a >> b if 0 <= b < 64 else None
        case "min":
            return min(a, b)
        case "max":
            return max(a, b)
        case "lt":
            return a < b
        case "le":
            return a <= b
        case "gt":
            return a > b
        case "ge":
            return a >= b
        case "eq":
            return a == b
        case "ne":
            return a != b
        case _:
            return None


def binary(op: BinaryOp, left: Expr, right: Expr) -> Expr:
    """left op right, both of one dtype; integer constants and neutral elements folded."""
    assert left.dtype == right.dtype, (op, left, right)
    a, b = known(left), known(right)
    if a is not None and b is not None and op not in ("land", "lor"):
        value = _fold_integers(op, a, b)
        if value is not None:
            return Const(bool(value), BOOL) if op in COMPARE_OPS else integer(value, left.dtype)
    if left.dtype.is_integer and left.dtype != BOOL:
        if b == 0 and op in ("add", "sub", "or", "xor", "shl", "shr"):
            return left
        if a == 0 and op in ("add", "or", "xor"):
            return right
        if b == 1 and op in ("mul", "div"):
            return left
        if a == 1 and op == "mul":
            return right
        if op == "mul" and ((b == 0 and not loads(left)) or (a == 0 and not loads(right))):
            return integer(0, left.dtype)
    return Binary(op, left, right)


def negate(e: Expr) -> Expr:
    """!e of a condition."""
    flipped: dict[str, BinaryOp] = {"eq": "ne", "ne": "eq"}
    if isinstance(e, Const):
        return Const(not e.value, BOOL)
    if isinstance(e, Unary) and e.op == "lnot":
        return e.operand
    if isinstance(e, Binary) and e.op in flipped:
        return Binary(flipped[e.op], e.left, e.right)
    if isinstance(e, Binary) and e.op in COMPARE_OPS and e.left.dtype.is_integer:
        opposite: dict[str, BinaryOp] = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
        return Binary(opposite[e.op], e.left, e.right)
    return Unary("lnot", e)


def both(a: Expr, b: Expr) -> Expr:
    """a && b: b's loads are performed only where a holds."""
    if isinstance(a, Const):
        return b if a.value else FALSE
    if isinstance(b, Const):
        return a if b.value else (FALSE if not loads(a) else Binary("land", a, b))
    return Select(a, b, FALSE) if hazardous(b) else Binary("land", a, b)


def either(a: Expr, b: Expr) -> Expr:
    """a || b: b's loads are performed only where a does not hold."""
    if isinstance(a, Const):
        return TRUE if a.value else b
    if isinstance(b, Const):
        return a if not b.value else (TRUE if not loads(a) else Binary("lor", a, b))
    return Select(a, TRUE, b) if hazardous(b) else Binary("lor", a, b)


def hazardous(e: Expr) -> bool:
    """Whether evaluating ``e`` where the text would not may go wrong: indexed loads, division by what may be 0."""
    for n in walk(e):
        if isinstance(n, Load) and n.index:
            return True
        if isinstance(n, Binary) and n.op in ("div", "mod") and n.dtype.is_integer and not known(n.right):
            return True
        if isinstance(n, Cast) and n.dtype.is_integer and n.operand.dtype.is_float:
            return True
    return False


def select(cond: Expr, then: Expr, orelse: Expr) -> Expr:
    if isinstance(cond, Const):
        return then if cond.value else orelse
    return then if then == orelse and not loads(then) else Select(cond, then, orelse)


def nonnegative(e: Expr, names: frozenset[str] | set[str]) -> bool:
    """Whether ``e`` is surely >= 0 as a mathematical value, given variables known to be (signed overflow aside)."""
    if e.dtype.kind in ("uint", "bool"):
        return e.dtype.bits < 64 or isinstance(e, Const) or _small(e, names)
    match e:
        case Const(value):
            return value >= 0
        case Var(name):
            return name in names
        case Cast(_, operand):
            wide = operand.dtype.is_integer and operand.dtype.bits < e.dtype.bits
            return nonnegative(operand, names) if wide else _small(operand, names)
        case Binary(op, left, right):
            if op in ("add", "mul", "div", "shr", "min", "max", "or"):
                return nonnegative(left, names) and nonnegative(right, names)
            return op in ("mod", "and") and (nonnegative(left, names) or (op == "and" and nonnegative(right, names)))
        case _:
            return False


def _small(e: Expr, names: frozenset[str] | set[str]) -> bool:
    """``e`` (unsigned or same-width) made of parts known to be >= 0 in their signed types: it fits the signed type."""
    match e:
        case Const(value, dtype):
            return 0 <= value < 1 << (dtype.bits - 1)
        case Cast(dtype, operand) if operand.dtype.is_integer and dtype.bits >= operand.dtype.bits:
            return nonnegative(operand, names) and (operand.dtype.kind == "int" or dtype.bits > operand.dtype.bits)
        case Binary(op, left, right) if op in ("div", "mod", "shr", "and", "min"):
            return _small(left, names) and (op == "and" or _small(right, names))
        case _:
            return e.dtype.is_signed and nonnegative(e, names)


def apply(function: str, args: Sequence[Expr], dtype: DType) -> Expr:
    """A function of the table; its arguments already have the types it wants."""
    assert function in TABLE, function
    if function == "bitcast":
        return bitcast(dtype, args[0])
    return Apply(function, tuple(args), dtype)


def index_type(parts: Sequence[Expr]) -> DType:
    """The type a sum of index parts is computed in: int where all are, else 64 bits."""
    return I32 if all(p.dtype == I32 or isinstance(p, Const) for p in parts) else I64


def scaled(part: Expr, factor: int, dtype: DType) -> Expr:
    return binary("mul", cast(dtype, part), integer(factor, dtype))


def narrow(e: Expr) -> Expr:
    """Booleans and small integers as what C computes with."""
    return cast(promoted(e.dtype), e)
