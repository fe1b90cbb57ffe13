"""Which thread wrote a cell: the index of a write solved for the thread and loop variables it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from falconc.ir.nodes import Alloc, Barrier, Binary, Const, Expr, For, If, Let, Stmt, Store, Var
from falconc.ir.types import I32
from falconc.ir.walk import substitute, variables, walk
from falconc.passes.conditions import negated
from falconc.passes.polynomial import Facts, Poly, as_type, atom, const, emit
from falconc.passes.reindex import tidy


@dataclass(frozen=True, slots=True)
class Free:
    """A variable of the writer with 0 <= var < count (None: no bound that is a constant)."""

    var: Var
    count: int | None


@dataclass(frozen=True, slots=True)
class Write:
    """buffer[index] = value where ``guards`` hold, for every value of the ``free`` variables (thread or loop)."""

    index: Expr
    value: Expr
    guards: tuple[Expr, ...]
    free: tuple[Free, ...]


def writes_in(s: Stmt, buffer: str, threads: Sequence[For], lets: dict[str, Expr]) -> list[Write] | None:
    """Every write of ``buffer`` in ``s``, in order; None where one is not of a form that can be solved."""
    free = tuple(Free(Var(t.var, t.dtype), _const(t.hi)) for t in threads)
    out: list[Write] = []
    return out if _collect(s, buffer, (), free, lets, tuple(threads), out) else None


def _collect(
    s: Stmt,
    buffer: str,
    guards: tuple[Expr, ...],
    free: tuple[Free, ...],
    lets: dict[str, Expr],
    threads: tuple[For, ...],
    out: list[Write],
) -> bool:
    match s:
        case Store() if s.buffer == buffer:
            if len(s.index) != 1:
                return False
            out.append(Write(substitute(s.index[0], lets), substitute(s.value, lets), guards, free))
            return True
        case Store() | Let() | Alloc():
            return True
        case If():
            cond = substitute(s.cond, lets)
            then = all(_collect(t, buffer, (*guards, cond), free, lets, threads, out) for t in s.then)
            no = negated(cond)
            return then and all(_collect(t, buffer, (*guards, no), free, lets, threads, out) for t in s.orelse)
        case For():
            return _collect_loop(s, buffer, guards, free, lets, threads, out)
        case _:
            return not any(isinstance(n, Store | Barrier) for n in walk(s))


def _collect_loop(
    s: For,
    buffer: str,
    guards: tuple[Expr, ...],
    free: tuple[Free, ...],
    lets: dict[str, Expr],
    threads: tuple[For, ...],
    out: list[Write],
) -> bool:
    lo, hi = substitute(s.lo, lets), substitute(s.hi, lets)
    if not isinstance(s.step, Const):
        return False
    step = int(s.step.value)
    var = Var(s.var, s.dtype)
    facts = _thread_facts(threads)
    start = facts.poly(lo)
    names = {t.var for t in threads}
    if _covers(start, threads, step):
        # Together the threads do every iteration: the loop variable itself is free, and no thread matters.
        bound = facts.poly(hi).constant
        guards = guards if bound is not None else (*guards, Binary("lt", var, hi))
        inner = (*(f for f in free if f.var.name not in names), Free(var, bound))
        return all(_collect(t, buffer, guards, inner, lets, threads, out) for t in s.body)
    if any(start.mentions(t) for t in names):
        return False
    count = (facts.poly(hi) - start).constant
    number = Var(f"{s.var}'", s.dtype)
    again = {s.var: emit(atom(number).scaled(step) + start, s.dtype)}
    trips = None if count is None else -(-count // step)
    if trips is None:
        guards = (*guards, Binary("lt", again[s.var], hi))
    found: list[Write] = []
    ok = all(_collect(t, buffer, guards, (*free, Free(number, trips)), lets, threads, found) for t in s.body)
    for w in found:
        index, value = substitute(w.index, again), substitute(w.value, again)
        out.append(Write(index, value, tuple(substitute(g, again) for g in w.guards), w.free))
    return ok


def _thread_facts(threads: Sequence[For]) -> Facts:
    facts = Facts()
    for t in threads:
        facts = facts.with_loop(Var(t.var, t.dtype), facts.poly(t.lo), facts.poly(t.hi))
    return facts


def _covers(start: Poly, threads: Sequence[For], step: int) -> bool:
    """Whether ``start`` takes every value from 0 to step - 1 once as the threads go through their numbers."""
    terms = dict(start.terms)
    if terms.pop((), 0):
        return False
    weight = 1
    for _ in range(len(terms)):
        found = next((m for m, c in terms.items() if c == weight and len(m) == 1), None)
        if found is None:
            return False
        (a,) = found
        loop = next((t for t in threads if isinstance(a, Var) and t.var == a.name), None)
        extent = _const(loop.hi) if loop is not None else None
        if extent is None:
            return False
        del terms[found]
        weight *= extent
    others = [t for t in threads if not start.mentions(t.var)]
    return weight == step and weight > 1 and all(_const(t.hi) == 1 for t in others)


def solve(write: Write, cell: Expr, facts: Facts) -> tuple[dict[str, Expr], list[Expr]] | None:
    """Values of the writer's free variables for which it wrote ``cell``, and conditions that such a writer exists.

    None where the writer is not unique or cannot be found.
    """
    names, free = _apart(write)
    names, free = _all_together(names, free, write, facts)
    inner = _inside(free, facts)
    names, free = _split_quotients(substitute(write.index, names), names, free, inner)
    inner = _inside(free, facts)
    index = inner.poly(tidy(substitute(write.index, names), inner))
    weights = _weighted(index, free)
    if weights is None:
        return None
    for weight, f in weights:
        index = index - atom(f.var).scaled(weight)
    if any(index.mentions(f.var.name) for f in free):
        return None
    used = {f.var.name for _, f in weights}
    if any(f.var.name not in used and f.count != 1 and _matters(f, names, write) for f in free):
        return None
    weights.sort(key=lambda w: -w[0])
    found = _decomposed(facts.poly(cell) - index, weights, facts) if _unique(weights) else None
    if found is None:
        return None
    values, conds = found
    for f in free:
        values.setdefault(f.var.name, Const(0, f.var.dtype))
    return {name: tidy(substitute(e, values), facts) for name, e in names.items()}, conds


def _weighted(index: Poly, free: tuple[Free, ...]) -> list[tuple[int, Free]] | None:
    """By how much the index grows with each variable; None if it is no sum of multiples."""
    weights: list[tuple[int, Free]] = []
    for f in free:
        parts = index.split(f.var)
        weight = parts[0].constant if parts is not None else None
        if parts is None or weight is None or weight < 0 or parts[1].mentions(f.var.name):
            return None
        if weight:
            weights.append((weight, f))
            index = parts[1]
    return weights


def _all_together(
    names: dict[str, Expr], free: tuple[Free, ...], write: Write, facts: Facts
) -> tuple[dict[str, Expr], tuple[Free, ...]]:
    """The writer's variables with those that count together joined."""
    while True:
        inner = _inside(free, facts)
        weights = _weighted(inner.poly(tidy(substitute(write.index, names), inner)), free)
        both = _together(weights, names, write, inner) if weights else None
        if both is None:
            return names, free
        names, joined, gone = both
        free = (*(f for f in free if f.var.name not in gone), *(f for _, f in joined if f not in free))


def _together(
    weights: list[tuple[int, Free]], names: dict[str, Expr], write: Write, facts: Facts
) -> tuple[dict[str, Expr], list[tuple[int, Free]], set[str]] | None:
    """Two variables that only occur as low + count * high become one: names, weights, and the names that are gone."""
    for weight, low in weights:
        for other, high in weights:
            if low is high or low.count is None or other != weight * low.count:
                continue
            total = None if high.count is None else low.count * high.count
            one = Free(Var(f"{low.var.name}+", low.var.dtype), total)
            step = Binary("mul", as_type(high.var, one.var.dtype), Const(low.count, one.var.dtype))
            apart = {low.var.name: Binary("sub", one.var, step)}
            inside = facts.with_loop(one.var, const(0), const(total) if total is not None else None)
            inside = inside.with_known(inside.poly(apart[low.var.name]))
            parts = (substitute(substitute(e, names), apart) for e in (write.value, write.index, *write.guards))
            if any(high.var.name in variables(tidy(e, inside)) for e in parts):
                continue
            merged: dict[str, Expr] = {low.var.name: one.var, high.var.name: Const(0, high.var.dtype)}
            rest = [(w, f) for w, f in weights if f is not low and f is not high]
            new = {name: substitute(e, merged) for name, e in names.items()}
            return new, [*rest, (weight, one)], {low.var.name, high.var.name}
    return None


def _matters(f: Free, names: dict[str, Expr], write: Write) -> bool:
    """Whether what is written, or whether it is, depends on ``f``."""
    used = {n for e in (write.value, *write.guards) for n in variables(e)}
    return any(name in used and f.var.name in variables(e) for name, e in names.items())


def _inside(free: tuple[Free, ...], facts: Facts) -> Facts:
    for f in free:
        facts = facts.with_loop(f.var, const(0), const(f.count) if f.count is not None else None)
    return facts


def _decomposed(rest: Poly, weights: list[tuple[int, Free]], facts: Facts) -> tuple[dict[str, Expr], list[Expr]] | None:
    """``rest`` as a sum of weight * variable, heaviest first."""
    values: dict[str, Expr] = {}
    conds: list[Expr] = []
    for weight, f in weights:
        parts = (rest, const(0)) if weight == 1 else facts.divmod(rest, weight)
        parts = parts or _explicit(rest, weight, facts)
        if parts is None:
            return None
        quotient, rest = parts
        value = emit(quotient, f.var.dtype)
        values[f.var.name] = value
        conds.append(Binary("ge", value, Const(0, value.dtype)))
        if f.count is not None:
            conds.append(Binary("lt", value, Const(f.count, value.dtype)))
    return (values, conds) if rest.constant == 0 else None


def _split_quotients(
    index: Expr, names: dict[str, Expr], free: tuple[Free, ...], facts: Facts
) -> tuple[dict[str, Expr], tuple[Free, ...]]:
    """A variable of which the index takes quotient and remainder by c becomes c * q + r."""
    out: list[Free] = []
    for f in free:
        by = {
            int(n.right.value)
            for n in walk(tidy(index, facts))
            if isinstance(n, Binary) and n.op in ("div", "mod") and isinstance(n.right, Const) and n.left == f.var
        }
        if len(by) != 1 or f.count is None or f.count % (c := by.pop()):
            out.append(f)
            continue
        q = Var(f"{f.var.name}q", f.var.dtype)
        r = Var(f"{f.var.name}r", f.var.dtype)
        out += [Free(q, f.count // c), Free(r, c)]
        whole = Binary("add", Binary("mul", q, Const(c, q.dtype)), r)
        names = {name: substitute(e, {f.var.name: whole}) for name, e in names.items()}
    return names, tuple(out)


def _explicit(rest: Poly, weight: int, facts: Facts) -> tuple[Poly, Poly] | None:
    """Quotient and remainder written out, where nothing is negative."""
    if not facts.proves(rest):
        return None
    e = emit(rest, I32)
    by = Const(weight, I32)
    return atom(Binary("div", e, by)), atom(Binary("mod", e, by))


def _unique(weights: list[tuple[int, Free]]) -> bool:
    """Whether sums of weight * variable are different for different variables (mixed radix)."""
    below = 0
    for k, (weight, f) in enumerate(reversed(weights)):
        if weight <= below:
            return False
        if f.count is None:
            return k == len(weights) - 1
        below += weight * (f.count - 1)
    return True


def _apart(write: Write) -> tuple[dict[str, Expr], tuple[Free, ...]]:
    """The writer's variables under names that no reader uses: old name -> new variable, and these."""
    free = tuple(Free(Var(f"{f.var.name}@", f.var.dtype), f.count) for f in write.free)
    return {old.var.name: new.var for old, new in zip(write.free, free, strict=True)}, free


def _const(e: Expr) -> int | None:
    return int(e.value) if isinstance(e, Const) else None
