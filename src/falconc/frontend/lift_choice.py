"""The conditional operator: values picked, or statements on either side."""

from __future__ import annotations

from falconc.frontend import lift_expr, lift_memory
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import integer, select
from falconc.frontend.lift_state import Item, State, body
from falconc.frontend.lift_values import Aggregate, Nothing, Null, Number, Value
from falconc.ir.nodes import Expr, If


def conditional(s: State, c: Cursor) -> Value:
    test, then, orelse = c.children
    cond = lift_expr.condition(s, test)
    if hasattr(cond, "value"):
        return lift_expr.value(s, then if cond.value else orelse)  # type: ignore[union-attr]
    with s.collect() as yes:
        a = lift_expr.value(s, then)
    with s.collect() as no:
        b = lift_expr.value(s, orelse)
    if isinstance(a, Nothing) or isinstance(b, Nothing):
        s.emit(If(cond, body(yes), body(no), where=s.where(c)))
        return Nothing()
    if not yes and not no:
        return pick(s, cond, a, b, c)
    return _merged(s, cond, (yes, a), (no, b), c)


def pick(s: State, cond: Expr, a: Value, b: Value, c: Cursor) -> Value:
    """cond ? a : b, without statements on either side."""
    if isinstance(a, Number) and isinstance(b, Number):
        return Number(select(cond, a.expr, b.expr))
    if isinstance(a, Aggregate) and isinstance(b, Aggregate):
        cond = s.settle(cond)
        return Aggregate(a.type, {n: pick(s, cond, a.members[n], b.members[n], c) for n in a.members})
    if isinstance(a, Null) or isinstance(b, Null):
        raise s.unsupported(c, "a pointer that may be null", "branch on the condition instead")
    selector = select(s.settle(cond), integer(0), integer(1))
    return lift_memory.choose(s, selector, [a, b], c)


def _merged(s: State, cond: Expr, yes: tuple[list[Item], Value], no: tuple[list[Item], Value], c: Cursor) -> Value:
    """cond ? a : b where a side needs statements: through variables."""
    left, right = lift_memory.numbers(yes[1]), lift_memory.numbers(no[1])
    if not isinstance(yes[1], Number | Aggregate) or len(left) != len(right):
        raise s.unsupported(c, "?: with effects on objects of this kind", "write it as if / else")
    held = [s.variable("chosen", e.dtype) for e in left]
    branches: list[list[Item]] = []
    for items, exprs in ((yes[0], left), (no[0], right)):
        with s.collect() as branch:
            s.out.extend(items)
            for flat, e in zip(held, exprs, strict=True):
                s.set(flat, e)
        branches.append(branch)
    s.emit(If(cond, body(branches[0]), body(branches[1]), where=s.where(c)))
    loads = iter([s.get(h) for h in held])

    def refill(v: Value) -> Value:
        if isinstance(v, Aggregate):
            return Aggregate(v.type, {n: refill(m) for n, m in v.members.items()})
        return Number(next(loads))

    return refill(yes[1])
