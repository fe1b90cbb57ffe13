"""Assignments: =, op=, ++ and --; the left side is evaluated once."""

from __future__ import annotations

from dataclasses import replace

from falconc.frontend import lift_expr, lift_memory, lift_pointers
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import binary, cast, common, constant, integer, loads, promoted
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import ScalarType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import Cell, Null, Number, Place, Pointer, Value
from falconc.ir.types import I64

INCREMENTS = {"x++": 1, "++x": 1, "x--": -1, "--x": -1}


def assign(s: State, c: Cursor, wanted: bool = True) -> Place:
    """left = right; and left op= right. Gives the place of the left side (``wanted``: somebody will read it)."""
    left, right = c.children[0], c.children[-1]
    v = lift_expr.value(s, right)
    with s.collect() as items:
        target = lift_expr.place(s, left)
    if not lift_expr.quiet(items):
        v = lift_memory.settle(s, v)
    s.out.extend(items)
    if c.kind == "COMPOUND_ASSIGNMENT_OPERATOR":
        v = _compound(s, lift_memory.load(s, target, left), v, c)
    if isinstance(v, Null):
        raise s.unsupported(c, "assigning the null pointer", "keep a flag instead")
    target = _settled(s, target) if wanted else target
    lift_memory.store(s, target, v, c)
    return target


def _settled(s: State, target: Place) -> Place:
    """``target`` as a place that the store into it does not move (a[a[0]] = 1)."""
    match target:
        case Cell(base, offset, _) if any(loads(e) for e, _ in offset.terms):
            return replace(target, offset=lift_memory.settle_offset(s, offset, base.name))
        case _:
            return target


def _compound(s: State, old: Value, v: Value, c: Cursor) -> Value:
    op = c.operator.removesuffix("=")
    if isinstance(old, Number) and isinstance(v, Number):
        dtype = promoted(old.expr.dtype) if op in ("<<", ">>") else common(old.expr.dtype, v.expr.dtype)
        result = lift_expr.operate(s, op, Number(cast(dtype, old.expr)), v, ScalarType(dtype), c)
        assert isinstance(result, Number)
        return Number(cast(old.expr.dtype, result.expr))
    return lift_expr.operate(s, op, old, v, type_of(c.children[0].type), c)


def compound_value(s: State, c: Cursor) -> Value:
    return lift_memory.load(s, assign(s, c), c)


def increment(s: State, c: Cursor, wanted: bool = True) -> tuple[Place, Value]:
    """++x and its like: the place, and the value before (``wanted``: somebody will read it)."""
    target = lift_expr.place(s, c.children[0])
    if wanted:
        target = _settled(s, target)
    old = lift_memory.load(s, target, c)
    if wanted and c.operator.startswith("x"):
        old = lift_memory.settle(s, old)
    lift_memory.store(s, target, _incremented(s, old, INCREMENTS[c.operator], c), c)
    return target, old


def _incremented(s: State, old: Value, by: int, c: Cursor) -> Value:
    if isinstance(old, Pointer):
        return lift_pointers.advance(s, old, integer(by, I64), c)
    if not isinstance(old, Number):
        raise s.unsupported(c, "++ or -- on this type")
    dtype = promoted(old.expr.dtype)
    one = constant(1, dtype)
    return Number(cast(old.expr.dtype, binary("add" if by > 0 else "sub", cast(dtype, old.expr), one)))
