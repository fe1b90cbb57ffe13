"""Conditions move outward: around all that they decide about, and then into the bounds of loops."""

from __future__ import annotations

from dataclasses import replace

from falconc.ir.nodes import (
    Alloc,
    Apply,
    Binary,
    Body,
    Const,
    Expr,
    For,
    If,
    Load,
    Select,
    Stmt,
    Store,
    Update,
    Var,
)
from falconc.ir.types import BOOL
from falconc.ir.walk import bound_names, buffers_read, buffers_written, substitute, variables
from falconc.passes.conditions import conjunction, conjuncts
from falconc.passes.loop_merge import least
from falconc.passes.polynomial import Facts, Poly, const, emit


def raise_guard(body: Body) -> Body:
    """``if c`` around everything, where ``body`` does nothing lasting unless c holds."""
    local = {s.buffer.name for s in body if isinstance(s, Alloc)}
    lasting = [s for s in body if buffers_written(s) - local]
    if not lasting or (len(body) == 1 and isinstance(body[0], If)):
        return body
    common: list[Expr] | None = None
    for s in lasting:
        if not isinstance(s, If) or s.orelse:
            return body
        parts = conjuncts(s.cond)
        common = parts if common is None else [c for c in common if c in parts]
    names = set(bound_names(body))
    written = buffers_written(body)
    raised = [c for c in common or [] if not variables(c) & names and not buffers_read(c) & (written | local)]
    cond = conjunction(raised)
    if cond is None:
        return body
    inner: list[Stmt] = []
    for s in body:
        if s in lasting and isinstance(s, If):
            rest = conjunction([c for c in conjuncts(s.cond) if c not in raised])
            inner += [replace(s, cond=rest)] if rest is not None else s.then
        else:
            inner.append(s)
    return (If(cond, tuple(inner)),)


def _once(loop: For, guard: If, facts: Facts) -> If | None:
    """The one iteration that does something, where the guard says so: ``for i < 32: if i == 0: s`` as s for i = 0."""
    var = Var(loop.var, loop.dtype)
    inside = facts.with_loop(var, facts.poly(loop.lo), facts.poly(loop.hi))
    for c in conjuncts(guard.cond):
        if not isinstance(c, Binary) or c.op != "eq" or not c.left.dtype.is_integer:
            continue
        parts = (inside.poly(c.left) - inside.poly(c.right)).split(var)
        factor = parts[0].constant if parts else None
        if parts is None or factor not in (1, -1) or parts[1].mentions(var.name):
            continue
        at = parts[1].scaled(-factor)
        if any(buffers_read(a) for a in at.atoms):
            continue
        if facts.proves(at - facts.poly(loop.lo)) and facts.proves(facts.poly(loop.hi) - at - const(1)):
            rest = conjunction([other for other in conjuncts(guard.cond) if other is not c])
            chosen: If = replace(guard, cond=rest if rest is not None else Const(True, BOOL))
            return substitute(chosen, {loop.var: emit(at, loop.dtype)})
    return None


def absorb(loop: For, facts: Facts) -> For | If:
    """``loop`` whose body is one guarded block: what the guard says about the loop's variable goes into the bounds,
    what it says about outer things goes around the loop."""
    if len(loop.body) != 1 or not isinstance(guard := loop.body[0], If) or guard.orelse:
        return loop
    if loop.step != Const(1, loop.dtype):
        return loop
    if loop.kind.name not in ("unrolled", "vector") and (once := _once(loop, guard, facts)) is not None:
        return once
    inside: list[Expr] = []
    outside: list[Expr] = []
    var = Var(loop.var, loop.dtype)
    changing = buffers_written(loop)
    for c in conjuncts(guard.cond):
        if buffers_read(c) & changing:
            inside.append(c)
        elif var.name not in variables(c):
            outside.append(c)
        else:
            limit = _limit(c, var, facts) if loop.kind.name != "unrolled" else None
            if limit is None:
                inside.append(c)
            else:
                loop = _limited(loop, *limit, facts)
    cond = conjunction(inside)
    loop = replace(loop, body=(replace(guard, cond=cond),) if cond is not None else guard.then)
    around = conjunction(outside)
    return loop if around is None else If(around, (loop,), where=guard.where)


def _limited(loop: For, hi: Poly | None, lo: Poly | None, facts: Facts) -> For:
    if hi is not None:
        loop = replace(loop, hi=least(loop.hi, emit(hi, loop.dtype), facts))
    if lo is not None:
        gap = lo - facts.poly(loop.lo)
        if facts.proves(gap):
            return replace(loop, lo=emit(lo, loop.dtype))
        if not facts.proves(gap.scaled(-1)):
            return replace(loop, lo=Binary("max", loop.lo, emit(lo, loop.dtype)))
    return loop


def _limit(cond: Expr, var: Var, facts: Facts) -> tuple[Poly | None, Poly | None] | None:
    """(hi, lo): ``cond`` says var < hi, or var >= lo; None if it says something else."""
    if not isinstance(cond, Binary) or cond.op == "eq":
        return None
    says = facts.with_loop(var, const(0), None).implied(cond, True)
    if len(says) != 1:
        return None
    parts = says[0].split(var)
    factor = parts[0].constant if parts else None
    if parts is None or parts[1].mentions(var.name):
        return None
    if factor == -1:
        return parts[1] + const(1), None
    if factor == 1:
        return None, parts[1].scaled(-1)
    return None


def guard_sum(s: Stmt) -> Stmt:
    """``sum += c ? x : 0`` as ``if (c) sum += x``."""
    match s:
        case Store() if isinstance(s.value, Binary) and s.value.op == "add":
            acc, more = s.value.left, s.value.right
            if acc != Load(s.buffer, s.index, acc.dtype):
                return s
            conds, bare = _zero_unless(more)
            cond = conjunction(conds)
            return If(cond, (replace(s, value=replace(s.value, right=bare)),)) if cond is not None else s
        case Store() if isinstance(s.value, Apply) and s.value.function == "fma":
            a, b, acc = s.value.args
            if acc != Load(s.buffer, s.index, acc.dtype):
                return s
            conds, product = _zero_unless(Binary("mul", a, b))
            cond = conjunction(conds)
            if cond is None or not isinstance(product, Binary):
                return s
            return If(cond, (replace(s, value=replace(s.value, args=(product.left, product.right, acc))),))
        case Update(op="add", old=""):
            conds, bare = _zero_unless(s.args[0])
            cond = conjunction(conds)
            return If(cond, (replace(s, args=(bare,)),)) if cond is not None else s
        case _:
            return s


def _zero_unless(e: Expr) -> tuple[list[Expr], Expr]:
    """Conditions without which ``e`` is zero, and ``e`` where they hold.

    In a product a condition counts only if it makes every factor zero: zero times infinity is no zero.
    """
    match e:
        case Select() if isinstance(e.orelse, Const) and e.orelse.value == 0:
            conds, inner = _zero_unless(e.then)
            return [*conjuncts(e.cond), *conds], inner
        case Binary(op="mul"):
            left, a = _zero_unless(e.left)
            right, b = _zero_unless(e.right)
            both = [c for c in left if c in right]
            if not e.dtype.is_float:
                return left + [c for c in right if c not in left], replace(e, left=a, right=b)
            return both, replace(e, left=_only(e.left, both), right=_only(e.right, both))
        case _:
            return [], e


def _only(e: Expr, known: list[Expr]) -> Expr:
    """``e`` where ``known`` holds: with these conditions left out."""
    match e:
        case Select() if isinstance(e.orelse, Const) and e.orelse.value == 0:
            rest = conjunction([c for c in conjuncts(e.cond) if c not in known])
            inner = _only(e.then, known)
            return inner if rest is None else replace(e, cond=rest, then=inner)
        case Binary(op="mul"):
            return replace(e, left=_only(e.left, known), right=_only(e.right, known))
        case _:
            return e
