"""C's implicit conversions between scalar types: what an expression of two types is computed in."""

from __future__ import annotations

from falconc.ir import types
from falconc.ir.types import DType


def promote(dtype: DType) -> DType:
    """C's integer promotion: anything narrower than int becomes int."""
    return types.I32 if dtype.is_integer and dtype.bits < 32 else dtype


def usual(left: DType, right: DType) -> DType | None:
    """The type both operands of an arithmetic operator are converted to; None where dialects differ.

    16-bit floats are classes in some dialects and built in in others: they combine only with themselves.
    """
    if left == right:
        return promote(left)
    if left.is_float or right.is_float:
        floats = [t for t in (left, right) if t.is_float]
        if any(t.bits == 16 for t in floats):
            return None
        return types.F64 if types.F64 in floats else types.F32
    a, b = promote(left), promote(right)
    if a.bits != b.bits:
        return a if a.bits > b.bits else b
    return a if a.kind == "uint" else b


def holds(wide: DType, narrow: DType) -> bool:
    """Whether the integer type ``wide`` has every value of the integer type ``narrow``."""
    return wide.is_integer and narrow.is_integer and wide.lowest <= narrow.lowest and narrow.highest <= wide.highest
