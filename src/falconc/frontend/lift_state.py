"""The lifter's running state: statements collected so far, names taken, what each declaration stands for."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast as typed

from falconc.errors import FalconcError, SourceDefect, Unsupported
from falconc.frontend.clang import Cursor, Tree
from falconc.frontend.lift_ops import known, nonnegative
from falconc.frontend.lift_pragmas import Pragma
from falconc.frontend.lift_values import Base, Flat, Place, Pointer
from falconc.ir.nodes import Alloc, Body, Buffer, Const, Expr, Launch, Let, Load, Node, Stmt, Store, Var, View
from falconc.ir.types import I32, DType
from falconc.ir.walk import walk
from falconc.platform import Platform
from falconc.source import Span


@dataclass(frozen=True, slots=True)
class Block(Node):
    """Statements that a Jump to ``label`` leaves; gone after lift_jumps."""

    label: int
    body: Body


@dataclass(frozen=True, slots=True)
class Jump(Node):
    """Goes to the end of the Block called ``label``."""

    label: int


@dataclass(frozen=True, slots=True)
class Late(Node):
    """Statements decided after the ones around it: declarations whose type is known later."""

    held: list[Stmt] = field(default_factory=list[Stmt], compare=False)


Item = Stmt | Block | Jump | Late
KERNEL = 0  # the label a kernel's own return jumps to


class Retry(Exception):
    """Something was found that earlier statements did not allow for; lift again with what is known."""


@dataclass
class Known:
    """What earlier runs over the same kernel found out. bases: of each pointer variable. types: what a local array
    holds where that is not what its declaration says (floats moved as integers), by its name."""

    bases: dict[str, list[Base]] = field(default_factory=dict[str, list[Base]])
    types: dict[str, DType] = field(default_factory=dict[str, DType])


@dataclass
class Frame:
    """One function being inlined. label: where its return goes. result: where its value is put."""

    function: int
    label: int
    result: Place | None = None
    value: object = None
    this: Place | None = None


@dataclass
class State:
    """Everything one lifting run knows."""

    tree: Tree
    platform: Platform
    launch: Launch | None
    known: Known
    out: list[Item] = field(default_factory=list[Item])
    env: dict[int, Place] = field(default_factory=dict[int, Place])
    taken: set[str] = field(default_factory=set[str])
    frames: list[Frame] = field(default_factory=list[Frame])
    shared: list[Stmt] = field(default_factory=list[Stmt])
    prologue: list[Item] = field(default_factory=list[Item])
    globals: dict[int, Place] = field(default_factory=dict[int, Place])
    views: dict[tuple[str, DType], Flat] = field(default_factory=dict[tuple[str, DType], Flat])
    view_after: dict[str, list[View]] = field(default_factory=dict[str, list[View]])
    assumptions: dict[str, None] = field(default_factory=dict[str, None])
    intrinsics: dict[str, str] = field(default_factory=dict[str, str])
    nonnegative: set[str] = field(default_factory=set[str])
    axes: dict[str, tuple[str, Expr]] = field(default_factory=dict[str, tuple[str, Expr]])
    extents: dict[str, Expr] = field(default_factory=dict[str, Expr])
    axes_read: set[str] = field(default_factory=set[str])
    breaks: list[int | None] = field(default_factory=list[int | None])
    continues: list[int] = field(default_factory=list[int])
    sites: list[Span] = field(default_factory=list[Span])
    modified: set[int] = field(default_factory=set[int])
    scanned: set[int] = field(default_factory=set[int])
    extra_params: list[tuple[Cursor, Buffer]] = field(default_factory=list[tuple[Cursor, Buffer]])
    private_late: dict[str, Late] = field(default_factory=dict[str, Late])
    block_variables: dict[int, Place] = field(default_factory=dict[int, Place])
    dynamic: Flat | None = None
    result: Buffer | None = None
    declares: str = ""
    pragmas: list[Pragma] = field(default_factory=list[Pragma])
    collapsed: list[int] = field(default_factory=list[int])
    addressed: set[int] = field(default_factory=set[int])
    addressed_by: dict[int, set[int]] = field(default_factory=dict[int, set[int]])
    arrays: list[str] = field(default_factory=list[str])
    running: set[tuple[int, str, int]] = field(default_factory=set[tuple[int, str, int]])
    labels: int = KERNEL
    fences: int = 0

    # --- names and places -----------------------------------------------------------------------------------------

    def fresh(self, name: str) -> str:
        """``name``, or ``name_1`` ... where it is taken."""
        name = re.sub(r"\W", "_", name) or "t"
        candidate, count = name, 0
        while candidate in self.taken:
            count += 1
            candidate = f"{name}_{count}"
        self.taken.add(candidate)
        return candidate

    def label(self) -> int:
        self.labels += 1
        return self.labels

    def where(self, cursor: Cursor | None) -> Span | None:
        """The cursor's place in the user's text, or the call that led out of it."""
        span = self.tree.span(cursor) if cursor else None
        return span or (self.sites[-1] if self.sites else None)

    def unsupported(self, cursor: Cursor | None, what: str, next_step: str = "") -> Unsupported:
        return Unsupported(what, next_step, self.where(cursor))

    def defect(self, cursor: Cursor | None, what: str, next_step: str = "") -> FalconcError:
        return SourceDefect(what, next_step, self.where(cursor))

    @contextmanager
    def at(self, cursor: Cursor) -> Generator[Span | None]:
        """Statements made inside belong to ``cursor``'s place."""
        span = self.tree.span(cursor)
        if span is None:
            yield self.where(None)
            return
        self.sites.append(span)
        try:
            yield span
        finally:
            self.sites.pop()

    @contextmanager
    def collect(self) -> Generator[list[Item]]:
        """Statements made inside go to the list given, not to the current body."""
        outer, self.out = self.out, []
        try:
            yield self.out
        finally:
            self.out = outer

    def emit(self, item: Item) -> None:
        self.out.append(item)

    # --- making statements ----------------------------------------------------------------------------------------

    def let(self, name: str, value: Expr) -> Expr:
        """Binds ``value`` to a new name."""
        bound = self.fresh(name)
        self.emit(Let(bound, value, where=self.where(None)))

        if value.dtype.is_integer and nonnegative(value, self.nonnegative):
            self.nonnegative.add(bound)
        return Var(bound, value.dtype)

    def settle(self, value: Expr, name: str = "t") -> Expr:
        """``value`` as something later stores do not change."""
        return self.let(name, value) if any(isinstance(n, Load) for n in walk(value)) else value

    def named(self, name: str, value: Expr) -> Expr:
        """``value`` under the user's name; a constant or a variable of that very name needs none."""
        if isinstance(value, Const) or (isinstance(value, Var) and value.name == name):
            return value
        return self.let(name, value)

    def variable(self, name: str, dtype: DType) -> Flat:
        """A new mutable scalar."""
        flat = Flat(self.fresh(name), dtype, "register", 0, 1)
        self.emit(Alloc(Buffer(flat.name, dtype, (), "register"), where=self.where(None)))
        return flat

    def array(self, name: str, dtype: DType, extent: int | Expr, space: str = "register") -> Flat:
        """A new array, for this thread or (space shared) for its block."""
        size = Const(extent, I32) if isinstance(extent, int) else extent
        taken = self.fresh(name)
        flat = Flat(taken, self.known.types.get(taken, dtype), space, 1, known(size))
        alloc = Alloc(Buffer(flat.name, flat.dtype, (size,), space), where=self.where(None))
        if space == "shared":
            self.shared.append(alloc)
        else:
            self.arrays.append(flat.name)
            self.emit(alloc)
        return flat

    def set(self, flat: Flat, value: Expr) -> None:
        """Stores into a scalar."""
        assert flat.rank == 0
        self.emit(Store(flat.name, (), value, where=self.where(None)))

    def get(self, flat: Flat) -> Expr:
        assert flat.rank == 0
        return Load(flat.name, (), flat.dtype, where=self.where(None))

    def view(self, base: Flat, dtype: DType) -> Flat:
        """All of ``base`` seen as another type."""
        key = (base.name, dtype)
        if key not in self.views:
            name = self.fresh(f"{base.name}_{dtype}")
            bytes_ = None if base.extent is None else base.extent * base.dtype.size
            extent = None if bytes_ is None else bytes_ // dtype.size
            shape = (None if extent is None else Const(extent, I32),)
            buffer = Buffer(name, dtype, shape, base.space, base.readonly)
            self.view_after.setdefault(base.name, []).append(View(buffer, base.name, Const(0, I32)))
            self.views[key] = Flat(name, dtype, base.space, 1, extent, base.readonly)
        return self.views[key]

    def assume(self, sentence: str) -> None:
        self.assumptions[sentence] = None

    def bases_of(self, name: str) -> list[Base]:
        return self.known.bases.setdefault(name, [])


def body(items: Sequence[Item]) -> Body:
    """A body that may hold the lifter's own statements until lift_jumps removes them."""
    return typed(Body, tuple(items))


def pointer_base(pointer: Pointer) -> Base:
    return pointer.one.base
