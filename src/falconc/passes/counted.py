"""``while`` loops that count: a private integer that steps by a constant becomes a loop variable."""

from __future__ import annotations

from dataclasses import dataclass, replace

from falconc.ir.nodes import (
    Binary,
    Body,
    Break,
    Cast,
    Const,
    Expr,
    For,
    If,
    Load,
    Node,
    Stmt,
    Store,
    Var,
    View,
    While,
)
from falconc.ir.types import DType
from falconc.ir.walk import bound_names, buffers_read, buffers_written, rewrite, variables, walk
from falconc.passes.names import Names


def counted(body: Body, names: Names) -> Body:
    """``body`` with such loops as For.

    Before: ``while (i + 16 <= n) { ...i...; i = i + 16 }``. After: ``for j = i; j < n - 15; j += 16: ...j...``, and i
    set to where the loop ends. Of several bounds (``i < n && i < m``) the smaller one counts. The bound must not change
    in the loop, and i only at its end. Exact where signed arithmetic does not overflow.
    """
    return tuple(out for s in body for out in _statement(s, names))


def _statement(s: Stmt, names: Names) -> Body:
    match s:
        case While():
            s = replace(s, body=counted(s.body, names))
            return _for(s, names) or (s,)
        case For():
            return (replace(s, body=counted(s.body, names)),)
        case If():
            return (replace(s, then=counted(s.then, names), orelse=counted(s.orelse, names)),)
        case _:
            return (s,)


@dataclass(frozen=True, slots=True)
class _Counter:
    """``name`` < ``end`` is asked; ``step`` is added at the end of each round."""

    name: str
    dtype: DType
    end: Expr
    step: int


def _for(loop: While, names: Names) -> Body | None:
    if not loop.body or not isinstance(last := loop.body[-1], Store) or last.index:
        return None
    rest = loop.body[:-1]
    counter = _counter(loop.cond, last)
    if counter is None or not _is_fixed(counter, loop) or counter.name in buffers_written(rest) | _viewed(rest):
        return None
    if _leaves(rest):
        return None
    dtype = counter.dtype
    here = Load(counter.name, (), dtype)
    var = Var(names.fresh(counter.name), dtype)
    body: Body = rewrite(rest, lambda n: var if _reads(n, counter.name) else n)
    step = Const(counter.step, dtype)
    new = For(var.name, here, counter.end, step, body, where=loop.where)
    span: Expr = Binary("sub", Binary("max", counter.end, here), here)
    if counter.step > 1:
        span = Binary("add", span, Const(counter.step - 1, dtype))
        span = Binary("mul", Binary("div", span, step), step)
    return (new, Store(counter.name, (), Binary("add", here, span), where=last.where))


def _reads(n: Node, name: str) -> bool:
    return isinstance(n, Load) and n.buffer == name


def _counter(cond: Expr, last: Store) -> _Counter | None:
    if isinstance(cond, Binary) and cond.op == "land":
        left, right = _counter(cond.left, last), _counter(cond.right, last)
        if left is None or right is None:
            return None
        return replace(left, end=Binary("min", left.end, right.end))
    dtype = last.value.dtype
    here = Load(last.buffer, (), dtype)
    step = _step(last.value, here)
    if step is None or not isinstance(cond, Binary):
        return None
    if not dtype.is_signed and (step > 1 or (cond.op, cond.left) != ("lt", here)):
        return None  # i < end; ++i never wraps
    left, right, op = cond.left, cond.right, cond.op
    if op in ("gt", "ge"):
        left, right, op = right, left, "lt" if op == "gt" else "le"
    if op not in ("lt", "le") or left.dtype != dtype:
        return None
    added = _added(left, here)
    if added is None:
        return None
    end = right
    for part in added:
        end = Binary("sub", end, part)
    if op == "le":
        end = Binary("add", end, Const(1, dtype))
    return _Counter(last.buffer, dtype, end, step)


def _step(e: Expr, here: Load) -> int | None:
    """c of here + c, for a positive constant; also through unsigned arithmetic of the same width."""
    if isinstance(e, Cast) and e.operand.dtype.kind == "uint" and e.operand.dtype.bits == here.dtype.bits:
        inner = e.operand
        if isinstance(inner, Binary) and inner.op == "add" and inner.left == Cast(inner.dtype, here):
            return _positive(inner.right)
        return None
    if not isinstance(e, Binary) or e.op != "add":
        return None
    return _positive(e.right) if e.left == here else _positive(e.left) if e.right == here else None


def _positive(e: Expr) -> int | None:
    return int(e.value) if isinstance(e, Const) and 0 < e.value < 1 << 30 else None


def _added(e: Expr, here: Load) -> list[Expr] | None:
    """What is added to ``here`` in ``e``; None if ``e`` is something else."""
    if e == here:
        return []
    if isinstance(e, Binary) and e.op == "add":
        for inner, more in ((e.left, e.right), (e.right, e.left)):
            found = _added(inner, here)
            if found is not None and here.buffer not in buffers_read(more):
                return [*found, more]
    return None


def _is_fixed(counter: _Counter, loop: While) -> bool:
    """Whether the end is the same in every round."""
    inside = set(bound_names(loop.body))
    return not variables(counter.end) & inside and not buffers_read(counter.end) & buffers_written(loop.body)


def _viewed(body: Body) -> set[str]:
    return {n.base for n in walk(body) if isinstance(n, View)}


def _leaves(body: Body) -> bool:
    """Whether a round may end the loop by itself."""
    for s in body:
        match s:
            case Break():
                return True
            case If() if _leaves(s.then) or _leaves(s.orelse):
                return True
            case _:
                pass
    return False
