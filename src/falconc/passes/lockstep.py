"""Runs part of a thread program for every thread of a block at once, over symbols in place of unknown values.

A value is a number, an expression over what the thread had at the start, or a combination: op over values of several
threads, each counted once. What is none of these is unknown (None).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from itertools import product

from falconc.errors import KernelFault
from falconc.ir import arithmetic
from falconc.ir.nodes import (
    Alloc,
    Apply,
    Barrier,
    Binary,
    BinaryOp,
    Body,
    Break,
    Cast,
    Collective,
    Const,
    Expr,
    For,
    If,
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
from falconc.ir.types import U64
from falconc.ir.walk import buffers_read

MONOID: dict[str, BinaryOp] = {op: op for op in ("add", "mul", "min", "max", "and", "or", "xor")}
IDEMPOTENT = frozenset({"min", "max", "and", "or"})
_STEPS = 300  # of one thread: two trees over a warp take about 100


class NotFollowed(Exception):
    """The part cannot be run without knowing the data."""


@dataclass(frozen=True, slots=True)
class Own:
    """A value of the thread itself: an expression over its state at the start. ``number``: its value, if known."""

    expr: Expr
    number: int | float | None = None


@dataclass(frozen=True, slots=True)
class Combined:
    """op over the values (key, thread), each once, and constants. op "" has just one value."""

    op: str
    items: frozenset[tuple[int, int]]
    constants: frozenset[Const] = frozenset()


Value = Own | Combined | None


@dataclass(slots=True)
class _Cell:
    value: Value
    writer: int
    stamp: tuple[int, int]
    readers: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])


@dataclass(slots=True)
class ThreadState:
    """What one thread holds: private scalars and arrays that changed, Lets."""

    number: int
    axes: dict[str, int]
    scalars: dict[tuple[str, tuple[int, ...]], Value] = field(default_factory=dict[tuple[str, tuple[int, ...]], Value])
    lets: dict[str, Value] = field(default_factory=dict[str, Value])
    lanes: dict[str, list[Value]] = field(default_factory=dict[str, list[Value]])
    waves: int = 0  # warp barriers passed


class Lockstep:
    """All threads of a block. Statements are run one by one, each by all threads."""

    def __init__(self, axes: Sequence[tuple[str, int]], shared: set[str], private: set[str], lane_width: int) -> None:
        names = [name for name, _ in axes]
        numbers = product(*(range(extent) for _, extent in axes))
        self.threads = [ThreadState(k, dict(zip(names, n, strict=True))) for k, n in enumerate(numbers)]
        self.shared = shared
        self.private = private
        self.lane_width = lane_width
        self.cells: dict[tuple[str, int], _Cell] = {}
        self.changed: set[str] = set()  # private buffers that the run wrote
        self.declared: set[str] = set()
        self.phase = 0
        self.keys: dict[Expr, int] = {}
        self.steps = 0
        self.unknown: dict[str, int] = {}  # how many unknown values in a row a private buffer was given

    def key(self, e: Expr) -> int:
        return self.keys.setdefault(e, len(self.keys))

    def expression(self, key: int) -> Expr:
        return list(self.keys)[key]

    # --- scheduling

    def run(self, s: Stmt) -> None:
        """``s`` in all threads.

        Raises:
            NotFollowed: it depends on data, writes memory of others, or hangs.
        """
        waiting: dict[int, Stmt] = {}
        programs = {t.number: self._statement(s, t) for t in self.threads}
        while programs:
            for number in list(programs):
                if number in waiting:
                    continue
                try:
                    waiting[number] = next(programs[number])
                except StopIteration:
                    del programs[number]
                except KernelFault as error:
                    raise NotFollowed(error.what) from error
            if waiting and not self._release(waiting, programs):
                raise NotFollowed("threads wait for each other")

    def _release(self, waiting: dict[int, Stmt], programs: dict[int, Generator[Stmt, None, bool]]) -> bool:
        groups: dict[tuple[int, int], list[int]] = {}
        for number, site in waiting.items():
            if isinstance(site, Collective):
                groups.setdefault((id(site), number // site.width), []).append(number)
            elif isinstance(site, Barrier) and site.scope == "warp":
                groups.setdefault((id(site), number // self.lane_width), []).append(number)
        for numbers in groups.values():
            site = waiting[numbers[0]]
            if isinstance(site, Collective):
                self._exchange(site, numbers)
            for n in numbers:
                self.threads[n].waves += isinstance(site, Barrier)
                del waiting[n]
        if groups:
            return True
        sites = {id(s) for s in waiting.values()}
        if len(sites) == 1 and len(waiting) == len(self.threads):
            self.phase += 1
            waiting.clear()
            return True
        return False

    def _exchange(self, site: Collective, numbers: list[int]) -> None:
        slots: list[Value] = [None] * site.width
        for n in numbers:
            slots[n % site.width] = self._shown(self.value(site.value, self.threads[n]), n)
        for n in numbers:
            self.threads[n].lanes[site.result] = slots
            if site.arrived:
                bits = sum(1 << (k % site.width) for k in numbers)
                self.threads[n].lets[site.arrived] = _number(bits, Var(site.arrived, U64))

    def _shown(self, value: Value, thread: int) -> Value:
        """``value`` as other threads see it."""
        if isinstance(value, Own):
            if isinstance(value.expr, Const):
                return value
            return Combined("", frozenset({(self.key(value.expr), thread)}))
        return value

    # --- statements: generators that yield where a thread waits; true: a Break is under way

    def _body(self, body: Body, t: ThreadState) -> Generator[Stmt, None, bool]:
        for s in body:
            if (yield from self._statement(s, t)):
                return True
        return False

    def _statement(self, s: Stmt, t: ThreadState) -> Generator[Stmt, None, bool]:
        self.steps += 1
        if self.steps > _STEPS * len(self.threads):
            raise NotFollowed("too long")
        match s:
            case Barrier() | Collective():
                if isinstance(s, Barrier) and s.scope == "grid":
                    raise NotFollowed("barrier across the grid")
                yield s
            case Let():
                t.lets[s.name] = self.value(s.value, t)
            case Alloc():
                if s.buffer.space == "shared":
                    raise NotFollowed("declaration of shared memory")
                self.declared.add(s.buffer.name)
            case Store():
                self._store(s.buffer, s.index, self.value(s.value, t), t)
            case Update():
                self._update(s, t)
            case If():
                return (yield from self._body(s.then if self._truth(s.cond, t) else s.orelse, t))
            case For():
                for k in range(*(int(self._concrete(e, t)) for e in (s.lo, s.hi, s.step))):
                    t.lets[s.var] = _number(k, Const(k, s.dtype))
                    if (yield from self._body(s.body, t)):
                        break
            case While():
                while self._truth(s.cond, t):
                    if (yield from self._body(s.body, t)):
                        break
            case Break():
                return True
            case View() | Return():
                raise NotFollowed("a view or return")
        return False

    def _truth(self, cond: Expr, t: ThreadState) -> bool:
        return bool(self._concrete(cond, t))

    def _concrete(self, e: Expr, t: ThreadState) -> int | float:
        value = self.value(e, t)
        if not isinstance(value, Own) or value.number is None:
            raise NotFollowed("control that depends on data")
        return value.number

    def _store(self, buffer: str, index: tuple[Expr, ...], value: Value, t: ThreadState) -> None:
        place = tuple(int(self._concrete(i, t)) for i in index)
        if buffer in self.private or buffer in self.declared:
            t.scalars[buffer, place] = value
            self.unknown[buffer] = self.unknown.get(buffer, 0) + 1 if value is None else 0
            if self.unknown[buffer] > 2 * len(self.threads):
                raise NotFollowed("values that are no sums")
            self.changed.add(buffer)
        elif buffer in self.shared and len(place) == 1:
            self._write_cell((buffer, place[0]), self._shown(value, t.number), t)
        else:
            raise NotFollowed("a write to memory")

    def _write_cell(self, at: tuple[str, int], value: Value, t: ThreadState) -> None:
        stamp = (self.phase, t.waves)
        old = self.cells.get(at)
        if old is not None and any(not self._ordered(n, s, t) for n, s in old.readers.items()):
            value = None
        if old is not None and not self._ordered(old.writer, old.stamp, t) and old.value != value:
            value = None
        self.cells[at] = _Cell(value, t.number, stamp)

    def _ordered(self, other: int, stamp: tuple[int, int], t: ThreadState) -> bool:
        """Whether what thread ``other`` did at ``stamp`` happened before now."""
        same_wave = other // self.lane_width == t.number // self.lane_width
        return other == t.number or stamp[0] < self.phase or (same_wave and stamp[1] < t.waves)

    def _update(self, s: Update, t: ThreadState) -> None:
        if s.op not in MONOID or len(s.args) != 1:
            raise NotFollowed("an update that is no sum")
        more = self.value(s.args[0], t)
        if s.old:
            t.lets[s.old] = None
        if s.atomic and s.buffer in self.shared:
            at = (s.buffer, int(self._concrete(s.index[0], t)))
            old = self.cells.get(at)
            if old is None or (old.stamp[0] == self.phase and old.writer not in (-1, t.number)):
                raise NotFollowed("an atomic update of a cell nobody set")
            value = self._combine(s.op, old.value, self._shown(more, t.number), s.args[0])
            self.cells[at] = _Cell(value, -1, (self.phase, 0))
            return
        load = Load(s.buffer, s.index, s.args[0].dtype)
        self._store(
            s.buffer, s.index, self._binary(Binary(MONOID[s.op], load, s.args[0]), self.value(load, t), more, t), t
        )

    # --- expressions

    def value(self, e: Expr, t: ThreadState) -> Value:
        match e:
            case Const():
                return _number(e.value, e)
            case Var():
                if e.name in t.axes:
                    return _number(t.axes[e.name], e)
                return t.lets[e.name] if e.name in t.lets else Own(e)
            case Load():
                return self._load(e, t)
            case Binary():
                return self._binary(e, self.value(e.left, t), self.value(e.right, t), t)
            case Select():
                return self._select(e, t)
            case Unary() | Cast():
                inner = self.value(e.operand, t)
                if not isinstance(inner, Own):
                    return inner if isinstance(e, Cast) and e.dtype == e.operand.dtype else None
                again = Unary(e.op, inner.expr) if isinstance(e, Unary) else Cast(e.dtype, inner.expr)
                if inner.number is None:
                    return Own(again)
                if isinstance(e, Unary):
                    return _number(arithmetic.unary(e.op, inner.number, e.dtype), again)
                return _number(arithmetic.convert(inner.number, e.operand.dtype, e.dtype), again)
            case Apply():
                args = [self.value(a, t) for a in e.args]
                own = [a.expr for a in args if isinstance(a, Own)]
                return Own(Apply(e.function, tuple(own), e.dtype)) if len(own) == len(args) else None

    def _load(self, e: Load, t: ThreadState) -> Value:
        index = [self.value(i, t) for i in e.index]
        own = [i for i in index if isinstance(i, Own)]
        if len(own) != len(index):
            return None
        place = tuple(int(i.number) for i in own if i.number is not None)
        known = len(place) == len(index)
        if e.buffer in t.lanes:
            lanes = t.lanes[e.buffer]
            return lanes[place[0]] if known and 0 <= place[0] < len(lanes) else None
        if e.buffer in self.shared:
            return self._read_cell((e.buffer, place[0]), t) if known and len(place) == 1 else None
        if known and (e.buffer, place) in t.scalars:
            return t.scalars[e.buffer, place]
        if e.buffer in self.declared or (e.buffer in self.changed and (not known or e.index)):
            return None
        return Own(Load(e.buffer, tuple(i.expr for i in own), e.dtype))

    def _read_cell(self, at: tuple[str, int], t: ThreadState) -> Value:
        cell = self.cells.get(at)
        if cell is None:
            return None
        cell.readers[t.number] = (self.phase, t.waves)
        return cell.value if self._ordered(cell.writer, cell.stamp, t) else None

    def _select(self, e: Select, t: ThreadState) -> Value:
        cond = self.value(e.cond, t)
        if not isinstance(cond, Own):
            return None
        if cond.number is None:
            sides = self.value(e.then, t), self.value(e.orelse, t)
            if isinstance(sides[0], Own) and isinstance(sides[1], Own):
                return Own(Select(cond.expr, sides[0].expr, sides[1].expr))
            return None
        chosen = self.value(e.then if cond.number else e.orelse, t)
        other = _quiet(self, e.orelse if cond.number else e.then, t)
        if isinstance(chosen, Own) and isinstance(other, Own) and not isinstance(cond.expr, Const):
            sides = (chosen, other) if cond.number else (other, chosen)
            return Own(Select(cond.expr, sides[0].expr, sides[1].expr), chosen.number)
        return chosen

    def _binary(self, e: Binary, a: Value, b: Value, t: ThreadState) -> Value:
        if e.op in ("land", "lor"):
            stop = e.op == "lor"
            for side in (a, b):
                if isinstance(side, Own) and side.number is not None and bool(side.number) is stop:
                    return _number(stop, side.expr)
        if isinstance(a, Own) and isinstance(b, Own):
            again = Binary(e.op, a.expr, b.expr)
            if a.number is not None and b.number is not None:
                return _number(arithmetic.binary(e.op, a.number, b.number, e.left.dtype), again)
            return Own(again)
        if e.op not in MONOID:
            return None
        return self._combine(e.op, self._shown(a, t.number), self._shown(b, t.number), e)

    def _combine(self, op: str, a: Value, b: Value, e: Expr) -> Value:
        if a is None or b is None:
            return None
        items: list[tuple[int, int]] = []
        constants: set[Const] = set()
        for side in (a, b):
            if isinstance(side, Own):
                if side.number is None:
                    return None
                constants |= {Const(side.number, e.dtype)} - {identity(op, e)}
                continue
            if side.op not in ("", op):
                return None
            items += side.items
            if constants & side.constants and op not in IDEMPOTENT:
                return None
            constants |= side.constants
        whole = frozenset(items)
        if (len(whole) != len(items) or len(constants) > 1) and op not in IDEMPOTENT:
            return None
        return Combined(op if len(whole) > 1 or constants else "", whole, frozenset(constants))


def _quiet(run: Lockstep, e: Expr, t: ThreadState) -> Value:
    """The value of the side that is not taken, if it can be told without looking at memory others share."""
    if buffers_read(e) & (run.shared | t.lanes.keys()):
        return None
    try:
        return run.value(e, t)  # pyright: ignore[reportPrivateUsage]
    except (KernelFault, NotFollowed):
        return None


def _number(value: int | float, e: Expr) -> Own:
    """A known value; an expression of constants alone is folded."""
    if isinstance(e, Binary) and isinstance(e.left, Const) and isinstance(e.right, Const):
        return Own(Const(value, e.dtype), value)
    if isinstance(e, Unary | Cast) and isinstance(e.operand, Const):
        return Own(Const(value, e.dtype), value)
    return Own(e, value)


def identity(op: str, e: Expr) -> Const | None:
    """The constant of e's type that ``op`` leaves everything as it is with."""
    dtype = e.dtype
    low = float("-inf") if dtype.is_float else dtype.lowest
    high = float("inf") if dtype.is_float else dtype.highest
    zero = 0.0 if dtype.is_float else 0
    one = 1.0 if dtype.is_float else 1
    values = {"add": zero, "or": zero, "xor": zero, "mul": one, "max": low, "min": high}
    values["and"] = -1 if dtype.is_signed else high
    return Const(values[op], dtype) if op in values else None
