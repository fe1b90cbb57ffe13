"""The plain form of a loop nest: one loop for one range, guards in the bounds, indices simplified."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from falconc.ir.nodes import SERIAL, Body, Const, For, If, Kernel, Stmt, While, parallel
from falconc.ir.types import BOOL
from falconc.ir.walk import variables, walk
from falconc.passes import Pass, guards
from falconc.passes.accumulators import fold_partials, only_accumulates
from falconc.passes.independent import is_independent
from falconc.passes.loop_distribution import distributed
from falconc.passes.loop_merge import Hints, Merger, single_trip, strided
from falconc.passes.names import Names, again
from falconc.passes.polynomial import Facts
from falconc.passes.reindex import tidy, within
from falconc.platform import Platform

_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class NormalForm(Pass):
    """Merge loops that count through one range together, absorb guards into bounds, simplify indices.

    Before: ``for by < (M + 15) / 16: for ty < 16: if (by*16 + ty < M) ...``. After: ``for row < M: ...``.
    Leaves alone what it cannot prove. Exact but for the order of sums.
    """

    name: ClassVar[str] = "normal-form"
    optional: ClassVar[bool] = True

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        return replace(kernel, body=normalise(kernel, {}))


def normalise(kernel: Kernel, hints: Hints, facts: Facts | None = None, axes: Iterable[str] = ()) -> Body:
    """The body of ``kernel`` in plain form; ``hints``: names that the text gave to values; ``facts``: what its launch
    promises; ``axes``: loops that the text gave no name."""
    facts = facts or Facts()
    form = _Form(Merger(Names(kernel), hints, frozenset(axes)))
    body = tidy(kernel.body, facts)
    for _ in range(_ROUNDS):
        before = body
        body = marked(replace(kernel, body=body)).body
        for change in (form.distributing, form.merging, form.guarding):
            form.change = change
            body = tidy(form.body(body, facts), facts)
        if body == before:
            break
    return body


def marked(kernel: Kernel) -> Kernel:
    """``kernel`` with its serial loops that are shown to be independent marked so."""
    free = {id(n) for n in walk(kernel.body) if isinstance(n, For) and is_independent(kernel, n)}
    return kernel if not free else replace(kernel, body=_visited(kernel.body, free))


def _visited(body: Body, free: set[int]) -> Body:
    """``body`` with the loops whose identity is in ``free`` marked."""

    def one(s: Stmt) -> Stmt:
        match s:
            case For():
                kind = parallel("data") if id(s) in free and s.kind == SERIAL else s.kind
                return replace(s, kind=kind, body=_visited(s.body, free))
            case While():
                return replace(s, body=_visited(s.body, free))
            case If():
                return replace(s, then=_visited(s.then, free), orelse=_visited(s.orelse, free))
            case _:
                return s

    return tuple(one(s) for s in body)


@dataclass(slots=True)
class _Form:
    """Carries one kind of change through a tree, innermost loops first."""

    merger: Merger
    change: Callable[[For, Facts], Stmt] = field(init=False)

    def body(self, body: Body, facts: Facts) -> Body:
        return tuple(self.statement(s, facts) for s in fold_partials(body))

    def statement(self, s: Stmt, facts: Facts) -> Stmt:
        match s:
            case For():
                return self.change(replace(s, body=self.body(s.body, within(s, facts))), facts)
            case While():
                return replace(s, body=self.body(s.body, facts))
            case If():
                then = self.body(s.then, facts.with_cond(s.cond))
                orelse = self.body(s.orelse, facts.with_cond(s.cond, False))
                return replace(s, then=then, orelse=orelse)
            case _:
                return guards.guard_sum(s)

    def distributing(self, loop: For, facts: Facts) -> Stmt:
        """What all iterations share out of the loop, its unrelated parts apart."""
        parts = distributed(loop, lambda part: again(part, self.merger.names))
        return loop if parts == (loop,) else If(Const(True, BOOL), parts)

    def merging(self, loop: For, facts: Facts) -> Stmt:
        """Loops that count together as one, as often as possible."""
        if (once := single_trip(loop, facts)) is not None:
            return once
        while True:
            nest, body = _nest(loop)
            merged = self._any_merged(nest, body, facts) or self._strided(nest, body, facts)
            if merged is None:
                return loop
            loop = merged

    def guarding(self, loop: For, facts: Facts) -> Stmt:
        """Guards outward and into the bounds."""
        return guards.absorb(replace(loop, body=guards.raise_guard(loop.body)), facts)

    def _any_merged(self, nest: list[For], body: Body, facts: Facts) -> For | None:
        for at in range(len(nest)):
            for other in range(at + 1, len(nest)):
                merged = self._merged(nest, at, other, body, facts)
                if merged is not None:
                    return merged
        return None

    def _merged(self, nest: list[For], at: int, other: int, body: Body, facts: Facts) -> For | None:
        """The nest with loops ``at`` and ``other`` as one, if they may stand next to each other."""
        a, b = nest[at], nest[other]
        between = nest[at + 1 : other]
        if between and not all(n.kind.name == "parallel" for n in (a, b, *between)):
            return None
        if any(variables((n.lo, n.hi, n.step)) & {a.var, b.var} for n in between):
            return None
        here = facts
        for n in nest[: other + 1]:
            here = within(n, here)
        below: Body = (_wrapped(nest[other + 1 :], body),) if nest[other + 1 :] else body
        for first, second in ((a, b), (b, a)) if a.kind == b.kind == parallel("data") else ((a, b),):
            done = self.merger.pair(first, second, below, here)
            if done is not None:
                new, inner = done
                rest = [n for k, n in enumerate(nest[: other + 1]) if k not in (at, other)]
                rest.insert(at, new)
                return _wrapped(rest, inner)
        return None

    def _strided(self, nest: list[For], body: Body, facts: Facts) -> For | None:
        for at in range(len(nest) - 1):
            a, inner = nest[at], nest[at + 1]
            if a.kind.name != "parallel" and not only_accumulates(inner.body):
                continue
            whole = strided(a, _wrapped(nest[at + 1 :], body), facts)
            if whole is not None:
                # One thread's iterations keep their order; whether they depend on each other nobody said.
                kind = inner.kind if a.kind.name == "parallel" else SERIAL
                return _wrapped(nest[:at], (replace(whole, kind=kind),))
        return None


def _nest(loop: For) -> tuple[list[For], Body]:
    nest = [loop]
    body = loop.body
    while len(body) == 1 and isinstance(inner := body[0], For):
        nest.append(inner)
        body = inner.body
    return nest, body


def _wrapped(nest: list[For], body: Body) -> For:
    for loop in reversed(nest):
        body = (replace(loop, body=body),)
    (out,) = body
    assert isinstance(out, For)
    return out
