"""Conversions between C types."""

from __future__ import annotations

from dataclasses import replace

from falconc.frontend import lift_vector
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import FALSE, TRUE, cast, known
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import ArrayType, CType, OpaqueType, PointerType, RecordType, ScalarType, VectorType
from falconc.frontend.lift_values import (
    Aggregate,
    Closure,
    Flat,
    Nothing,
    Null,
    Number,
    Pointer,
    Row,
    Single,
    Value,
)
from falconc.ir.nodes import Const
from falconc.ir.types import BOOL


def convert(s: State, v: Value, t: CType, c: Cursor) -> Value:
    """``v`` as C's conversion to ``t`` gives it."""
    if isinstance(v, Closure):
        return v
    match t:
        case OpaqueType():
            if t.is_void or isinstance(v, Nothing):
                return Nothing()
            if not isinstance(v, Number):
                return v
            raise s.unsupported(c, f"a number of type '{t.name}'", "use double, or integers of at most 64 bits")
        case ScalarType(dtype):
            if isinstance(v, Number):
                return Number(cast(dtype, v.expr))
            if isinstance(v, Null):
                return Number(cast(dtype, FALSE))
            if isinstance(v, Pointer | Row) and dtype == BOOL:
                return Number(not_null(s, v))
        case PointerType():
            found = _to_pointer(v, t)
            if found is not None:
                return found
        case RecordType():
            if isinstance(v, Aggregate):
                return _to_record(v, t)
        case VectorType():
            if isinstance(v, Row):
                return replace(v, type=t)
            if isinstance(v, Number):
                return lift_vector.splat(s, v.expr, t, c)
        case ArrayType():
            if isinstance(v, Row | Pointer):
                return v
    raise s.unsupported(c, "a conversion between these types", "convert through a number or a typed pointer")


def _to_pointer(v: Value, t: PointerType) -> Value | None:
    match v:
        case Pointer():
            return replace(v, to=_with_extents(v.to, t.to))
        case Row(pointer):
            return replace(pointer, to=_with_extents(pointer.to, t.to))
        case Null():
            return v
        case Number(expr) if known(expr) == 0:
            return Null()
        case _:
            return None


def _with_extents(known: CType, wanted: CType) -> CType:
    """``wanted``, which clang gives without run-time extents, with those of ``known``."""
    if not isinstance(wanted, ArrayType) or not isinstance(known, ArrayType) or wanted.count is not None:
        return wanted
    return known


def _to_record(v: Aggregate, t: RecordType) -> Value:
    """The same struct, or its base class part."""
    if v.type.key == t.key or not all(m.name in v.members for m in t.members):
        return v
    return Aggregate(t, {m.name: v.members[m.name] for m in t.members})


def not_null(s: State, v: Pointer | Row) -> Const:
    """A pointer as a condition: arguments are taken to point somewhere, and this is written down."""
    pointer = v.pointer if isinstance(v, Row) else v
    for choice in pointer.choices:
        base = choice.base
        if isinstance(base, Flat) and base.space == "global":
            s.assume(f"'{base.name}' is not null")
        elif isinstance(base, Single):
            continue
    return TRUE
