"""Thread loops split where threads meet: each part becomes a loop of its own, and barriers vanish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self, cast

from falconc.analysis import uniformity
from falconc.analysis.uniformity import synchronisations
from falconc.errors import Unsupported
from falconc.ir.nodes import (
    Alloc,
    Barrier,
    Binary,
    Body,
    Collective,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Return,
    Stmt,
    Var,
    While,
    parallel,
)
from falconc.ir.walk import substitute, walk
from falconc.passes import Pass, thread_exit
from falconc.passes.live_values import expand
from falconc.passes.names import Names
from falconc.passes.phases import Group, Splitter
from falconc.passes.polynomial import Facts, Poly, as_type, atom, const, emit
from falconc.passes.reindex import tidy, within
from falconc.platform import Platform

DATA = parallel("data")


@dataclass(frozen=True, slots=True)
class LoopFission(Pass):
    """Split the loops over threads at barriers and lane exchanges.

    Before: ``for tx (thread.x): s[tx] = a; barrier; b = s[0]``. After: ``for tx (data): s[tx] = a`` and
    ``for tx (data): b = s[0]``. Private values that live across a split become arrays over the threads; a value
    handed to the other lanes is such an array too. Shared memory becomes a private array of the block's iteration.
    Refuses a barrier that not all threads of the block reach together. Exact for programs without data races.
    """

    name: ClassVar[str] = "loop-fission"

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        return fission(kernel)[0]

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        if any(isinstance(n, For) and n.kind.axis.startswith("thread.") for n in walk(kernel.body)):
            yield cls()


@dataclass(frozen=True, slots=True)
class Lanes:
    """What thread numbers are where threads are counted by lanes, and what holds there."""

    values: dict[str, Expr]
    facts: Facts

    def seen(self, e: Expr) -> Expr:
        """``e`` of a thread, by lanes."""
        return tidy(cast(Expr, substitute(e, self.values)), self.facts)


def fission(kernel: Kernel) -> tuple[Kernel, list[Lanes]]:
    """``kernel`` without threads, and how threads were counted by lanes."""
    lower = _Lowering(Names(kernel))
    return replace(kernel, body=lower.body(kernel.body), launch=None), lower.lanes


@dataclass(slots=True)
class _Lowering:
    names: Names
    facts: Facts = field(default_factory=Facts)  # what holds about the block
    lanes: list[Lanes] = field(default_factory=list[Lanes])

    def body(self, body: Body) -> Body:
        return tuple(out for s in body for out in self.statement(s))

    def statement(self, s: Stmt) -> Body:
        match s:
            case For() if s.kind.axis.startswith("thread."):
                return self.threads(s)
            case For() if s.kind.axis.startswith("block."):
                outside, self.facts = self.facts, within(s, self.facts)
                body = self.body(s.body)
                self.facts = outside
                return (replace(s, kind=DATA, body=body),)
            case For():
                return (replace(s, body=self.body(s.body)),)
            case While():
                return (replace(s, body=self.body(s.body)),)
            case If():
                return (replace(s, then=self.body(s.then), orelse=self.body(s.orelse)),)
            case Alloc() if s.buffer.space == "shared":
                return (replace(s, buffer=replace(s.buffer, space="register")),)
            case _:
                return (s,)

    def threads(self, outer: For) -> Body:
        """The nest of thread loops that begins with ``outer``."""
        axes: list[For] = []
        inner: Stmt = outer
        body: Body = (outer,)
        while len(body) == 1 and isinstance(inner := body[0], For) and inner.kind.axis.startswith("thread."):
            axes.append(replace(inner, body=()))
            body = inner.body
        for s in synchronisations(body):
            if isinstance(s, Barrier) and s.scope == "grid":
                raise Unsupported("a barrier across the grid", "split the kernel at the barrier", s.where)
        return self.group(Group(tuple(axes), False), body)

    def group(self, group: Group, body: Body) -> Body:
        """``body`` run by the threads of ``group``, which do not meet others in it."""
        meets = synchronisations(body)
        if meets and not group.is_lanes and not _needs_block(meets, group):
            return self._by_lanes(group, body, meets)
        if any(isinstance(n, Return) for n in walk(body)):
            uniform = uniformity.of_group(body, [a.var for a in group.axes], group.count)
            body = thread_exit.lower(body, uniform, self.names)
        if not meets:
            return (_nest(group, body, self.names),)
        splitter = Splitter(group, self.names)
        return expand(splitter.split(body), group, self.names, self._part)

    def _part(self, group: Group, body: Body) -> Body:
        """One part between two meetings of the group."""
        if synchronisations(body):
            return self._by_lanes(group, body, synchronisations(body))
        return (_nest(group, body, self.names),)

    def _by_lanes(self, group: Group, body: Body, meets: list[Barrier | Collective]) -> Body:
        """Threads that meet only in lanes: an outer loop over the groups of lanes, an inner one over the lanes."""
        width = max((s.width for s in meets if isinstance(s, Collective)), default=0)
        if group.is_lanes or not width:
            s = meets[0]
            raise Unsupported("lanes meet where not all of them get to", "move it out of the condition", s.where)
        loops, lanes, values, guard, facts = _in_lanes(group, width, self.names, self.facts)
        self.lanes.append(Lanes(values, facts))
        inner: Body = substitute(body, values)
        inner = tidy(inner, facts)
        if guard is not None:
            inner = (If(guard, inner),)
        out = self.group(Group((lanes,), True), inner)
        for loop in reversed(loops):
            out = (replace(loop, body=out),)
        return out


def _needs_block(meets: list[Barrier | Collective], group: Group) -> bool:
    """Whether the whole block meets (a barrier), or nothing tells how wide the groups of lanes are."""
    widths = [s.width for s in meets if isinstance(s, Collective)]
    return any(isinstance(s, Barrier) and s.scope == "block" for s in meets) or not widths or max(widths) == group.count


def _in_lanes(
    group: Group, width: int, names: Names, facts: Facts
) -> tuple[list[For], For, dict[str, Expr], Expr | None, Facts]:
    """Loops over the groups of lanes, the loop over the lanes, thread variables as functions of them, a guard."""
    inner = group.axes[-1]
    extent = group.extent(inner)
    dtype = inner.dtype
    lanes = For(names.fresh("lane"), Const(0, dtype), Const(width, dtype), Const(1, dtype), (), DATA)
    lane = atom(Var(lanes.var, dtype))
    count = extent if extent % width == 0 else group.count
    waves = -(-count // width)
    wave = For(names.fresh("wave"), Const(0, dtype), Const(waves, dtype), Const(1, dtype), (), DATA)
    linear = (atom(Var(wave.var, dtype)).scaled(width) if waves > 1 else const(0)) + lane
    outer = [replace(a, var=names.fresh(a.var), kind=DATA) for a in group.axes[:-1]] if count == extent else []
    loops = [*outer, *([wave] if waves > 1 else [])]
    for loop in (*loops, lanes):
        facts = facts.with_loop(Var(loop.var, loop.dtype), facts.poly(loop.lo), facts.poly(loop.hi))
    values: dict[str, Expr] = {}
    if count == extent:
        values = {a.var: Var(o.var, o.dtype) for a, o in zip(group.axes[:-1], outer, strict=True)}
        values[inner.var] = emit(linear, dtype)
        return loops, lanes, values, None, facts
    rest: Poly = linear
    for a in reversed(group.axes):
        here = emit(rest, dtype)
        last = a is group.axes[0]
        part = here if last else Binary("mod", here, Const(group.extent(a), dtype))
        values[a.var] = as_type(tidy(part, facts), a.dtype)
        rest = facts.poly(Binary("div", here, Const(group.extent(a), dtype)))
    short = count % width != 0
    guard = Binary("lt", emit(linear, dtype), Const(count, dtype)) if short else None
    return loops, lanes, values, guard, facts


def _nest(group: Group, body: Body, names: Names) -> For:
    """Loops over the threads of ``group``, under fresh names after the first use."""
    values: dict[str, Expr] = {}
    loops: list[For] = []
    for axis in group.axes:
        name = group.name_for(axis, names)
        values[axis.var] = Var(name, axis.dtype)
        loops.append(replace(axis, var=name, kind=DATA))
    out: Body = substitute(body, {k: v for k, v in values.items() if v != Var(k, v.dtype)})
    for loop in reversed(loops):
        out = (replace(loop, body=out),)
    (nest,) = out
    assert isinstance(nest, For)
    return nest
