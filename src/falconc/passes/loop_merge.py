"""Two loops that together count through one range become one loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from falconc.ir import types
from falconc.ir.nodes import SERIAL, Binary, Body, Break, Cast, Const, Expr, For, If, Stmt, Var
from falconc.ir.types import DType
from falconc.ir.walk import buffers_read, map_children, substitute, variables
from falconc.passes.names import Names
from falconc.passes.polynomial import Facts, Poly, as_type, atom, const, emit
from falconc.passes.reindex import within
from falconc.passes.thread_program import map_expressions

Hints = Mapping[Expr, str]


class _NotOne(Exception):
    """The two variables are used otherwise than together."""


@dataclass(slots=True)
class Merger:
    """Merges loops; ``hints``: names that the text gave to values; ``axes``: loops that nobody named."""

    names: Names
    hints: Hints
    axes: frozenset[str] = frozenset()

    def pair(self, a: For, b: For, body: Body, facts: Facts) -> tuple[For, Body] | None:
        """One loop for v = a * extent(b) + b (both from 0; a in steps of 1, or of extent(b) and v = a + b), and
        the body in terms of v; or None."""
        if not (_counts(b) and isinstance(b.hi, Const) and a.lo == Const(0, a.dtype) and isinstance(a.step, Const)):
            return None
        inside = within(b, within(a, facts))
        extent, step = int(b.hi.value), int(a.step.value)
        if step not in (1, extent):
            return None
        factor = extent if step == 1 else 1
        wanted = atom(Var(a.var, a.dtype)).scaled(factor) + atom(Var(b.var, b.dtype))
        var = self._named(wanted, inside, (a, b))
        together = _Together(a, b, factor, var)
        try:
            new = map_expressions(body, inside, together.expression)
        except _NotOne:
            if var.name not in (a.var, b.var):
                self.names.taken.discard(var.name)
            return None
        hi = emit(facts.poly(a.hi).scaled(extent), var.dtype) if step == 1 else _rounded_up(a.hi, extent, var.dtype)
        both = "parallel" if a.kind.name == b.kind.name == "parallel" else "serial"
        kind = a.kind if both == "parallel" else SERIAL
        return For(var.name, Const(0, var.dtype), hi, Const(1, var.dtype), (), kind, where=a.where), new

    def _named(self, wanted: Poly, facts: Facts, loops: tuple[For, For]) -> Var:
        for e, name in self.hints.items():
            if name not in self.names.taken and facts.poly(e) == wanted:
                self.names.taken.add(name)
                return Var(name, e.dtype)
        dtype = max((loop.dtype for loop in loops), key=lambda t: (t.is_signed, t.bits))
        named = [loop.var for loop in reversed(loops) if loop.var not in self.axes]
        named.sort(key=lambda name: name[-1:].isdigit())  # i rather than i_2, else the inner one
        return Var(named[0] if named else self.names.fresh("i"), dtype if dtype.is_signed else types.I32)


def _rounded_up(hi: Expr, step: int, dtype: DType) -> Expr:
    """Where a loop from 0 in steps ends; not above 0 if it does not run."""
    if isinstance(hi, Const):
        return Const(-(-int(hi.value) // step) * step, dtype)
    by = Const(step, dtype)
    up = Binary("add", as_type(hi, dtype), Const(step - 1, dtype))
    return Binary("mul", Binary("div", up, by), by)


def _counts(loop: For) -> bool:
    return isinstance(loop.lo, Const) and loop.lo.value == 0 and loop.step == Const(1, loop.dtype)


@dataclass(slots=True)
class _Together:
    """Rewrites expressions of two loop variables in terms of one."""

    a: For
    b: For
    extent: int
    var: Var

    def expression(self, e: Expr, facts: Facts) -> Expr:
        if not variables(e) & {self.a.var, self.b.var}:
            return e
        if e.dtype.kind not in ("int", "uint"):
            return map_children(e, lambda n: self.expression(n, facts))
        if isinstance(e, Cast) and e.operand.dtype.is_signed and e.operand.dtype.is_integer:
            return as_type(self.expression(e.operand, facts), e.dtype)
        p = facts.poly(e)
        out = const(0)
        for m, c in p.terms.items():
            product = const(c)
            for x in p.shown.get(m, m):
                product = product * atom(x if isinstance(x, Var) else self._atom(x, facts))
            out = out + product
        return emit(self._joined(out), e.dtype)

    def _atom(self, e: Expr, facts: Facts) -> Expr:
        return map_children(e, lambda n: self.expression(n, facts))

    def _joined(self, p: Poly) -> Poly:
        a, b = Var(self.a.var, self.a.dtype), Var(self.b.var, self.b.dtype)
        first = p.split(a)
        second = first[1].split(b) if first else None
        if first is None or second is None or first[0] != second[0].scaled(self.extent):
            raise _NotOne
        if second[1].mentions(a.name) or second[1].mentions(b.name) or second[0].mentions(a.name):
            raise _NotOne
        without = p.replaced(a, const(0))
        joined = without.replaced(b, atom(self.var)) if without is not None else None
        if joined is None:
            raise _NotOne
        return joined


def single_trip(loop: For, facts: Facts) -> If | None:
    """What a loop does whose step passes its end at once: ``for i = t; i < n; i += 640`` where 640 >= n."""
    step, lo = _loose(facts, loop.step), facts.poly(loop.lo)
    if loop.kind != SERIAL or loop.step == Const(1, loop.dtype) or not facts.proves(step - facts.poly(loop.hi) + lo):
        return None
    if any(isinstance(s, Break) for s in _own_statements(loop.body)) or buffers_read(loop.lo):
        return None
    return If(Binary("lt", loop.lo, loop.hi), substitute(loop.body, {loop.var: loop.lo}), where=loop.where)


def _own_statements(body: Body) -> Iterator[Stmt]:
    """Statements that are in no inner loop."""
    for s in body:
        yield s
        if isinstance(s, If):
            yield from _own_statements((*s.then, *s.orelse))


def strided(a: For, inner: Stmt, facts: Facts) -> For | None:
    """The loop over everything that ``for i = a; i < hi; i += extent(a)`` does in all iterations of ``a`` together."""
    if not isinstance(inner, For) or not _counts(a) or a.var in variables((*inner.body, inner.hi, inner.step)):
        return None
    here = within(a, facts)
    me = Var(a.var, a.dtype)
    start = here.poly(inner.lo).split(me)
    if start is None or start[0].constant != 1 or start[1].mentions(a.var):
        return None
    step = inner.step
    if isinstance(step, Cast) and not step.operand.dtype.is_signed and step.operand.dtype.bits == step.dtype.bits:
        step = step.operand  # a step is positive: the conversion keeps its value
    if here.poly(step) != _loose(here, a.hi):
        return None
    return replace(inner, lo=emit(start[1], inner.dtype), step=Const(1, inner.dtype))


def _loose(facts: Facts, e: Expr) -> Poly:
    """A loop bound as a polynomial; conversions of a bound that is a count keep its value."""
    while isinstance(e, Cast):
        e = e.operand
    return facts.poly(e)


def least(a: Expr, b: Expr, facts: Facts) -> Expr:
    """The smaller one, by proof where possible."""
    gap = facts.poly(a) - facts.poly(b)
    if facts.proves(gap):
        return b
    if facts.proves(gap.scaled(-1)):
        return a
    return Binary("min", a, as_type(b, a.dtype))


def of_type(p: Poly, dtype: DType) -> Expr:
    return emit(p, dtype)
