"""The places where a loop body touches memory that outlives one iteration, and what is known there."""

from __future__ import annotations

from dataclasses import dataclass, field

from falconc.ir.affine import Poly, ring
from falconc.ir.nodes import (
    Alloc,
    Body,
    Cast,
    Expr,
    For,
    If,
    Kernel,
    Let,
    Load,
    Node,
    Select,
    Stmt,
    Store,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.ranges import Ranges
from falconc.ir.types import DType
from falconc.ir.walk import children, walk


@dataclass(frozen=True, slots=True)
class Access:
    """One touch of memory. index: None where it is no polynomial. loops: those inside the examined loop, outermost
    first. guards: conditions with the outcome under which it happens."""

    node: Load | Store | Update
    memory: str
    index: tuple[Poly | None, ...]
    wrapped: Poly | None  # a flat index as if its arithmetic did not wrap; right modulo 2 ** bits
    bits: int
    size: int
    loops: tuple[For, ...]
    guards: tuple[tuple[Expr, bool], ...]
    ranges: Ranges

    @property
    def writes(self) -> bool:
        return not isinstance(self.node, Load)


@dataclass(frozen=True, slots=True)
class Seen:
    """What names of views stand for: memory, byte offset, element type."""

    memory: str
    offset: Poly | None
    dtype: DType


@dataclass(slots=True)
class Collector:
    """Collects accesses in the body of a loop."""

    views: dict[str, Seen]
    dtypes: dict[str, DType]
    local: set[str]
    found: list[Access] = field(default_factory=list[Access])

    def body(self, body: Body, ranges: Ranges, loops: tuple[For, ...], guards: tuple[tuple[Expr, bool], ...]) -> None:
        for s in body:
            ranges = self.statement(s, ranges, loops, guards)

    def statement(
        self, s: Stmt, ranges: Ranges, loops: tuple[For, ...], guards: tuple[tuple[Expr, bool], ...]
    ) -> Ranges:
        match s:
            case For():
                for e in (s.lo, s.hi, s.step):
                    self.expression(e, ranges, loops, guards)
                self.body(s.body, ranges.loop(s), (*loops, s), guards)
            case While():
                self.expression(s.cond, ranges, loops, guards)
                self.body(s.body, ranges, loops, guards)
            case If():
                self.expression(s.cond, ranges, loops, guards)
                self.body(s.then, ranges.assume(s.cond), loops, (*guards, (s.cond, True)))
                self.body(s.orelse, ranges.assume(s.cond, False), loops, (*guards, (s.cond, False)))
            case Let():
                self.expression(s.value, ranges, loops, guards)
                return ranges.let(s.name, s.value)
            case View():
                self.view(s, ranges)
            case Alloc():
                self.dtypes[s.buffer.name] = s.buffer.dtype
            case _:
                for child in children(s):
                    self.expression(child, ranges, loops, guards)
                if isinstance(s, Store | Update):
                    self.access(s, ranges, loops, guards)
        return ranges

    def expression(
        self, e: Node, ranges: Ranges, loops: tuple[For, ...], guards: tuple[tuple[Expr, bool], ...]
    ) -> None:
        if isinstance(e, Select):
            self.expression(e.cond, ranges, loops, guards)
            self.expression(e.then, ranges.assume(e.cond), loops, (*guards, (e.cond, True)))
            self.expression(e.orelse, ranges.assume(e.cond, False), loops, (*guards, (e.cond, False)))
            return
        for child in children(e):
            self.expression(child, ranges, loops, guards)
        if isinstance(e, Load):
            self.access(e, ranges, loops, guards)

    def view(self, s: View, ranges: Ranges) -> None:
        base = self.views.get(s.base)
        offset = ranges.expanded(ranges.poly(s.byte_offset))
        if base is not None:
            self.views[s.buffer.name] = Seen(
                base.memory, None if base.offset is None else base.offset + offset, s.buffer.dtype
            )
        else:
            self.views[s.buffer.name] = Seen(s.base, offset, s.buffer.dtype)

    def access(
        self,
        n: Load | Store | Update,
        ranges: Ranges,
        loops: tuple[For, ...],
        guards: tuple[tuple[Expr, bool], ...],
    ) -> None:
        seen = self.views.get(n.buffer)
        memory = seen.memory if seen else n.buffer
        if memory in self.local:
            return
        index: tuple[Poly | None, ...] = tuple(ranges.expanded(ranges.poly(i)) for i in n.index)
        dtype = n.dtype if isinstance(n, Load) else seen.dtype if seen else self.dtypes.get(n.buffer)
        size = dtype.size if dtype else 0
        if seen is not None:
            start = seen.offset.divided(size) if seen.offset is not None and size else None
            first = index[0] if len(index) == 1 else None
            index = (first + start if first is not None and start is not None else None,)
        wrapped, bits = _wrapped(n.index[0], ranges) if len(n.index) == 1 and seen is None else (None, 0)
        self.found.append(Access(n, memory, index, wrapped, bits, size, loops, guards, ranges))


def _wrapped(e: Expr, ranges: Ranges) -> tuple[Poly, int]:
    """``e`` modulo the size of the type it is computed in, and the bits of that type."""
    while isinstance(e, Cast) and e.operand.dtype.is_integer and e.operand.dtype.bits <= e.dtype.bits:
        e = e.operand

    def exact(atom: Expr) -> Poly | None:
        if isinstance(atom, Var) and atom.name in ranges.defs and ranges.defs[atom.name].dtype == e.dtype:
            return ring(ranges.defs[atom.name]).substituted(exact)
        known = ranges.expanded(ranges.poly(atom))
        return None if known == Poly.atom(atom) else known

    return ring(e).substituted(exact), e.dtype.bits


def collect(kernel: Kernel, loop: For) -> list[Access]:
    """The accesses of one iteration of ``loop`` to memory that other iterations can see."""
    collector = Collector({}, {b.name: b.dtype for b in kernel.buffers}, set())
    for n in walk(kernel.body):
        if isinstance(n, Alloc):
            collector.dtypes[n.buffer.name] = n.buffer.dtype
    collector.local = {n.buffer.name for n in walk(loop.body) if isinstance(n, Alloc)}
    around = _around(kernel.body, loop, Ranges(), collector)
    if around is None:
        around = Ranges()
    collector.body(loop.body, around.loop(loop), (), ())
    return collector.found


def _around(body: Body, loop: For, ranges: Ranges, collector: Collector) -> Ranges | None:
    """What holds where ``loop`` stands."""
    for s in body:
        if s is loop:
            return ranges
        match s:
            case For():
                found = _around(s.body, loop, ranges.loop(s), collector)
            case While():
                found = _around(s.body, loop, ranges, collector)
            case If():
                found = _around(s.then, loop, ranges.assume(s.cond), collector)
                found = found or _around(s.orelse, loop, ranges.assume(s.cond, False), collector)
            case Let():
                found, ranges = None, ranges.let(s.name, s.value)
            case View():
                found = None
                collector.view(s, ranges)
            case _:
                found = None
        if found is not None:
            return found
    return None
