"""Arithmetic on vector registers (GNU vector types): loops over lanes."""

from __future__ import annotations

from collections.abc import Callable

from falconc.frontend import lift_expr, lift_memory, lift_rows
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import ScalarType, VectorType
from falconc.frontend.lift_values import ZERO, Number, Row, Value, single
from falconc.ir.nodes import Expr, Store, Unary
from falconc.ir.types import DType


def _filled(s: State, t: VectorType, dtype: DType, lane: Callable[[Expr], Expr], c: Cursor) -> Row:
    """A new register with lane(k) in lane k."""
    flat = s.array("v", dtype, t.count)
    k = lift_rows.each(s, t.count)
    with s.collect() as items:
        s.emit(Store(flat.name, (k,), lane(k), where=s.where(c)))
    lift_rows.loop(s, k, t.count, list(items), c)
    return Row(single(flat, ScalarType(t.of), ZERO), t, fresh=True)


def lane_of(s: State, v: Value, k: Expr, t: VectorType, c: Cursor) -> Expr:
    """Lane k of a register value; a scalar stands for all lanes."""
    if isinstance(v, Number):
        return v.expr
    if isinstance(v, Row):
        kind = v.type.of if isinstance(v.type, VectorType) else t.of
        found = lift_memory.load(s, lift_rows.at_index(s, v.pointer, k, kind, c), c)
        if isinstance(found, Number):
            return found.expr
    raise s.unsupported(c, "an operand of this kind beside a vector register")


def elementwise(s: State, op: str, a: Value, b: Value, t: VectorType, c: Cursor) -> Value:
    """a op b, lane by lane; comparisons give all ones or zero."""

    def lane(k: Expr) -> Expr:
        x, y = lane_of(s, a, k, t, c), lane_of(s, b, k, t, c)
        found = lift_expr.operate(s, op, Number(x), Number(y), ScalarType(t.of), c)
        assert isinstance(found, Number)
        return found.expr

    if op in ("<", "<=", ">", ">=", "==", "!="):
        raise s.unsupported(c, "comparing vector registers with an operator", "use the compare intrinsic")
    return _filled(s, t, t.of, lane, c)


def negated(s: State, op: str, v: Row, c: Cursor) -> Value:
    """-v and ~v, lane by lane."""
    assert isinstance(v.type, VectorType)
    t = v.type
    if op not in ("-", "~"):
        raise s.unsupported(c, f"operator '{op}' on a vector register")
    return _filled(s, t, t.of, lambda k: Unary("neg" if op == "-" else "not", lane_of(s, v, k, t, c)), c)


def splat(s: State, e: Expr, t: VectorType, c: Cursor) -> Value:
    """A register with one number in all lanes."""
    held = s.settle(e)
    return _filled(s, t, e.dtype, lambda _: held, c)
