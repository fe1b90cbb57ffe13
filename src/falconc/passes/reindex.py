"""Integer expressions written anew from their polynomials: divisions and remainders of loop variables vanish."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, cast

from falconc.ir.nodes import (
    SERIAL,
    UNROLLED,
    Alloc,
    Binary,
    Body,
    Break,
    Cast,
    Const,
    Expr,
    For,
    If,
    Let,
    Select,
    Stmt,
    Unary,
    Var,
    View,
    While,
    parallel,
)
from falconc.ir.types import BOOL, I32
from falconc.ir.walk import map_children, substitute, walk
from falconc.passes.conditions import conjunction, conjuncts, negated
from falconc.passes.polynomial import Facts, Poly, as_type, atom, const, emit

T = TypeVar("T", bound=Expr | Body)
_RING = ("add", "sub", "mul", "div", "mod", "floordiv", "floormod", "shl", "shr", "and")


def tidy(node: T, facts: Facts) -> T:
    """``node`` with integer arithmetic in normal form, and conditions that ``facts`` and loops decide folded."""
    if isinstance(node, tuple):
        return _body(node, facts)
    return cast(T, expression(node, facts))


def _body(body: Body, facts: Facts) -> Body:
    out: list[Stmt] = []
    for s in body:
        out += _statement(s, facts)
    return tuple(out)


def _statement(s: Stmt, facts: Facts) -> Body:
    match s:
        case For():
            lo, hi, step = (expression(e, facts) for e in (s.lo, s.hi, s.step))
            if isinstance(lo, Const) and isinstance(hi, Const) and hi.value == lo.value + 1 and _is_plain(s):
                return _body(substitute(s.body, {s.var: lo}), facts)
            inside = within(replace(s, lo=lo, hi=hi, step=step), facts)
            body = _body(s.body, inside)
            return (replace(s, lo=lo, hi=hi, step=step, body=body),) if body else ()
        case If():
            cond = expression(s.cond, facts)
            known = facts.decides(cond)
            if known is not None:
                return _body(s.then if known else s.orelse, facts)
            then = _body(s.then, facts.with_cond(cond))
            orelse = _body(s.orelse, facts.with_cond(cond, False))
            return (replace(s, cond=cond, then=then, orelse=orelse),) if then or orelse else ()
        case While():
            return (replace(s, cond=expression(s.cond, facts), body=_body(s.body, facts)),)
        case Let() | Alloc() | View():
            return (map_children(s, lambda n: expression(n, facts) if isinstance(n, Expr) else n),)
        case _:
            return (map_children(s, lambda n: expression(n, facts) if isinstance(n, Expr) else n),)


def _is_plain(loop: For) -> bool:
    """Whether one iteration of the loop is just its body."""
    return loop.kind in (SERIAL, UNROLLED, parallel("data")) and not any(isinstance(n, Break) for n in walk(loop.body))


def within(loop: For, facts: Facts) -> Facts:
    """What holds in the body of ``loop``."""
    var = Var(loop.var, loop.dtype)
    lo, hi = facts.poly(loop.lo), facts.poly(loop.hi)
    span, step = (hi - lo).constant, facts.poly(loop.step).constant
    if span is not None and step is not None and span > 0:
        hi = lo + const((span - 1) // step * step + 1)
    return facts.with_loop(var, lo, hi)


def expression(e: Expr, facts: Facts) -> Expr:
    """``e`` in normal form, of the same type."""
    match e:
        case Binary() if e.op in _RING and e.dtype.kind in ("int", "uint"):
            p = facts.poly(e)
            if set(p.terms) == {(e,)}:
                return map_children(e, lambda n: expression(n, facts))
            return _emitted(p, e, facts)
        case Cast() if e.dtype.kind in ("int", "uint") and e.operand.dtype.kind in ("int", "uint"):
            p = facts.poly(e)
            if set(p.terms) == {(e,)}:
                return map_children(e, lambda n: expression(n, facts))
            if not e.operand.dtype.is_signed or p.constant is not None or (len(p.terms) == 1 and len(*p.terms) == 1):
                return _emitted(p, e, facts)
            return as_type(expression(e.operand, facts), e.dtype)
        case Binary(op="land"):
            return _conjunction(e, facts)
        case Binary(op="lor"):
            left = expression(e.left, facts)
            if (known := facts.decides(left)) is not None:
                return Const(True, e.dtype) if known else expression(e.right, facts)
            right = expression(e.right, facts.with_cond(left, False))
            if (known := facts.decides(right)) is not None:
                return Const(True, e.dtype) if known else left
            return replace(e, left=left, right=right)
        case Unary(op="lnot") if isinstance(e.operand, Binary) and e.operand.dtype == BOOL:
            opposite = negated(e.operand)
            return map_children(e, lambda n: expression(n, facts)) if opposite == e else expression(opposite, facts)
        case Binary(op="lt" | "le" | "gt" | "ge" | "eq" | "ne") if e.left.dtype.is_integer:
            known = facts.decides(e)
            if known is not None:
                return Const(known, e.dtype)
            return _coarse(e, facts) or map_children(e, lambda n: expression(n, facts))
        case Select():
            cond = expression(e.cond, facts)
            known = facts.decides(cond)
            if known is not None:
                return expression(e.then if known else e.orelse, facts)
            then = expression(e.then, facts.with_cond(cond))
            orelse = expression(e.orelse, facts.with_cond(cond, False))
            return Select(cond, then, orelse, where=e.where) if then != orelse else then
        case _:
            return map_children(e, lambda n: expression(n, facts))


def _emitted(p: Poly, e: Expr, facts: Facts) -> Expr:
    """``p`` in the type of ``e``, with the insides of its atoms in normal form too."""
    out = const(0)
    for m, c in p.terms.items():
        product = const(c)
        for a in p.shown.get(m, m):
            product = product * atom(_inner(a, facts))
        out = out + product
    return emit(out, e.dtype)


def _coarse(e: Binary, facts: Facts) -> Expr | None:
    """``wave * 32 + lane < 64`` with 0 <= lane < 32 as ``wave < 2``: a part too small to matter left out."""
    if e.op not in ("lt", "ge", "gt", "le"):
        return None
    left, right = facts.poly(e.left), facts.poly(e.right)
    gap = right - left if e.op in ("lt", "ge") else left - right  # > 0 for lt and gt
    for unit in sorted({abs(c) for m, c in gap.terms.items() if m and abs(c) > 1}, reverse=True):
        whole = Poly({m: c // unit for m, c in gap.terms.items() if c % unit == 0}, gap.shown)
        small = whole.scaled(unit) - gap
        if not set(small.terms) - {()} or not (facts.proves(small) and facts.proves(const(unit - 1) - small)):
            continue
        dtype = e.left.dtype if e.left.dtype.is_signed else I32
        high = Poly({m: c for m, c in whole.terms.items() if c > 0}, whole.shown)
        low = Poly({m: -c for m, c in whole.terms.items() if c < 0}, whole.shown)
        return Binary("lt" if e.op in ("lt", "gt") else "ge", emit(low, dtype), emit(high, dtype), where=e.where)
    return None


def _inner(a: Expr, facts: Facts) -> Expr:
    return a if isinstance(a, Var) else map_children(a, lambda n: expression(n, facts))


def _conjunction(e: Binary, facts: Facts) -> Expr:
    """Parts of a conjunction in order, each under the ones before; those that hold anyway left out."""
    parts: list[Expr] = []
    for c in conjuncts(e):
        part = expression(c, facts)
        known = facts.decides(part)
        if known is False:
            return Const(False, e.dtype)
        if known is None and part not in parts:
            parts.append(part)
            facts = facts.with_cond(part)
    return conjunction(parts) or Const(True, e.dtype)
