"""Scalars that step by a fixed amount in every iteration of a counted loop, as functions of the loop's variable."""

from __future__ import annotations

from dataclasses import replace

from falconc.ir.nodes import (
    Alloc,
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
    Update,
    Var,
    While,
)
from falconc.ir.types import DType
from falconc.ir.walk import bound_names, buffers_read, buffers_written, rewrite, variables, walk


def step_through(body: Body) -> Body:
    """``body`` with such scalars replaced inside their loops and set once after them."""
    out: list[Stmt] = []
    for s in body:
        match s:
            case For():
                s = replace(s, body=step_through(s.body))
                out += _stepped(s)
            case While():
                out.append(replace(s, body=step_through(s.body)))
            case If():
                out.append(replace(s, then=step_through(s.then), orelse=step_through(s.orelse)))
            case _:
                out.append(s)
    return tuple(out)


def _stepped(loop: For) -> Body:
    """``loop`` without its stepping scalars, and what they are after it."""
    if loop.kind.name == "parallel" or any(isinstance(n, Break) for n in walk(loop.body)):
        return (loop,)
    inside = {n.buffer.name for n in walk(loop.body) if isinstance(n, Alloc)}
    written = buffers_written(loop)
    bound = {loop.var, *bound_names(loop.body)}
    for place, s in enumerate(loop.body):
        if not isinstance(s, Store) or s.index or s.buffer in inside:
            continue
        step = _step(s)
        others = (*loop.body[:place], *loop.body[place + 1 :])
        if step is None or s.buffer in buffers_written(others):
            continue
        if variables(step) & bound or buffers_read((step, loop.lo, loop.hi, loop.step)) & written:
            continue
        return _replaced(loop, place, s, step)
    return (loop,)


def _step(s: Store) -> Expr | None:
    """c of ``x = x + c`` for integers."""
    if not s.value.dtype.is_integer or not isinstance(s.value, Binary):
        return None
    here = Load(s.buffer, (), s.value.dtype)
    match s.value.op:
        case "add" if s.value.left == here:
            return s.value.right
        case "add" if s.value.right == here:
            return s.value.left
        case "sub" if s.value.left == here and isinstance(c := s.value.right, Const):
            return Const(c.dtype.wrap(-int(c.value)), c.dtype)
        case _:
            return None


def _replaced(loop: For, place: int, s: Store, step: Expr) -> Body:
    dtype = s.value.dtype
    here = Load(s.buffer, (), dtype)
    rounds = _number(loop, dtype)
    now = _plus(here, _times(rounds, step))
    after = _plus(here, _times(_plus(rounds, Const(1, dtype)), step))

    def with_value(part: Body, value: Expr) -> Body:
        return rewrite(part, lambda n: value if _is_read(n, here) else n)

    before_part = with_value(loop.body[:place], now)
    after_part = with_value(loop.body[place + 1 :], after)
    new = replace(loop, body=(*before_part, *after_part))
    return (new, Store(s.buffer, (), _plus(here, _times(_trips(loop, dtype), step)), where=s.where))


def _is_read(n: Node, here: Load) -> bool:
    return isinstance(n, Load) and n.buffer == here.buffer and not isinstance(n, Update)


def _number(loop: For, dtype: DType) -> Expr:
    """How many iterations came before this one."""
    var: Expr = Var(loop.var, loop.dtype)
    if loop.lo != Const(0, loop.dtype):
        var = Binary("sub", var, loop.lo)
    if loop.step != Const(1, loop.dtype):
        var = Binary("div", var, loop.step)
    return _as(var, dtype)


def _trips(loop: For, dtype: DType) -> Expr:
    """How many iterations there are; none where the bounds are the wrong way round."""
    zero, one = Const(0, loop.dtype), Const(1, loop.dtype)
    if isinstance(loop.lo, Const) and isinstance(loop.hi, Const) and isinstance(loop.step, Const):
        span = max(0, int(loop.hi.value) - int(loop.lo.value))
        return Const(dtype.wrap(-(-span // int(loop.step.value))), dtype)
    longer = Binary("max", loop.hi, loop.lo)
    span = longer if loop.lo == zero else Binary("sub", longer, loop.lo)
    if loop.step != one:
        span = Binary("div", Binary("add", span, Binary("sub", loop.step, one)), loop.step)
    return _as(span, dtype)


def _times(a: Expr, b: Expr) -> Expr:
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(a.dtype.wrap(int(a.value) * int(b.value)), a.dtype)
    return a if b == Const(1, b.dtype) else b if a == Const(1, a.dtype) else Binary("mul", a, b)


def _plus(a: Expr, b: Expr) -> Expr:
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(a.dtype.wrap(int(a.value) + int(b.value)), a.dtype)
    return a if b == Const(0, b.dtype) else Binary("add", a, b)


def _as(e: Expr, dtype: DType) -> Expr:
    if isinstance(e, Const):
        return Const(dtype.wrap(int(e.value)), dtype)
    return e if e.dtype == dtype else Cast(dtype, e)
