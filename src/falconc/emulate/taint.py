"""What values of a kernel depend on: integers that come from data are carried with field parts and an interval, while
sizes, indices and loop variables stay native; of those, which ones data steers, and which ones depend on sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from falconc.ir.nodes import (
    Alloc,
    Apply,
    Barrier,
    Binary,
    Body,
    Break,
    Cast,
    Collective,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Let,
    Load,
    Return,
    Select,
    Stmt,
    Store,
    Unary,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.types import DType

_HOLDS, _STEERED, _SIZED = 1, 2, 4


@dataclass(slots=True)
class Taint:
    """Names (Let, loop variable, Update.old) and buffers (Alloc, View, Collective results, parameters).

    names, buffers: those that hold integer data. steered: those that hold data, or something that data chose. sized:
    those that depend on an integer parameter.
    """

    names: set[str] = field(default_factory=set[str])
    buffers: set[str] = field(default_factory=set[str])
    steered: set[str] = field(default_factory=set[str])
    sized: set[str] = field(default_factory=set[str])
    _facts: dict[int, tuple[Expr, int]] = field(default_factory=dict[int, tuple[Expr, int]])

    def of(self, e: Expr) -> bool:
        """True if ``e`` is an integer (not bool) that comes from data."""
        return bool(self.facts(e) & _HOLDS)

    def data(self, e: Expr) -> bool:
        """True if the value of ``e`` depends on data: it holds some, compares some, or data chose it."""
        return bool(self.facts(e) & _STEERED)

    def by_size(self, e: Expr) -> bool:
        """True if the value of ``e`` depends on an integer parameter."""
        return bool(self.facts(e) & _SIZED)

    def size(self) -> int:
        """How much is known; what was derived from less is forgotten."""
        self._facts.clear()
        return sum(map(len, (self.names, self.buffers, self.steered, self.sized)))

    def facts(self, e: Expr) -> int:
        found = self._facts.get(id(e))
        if found is None:
            found = self._facts[id(e)] = (e, self._derived(e))
        return found[1]

    def _derived(self, e: Expr) -> int:
        number = e.dtype.is_integer and e.dtype.kind != "bool"
        match e:
            case Const():
                parts = 0
            case Var():
                parts = self._named(e.name, self.names)
            case Load():
                index = _joined(self.facts(x) for x in e.index) & ~_HOLDS
                parts = index | self._named(e.buffer, self.buffers)
            case Unary():
                parts = self.facts(e.operand)
            case Binary():
                parts = self.facts(e.left) | self.facts(e.right)
            case Select():
                parts = self.facts(e.then) | self.facts(e.orelse) | self.facts(e.cond) & ~_HOLDS
            case Cast():
                parts = self.facts(e.operand) | (_HOLDS if e.operand.dtype.is_float else 0)
            case Apply():
                parts = _joined(self.facts(a) | (_HOLDS if a.dtype.is_float else 0) for a in e.args)
            case _:
                assert_never(e)
        if e.dtype.is_float or parts & _HOLDS:
            parts |= _STEERED
        return parts if number else parts & ~_HOLDS

    def _named(self, name: str, holders: set[str]) -> int:
        held = _HOLDS if name in holders else 0
        return held | (_STEERED if name in self.steered else 0) | (_SIZED if name in self.sized else 0)


def _joined(parts: Iterator[int]) -> int:
    out = 0
    for p in parts:
        out |= p
    return out


def analyse(kernel: Kernel) -> Taint:
    """The least sets closed under every statement of ``kernel``."""
    buffers = {b.name for b in kernel.buffers}
    floats = {s.name for s in kernel.scalars if s.dtype.is_float}
    integers = {s.name for s in kernel.scalars if s.dtype.is_integer}
    taint = Taint(buffers=set(buffers), steered=buffers | floats, sized=integers)
    size = -1
    while size != (size := taint.size()):
        _Flow(taint).body(kernel.body, False)
    return taint


class _Flow:
    """One pass over the statements. ``under``: whether data decides if a statement runs; by_size: whether sizes do."""

    def __init__(self, taint: Taint) -> None:
        self.taint = taint
        self.by_size = False

    def body(self, body: Body, under: bool) -> None:
        for s in body:
            self.statement(s, under)
            under = under or _may_leave(s, self.taint, False)

    def statement(self, s: Stmt, under: bool) -> None:
        t = self.taint
        match s:
            case For():
                steered = under or any(t.data(e) for e in (s.lo, s.hi, s.step))
                self._mark(s.var, (s.lo, s.hi, s.step), s.dtype, steered)
                self._inside((s.lo, s.hi, s.step), s.body, steered)
            case While():
                self._inside((s.cond,), s.body, under or t.data(s.cond))
            case If():
                for part in (s.then, s.orelse):
                    self._inside((s.cond,), part, under or t.data(s.cond))
            case Let():
                if t.of(s.value):
                    t.names.add(s.name)
                self._mark(s.name, (s.value,), s.value.dtype, under)
            case Store():
                self._written(s.buffer, (s.value,), under or any(t.data(e) for e in s.index))
            case Update():
                self._written(s.buffer, s.args, under or any(t.data(e) for e in s.index))
                for group, names in ((t.buffers, t.names), (t.steered, t.steered), (t.sized, t.sized)):
                    if s.old and s.buffer in group:
                        names.add(s.old)
            case Collective():
                if t.of(s.value):
                    t.buffers.add(s.result)
                self._mark(s.result, (s.value,), s.value.dtype, under)
                if s.arrived and under:
                    t.steered.add(s.arrived)
            case View():
                for group in (t.buffers, t.steered, t.sized):
                    if s.base in group or s.buffer.name in group:
                        group |= {s.base, s.buffer.name}
            case Alloc() | Barrier() | Break() | Return():
                pass
            case _:
                assert_never(s)

    def _inside(self, deciding: tuple[Expr, ...], body: Body, under: bool) -> None:
        """A body that runs as ``deciding`` says: what it leaves in a scalar depends on sizes if that does."""
        outer = self.by_size
        self.by_size = outer or any(self.taint.by_size(e) for e in deciding)
        self.body(body, under)
        self.by_size = outer

    def _mark(self, name: str, sources: tuple[Expr, ...], dtype: DType, under: bool) -> None:
        t = self.taint
        if dtype.is_float or under or any(t.data(e) for e in sources):
            t.steered.add(name)
        if any(t.by_size(e) for e in sources):
            t.sized.add(name)

    def _written(self, buffer: str, values: tuple[Expr, ...], under: bool) -> None:
        if any(self.taint.of(a) for a in values):
            self.taint.buffers.add(buffer)
        if self.by_size:
            self.taint.sized.add(buffer)
        self._mark(buffer, values, values[0].dtype, under)


def _may_leave(s: Stmt, taint: Taint, under: bool) -> bool:
    """True if data decides whether the statements after ``s`` run: a Break or Return under a condition on data."""
    match s:
        case Break() | Return():
            return under
        case If():
            return any(_may_leave(x, taint, under or taint.data(s.cond)) for x in (*s.then, *s.orelse))
        case For():
            return any(_may_leave(x, taint, under) for x in s.body)
        case While():
            return any(_may_leave(x, taint, under or taint.data(s.cond)) for x in s.body)
        case _:
            return False
