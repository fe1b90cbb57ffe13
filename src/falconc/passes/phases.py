"""The program of one thread cut where the threads of a group meet: a tree of group statements around thread parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from falconc.analysis import uniformity
from falconc.analysis.uniformity import Uniformity, synchronisations
from falconc.errors import Unsupported
from falconc.ir import types
from falconc.ir.nodes import (
    SERIAL,
    Alloc,
    Barrier,
    Binary,
    Body,
    Buffer,
    Cast,
    Collective,
    Const,
    Expr,
    For,
    If,
    Let,
    Load,
    Node,
    Stmt,
    Store,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.walk import buffers_read, buffers_written, rewrite, variables, walk
from falconc.passes.conditions import negated
from falconc.passes.names import Names
from falconc.passes.thread_exit import Living


@dataclass(frozen=True, slots=True)
class Part(Node):
    """What every thread of the group does between two meetings. ``once``: it is enough that one thread does it."""

    body: Body


@dataclass(slots=True)
class Group:
    """Threads that meet: loops over them, outermost first. ``is_lanes``: the lanes of one collective."""

    axes: tuple[For, ...]
    is_lanes: bool
    used: set[str] = field(default_factory=set[str])

    def extent(self, axis: For) -> int:
        if not isinstance(axis.hi, Const):
            raise Unsupported("a block whose size is not a constant", "pass --block X[,Y[,Z]]", axis.where)
        return int(axis.hi.value)

    @property
    def count(self) -> int:
        total = 1
        for axis in self.axes:
            total *= self.extent(axis)
        return total

    @property
    def extents(self) -> tuple[Const, ...]:
        return tuple(Const(self.extent(a), types.I32) for a in self.axes)

    @property
    def index(self) -> tuple[Expr, ...]:
        return tuple(Var(a.var, a.dtype) for a in self.axes)

    @property
    def zero(self) -> tuple[Expr, ...]:
        return tuple(Const(0, a.dtype) for a in self.axes)

    def linear(self) -> Expr:
        """The number of the thread, x fastest."""
        first, *rest = self.axes
        out: Expr = Var(first.var, first.dtype)
        for a in rest:
            me = Var(a.var, a.dtype)
            if out.dtype != me.dtype:
                out = Cast(me.dtype, out)
            out = Binary("add", Binary("mul", out, Const(self.extent(a), me.dtype)), me)
        return out

    def name_for(self, axis: For, names: Names) -> str:
        """The axis' own name at the first use, then fresh ones."""
        if axis.var not in self.used:
            self.used.add(axis.var)
            return axis.var
        return names.fresh(axis.var)


@dataclass(slots=True)
class Splitter:
    """Cuts thread programs of ``group``."""

    group: Group
    names: Names
    uniform: Uniformity = field(init=False)
    hoisted: set[str] = field(default_factory=set[str])
    published: dict[str, int] = field(default_factory=dict[str, int])
    here: dict[str, str] = field(default_factory=dict[str, str])  # set of lanes that came -> array of who came
    scalars: set[str] = field(default_factory=set[str])  # Lets that became mutable scalars
    lets: set[str] = field(default_factory=set[str])  # Lets of the thread program
    constant: set[str] = field(default_factory=set[str])  # buffers that nothing here writes
    guard: Expr | None = None  # this part runs only in threads where it holds

    def split(self, body: Body) -> Body:
        """``body`` as group statements and Parts."""
        self.uniform = uniformity.of_group(body, [a.var for a in self.group.axes], self.group.count)
        self.hoisted = _hoistable(body, self)
        self.lets = {n.name for n in walk(body) if isinstance(n, Let)}
        self.constant = buffers_read(body) - buffers_written(body) - _declared(body)
        tree = self._list(body)
        return rewrite(tree, self._lane_load)

    def cuts(self, s: Stmt | Body) -> bool:
        """Whether the whole group meets in ``s``."""
        if self.group.is_lanes:
            return bool(synchronisations(s))
        for n in synchronisations(s):
            if isinstance(n, Barrier) and n.scope == "block":
                return True
            if isinstance(n, Collective) and n.width == self.group.count:
                return True
        return any(isinstance(n, Barrier) for n in synchronisations(s)) and not any(
            isinstance(n, Collective) for n in synchronisations(s)
        )

    def _list(self, body: Body) -> Body:
        out: list[Stmt] = []
        now: list[Stmt] = []

        def flush() -> None:
            if now:
                part = tuple(now) if self.guard is None else self._guarded(tuple(now))
                out.append(Part(part))  # pyright: ignore[reportArgumentType]
                now.clear()

        for s in body:
            if isinstance(s, Living):
                flush()
                out += self._under(Load(s.alive, (), types.BOOL), s.body)
            elif self.cuts(s):
                if isinstance(s, Collective):
                    out += self._publish(s, now)
                flush()
                out += self._meeting(s, now)
            elif self._is_group_statement(s):
                if not isinstance(s, Let | Alloc | View):
                    flush()
                out.append(s)
            else:
                now.append(s)
        flush()
        return tuple(out)

    def _guarded(self, body: Body) -> Body:
        """``body`` under the guard; what it declares stays visible to later parts (a Let becomes a scalar)."""
        assert self.guard is not None
        front: list[Stmt] = []
        rest: list[Stmt] = []
        for s in body:
            match s:
                case Alloc():
                    front.append(s)
                case Let():
                    front.append(Alloc(Buffer(s.name, s.value.dtype, (), "register")))
                    rest.append(Store(s.name, (), s.value, where=s.where))
                    self.scalars.add(s.name)
                case _:
                    rest.append(s)
        return (*front, If(self.guard, tuple(rest))) if rest else tuple(front)

    def _meeting(self, s: Stmt, now: list[Stmt]) -> Body:
        match s:
            case Barrier():
                if s.scope == "block" and self.group.is_lanes:
                    raise _divergent(s)
                return ()
            case Collective():
                return self._arrived(s, now)
            case If() if self.uniform.is_uniform(s.cond):
                cond, before = self._at_group(s.cond)
                return (*before, replace(s, cond=cond, then=self._list(s.then), orelse=self._list(s.orelse)))
            case If():
                return self._divided(s)
            case For() if all(self.uniform.is_uniform(e) for e in (s.lo, s.hi, s.step)):
                self._no_guard(s)
                return (replace(s, kind=SERIAL, body=self._list(s.body)),)
            case While() if self.uniform.is_uniform(s.cond):
                self._no_guard(s)
                return (replace(s, body=self._list(s.body)),)
            case _:
                raise _divergent(synchronisations(s)[0])

    def _no_guard(self, s: For | While) -> None:
        """Bounds are read from thread 0, which must be there."""
        bounds = (s.lo, s.hi, s.step) if isinstance(s, For) else (s.cond,)
        if self.guard is not None and any(buffers_read(b) or self._private(b) for b in bounds):
            raise Unsupported("a loop with barriers after some threads have left", "use constant bounds", s.where)

    def _private(self, e: Expr) -> bool:
        return bool(variables(e) & self.lets)

    def _at_group(self, cond: Expr) -> tuple[Expr, Body]:
        """A uniform condition for the group; where some threads may have left, asked of those that are there."""
        if self.guard is None or not (buffers_read(cond) or self._private(cond)):
            return cond, ()
        flag = Buffer(self.names.fresh("any"), types.BOOL, (), "register")
        self.hoisted.add(flag.name)
        ask = If(self.guard, (Store(flag.name, (), cond),))
        before: tuple[Stmt, ...] = (Alloc(flag), Store(flag.name, (), Const(False, types.BOOL)))
        return Load(flag.name, (), types.BOOL), (*before, Part((ask,)))  # pyright: ignore[reportReturnType]

    def _divided(self, s: If) -> Body:
        """Lanes part at ``s`` and each side exchanges among its own lanes."""
        for n in synchronisations(s):
            if isinstance(n, Barrier) and n.scope == "block":
                raise _divergent(n)
        taken = Buffer(self.names.fresh("taken"), types.BOOL, (), "register")
        ask = (Alloc(taken), Store(taken.name, (), s.cond))
        flag = Load(taken.name, (), types.BOOL)
        out: Body = (Part(ask if self.guard is None else self._guarded(ask)),)  # pyright: ignore[reportAssignmentType]
        out += self._under(flag, s.then)
        return out + (self._under(negated(flag), s.orelse) if s.orelse else ())

    def _under(self, cond: Expr, body: Body) -> Body:
        outer = self.guard
        self.guard = cond if outer is None else Binary("land", outer, cond)
        try:
            return self._list(body)
        finally:
            self.guard = outer

    def _is_group_statement(self, s: Stmt) -> bool:
        """Done once for the group: it is about values that the group keeps once."""
        match s:
            case Alloc():
                return s.buffer.name in self.hoisted
            case Store() | Update():
                written = {s.buffer}
            case For():
                written = buffers_written(s)
            case Let():
                known = self.hoisted | self.constant
                if self.uniform.is_uniform(s.value) and buffers_read(s.value) <= known and not self._private(s.value):
                    self.lets.discard(s.name)
                    return True
                return False
            case View():
                return self.uniform.is_uniform(s.byte_offset)
            case _:
                return False
        if not written or not written <= self.hoisted:
            return False
        if self.guard is not None and not buffers_read(s) <= self.hoisted | self.published.keys():
            raise Unsupported("a value of the block after some of its threads have left", "return later", s.where)
        return True

    # --- collectives

    def _publish(self, s: Collective, now: list[Stmt]) -> Body:
        """The array that holds what each thread hands out; filled at the end of the current part."""
        published = Buffer(s.result, s.value.dtype, self.group.extents, "register")
        self.published[s.result] = s.width
        now.append(Store(s.result, self.group.index, s.value))
        out: Body = (Alloc(published),)
        if s.arrived and self.guard is not None:
            here = Buffer(self.names.fresh(f"{s.result}_here"), types.BOOL, self.group.extents, "register")
            self.published[here.name] = s.width
            self.here[s.arrived] = here.name
            clear = Store(here.name, self.group.index, Const(False, types.BOOL))
            out += (Alloc(here), Part((clear,)))  # pyright: ignore[reportAssignmentType]
            now.append(Store(here.name, self.group.index, Const(True, types.BOOL)))
        return out

    def _arrived(self, s: Collective, now: list[Stmt]) -> Body:
        """The bit set of the lanes that came."""
        if not s.arrived:
            return ()
        if s.arrived not in self.here:
            existing = min(s.width, self.group.count)
            now.append(Let(s.arrived, Const((1 << existing) - 1, types.U64)))
            return ()
        bits = Buffer(self.names.fresh(s.arrived), types.U64, (), "register")
        k = self.names.fresh("k")
        lane = Var(k, types.I32)
        bit = Binary("shl", Const(1, types.U64), Cast(types.U64, lane))
        now += [Alloc(bits), Store(bits.name, (), Const(0, types.U64))]
        came = Load(self.here[s.arrived], (lane,), types.BOOL)
        here = Load(bits.name, (), types.U64)
        add = If(came, (Store(bits.name, (), Binary("or", here, bit)),))
        now.append(For(k, Const(0, types.I32), Const(s.width, types.I32), Const(1, types.I32), (add,)))
        now.append(Let(s.arrived, here))
        return ()

    def _lane_load(self, n: Node) -> Node:
        """Lane k of the reader's group of lanes, in the array over all threads."""
        match n:
            case Load() if n.buffer in self.published:
                return replace(n, index=self._place(n.index[0], self.published[n.buffer]))
            case Var() if n.name in self.scalars:
                return Load(n.name, (), n.dtype)
            case _:
                return n

    def _place(self, k: Expr, width: int) -> tuple[Expr, ...]:
        if width < self.group.count:
            number = self.group.linear()
            if number.dtype != k.dtype:
                number = Cast(k.dtype, number)
            first = Binary("mul", Binary("div", number, Const(width, k.dtype)), Const(width, k.dtype))
            k = Binary("add", first, k)
        out: list[Expr] = []
        for a in reversed(self.group.axes[1:]):
            extent = Const(self.group.extent(a), k.dtype)
            out.append(Binary("mod", k, extent))
            k = Binary("div", k, extent)
        return (k, *reversed(out))


def _declared(body: Body) -> set[str]:
    declared = {n.buffer.name for n in walk(body) if isinstance(n, Alloc | View)}
    return declared | {n.result for n in walk(body) if isinstance(n, Collective)}


def _divergent(s: Barrier | Collective) -> Unsupported:
    what = "barrier" if isinstance(s, Barrier) else "lane exchange"
    return Unsupported(
        f"a {what} in a branch or loop that not all threads of its group take together",
        f"move the {what} out of the branch, or make its condition the same for all threads",
        s.where,
    )


def _hoistable(body: Body, splitter: Splitter) -> set[str]:
    """Private scalars that hold one value for the group and steer where it meets, or hold what it agreed on."""
    uniform = splitter.uniform
    private = {n.buffer.name for n in walk(body) if isinstance(n, Alloc) and n.buffer.shape == ()}
    private -= uniform.varying
    steering: set[str] = set()
    stores: dict[str, list[Stmt]] = {}
    _collect(body, splitter, stores, steering)
    wide = {n.result for n in walk(body) if isinstance(n, Collective) and splitter.cuts(n)}
    for n in walk(body):
        if isinstance(n, For) and buffers_read(n) & wide:
            steering |= {m.buffer for m in walk(n) if isinstance(m, Store | Update)}
    inside = {n.buffer for n in walk(body) if isinstance(n, Store | Update)}
    found = {b for b in private & steering if b in inside}
    while True:
        keep = {b for b in found if _only_at_top(b, body, stores, found)}
        if keep == found:
            return keep
        found = keep


def _collect(body: Body, splitter: Splitter, stores: dict[str, list[Stmt]], steering: set[str]) -> None:
    """Stores that stand directly in lists that are cut, and buffers that conditions of cuts read."""
    for s in body:
        match s:
            case Store() | Update():
                stores.setdefault(s.buffer, []).append(s)
            case For() if not splitter.cuts(s):
                for n in walk(s):
                    if isinstance(n, Store | Update):
                        stores.setdefault(n.buffer, []).append(n)
            case For() | While():
                conds: Iterable[Expr] = (s.lo, s.hi, s.step) if isinstance(s, For) else (s.cond,)
                for c in conds:
                    steering |= buffers_read(c)
                _collect(s.body, splitter, stores, steering)
            case If() if splitter.cuts(s):
                steering |= buffers_read(s.cond)
                _collect(s.then, splitter, stores, steering)
                _collect(s.orelse, splitter, stores, steering)
            case _:
                pass


def _only_at_top(name: str, body: Body, stores: dict[str, list[Stmt]], found: set[str]) -> bool:
    top = {id(s) for s in stores.get(name, [])}
    for n in walk(body):
        if isinstance(n, Store | Update) and n.buffer == name and id(n) not in top:
            return False
        if isinstance(n, For) and not synchronisations(n):
            written = {m.buffer for m in walk(n) if isinstance(m, Store | Update)}
            if name in written and not written <= found:
                return False
    return True
