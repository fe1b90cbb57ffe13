"""What threads hold after an exchange, told apart: nothing new, a constant, or one sum over a group of threads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from falconc.ir import types
from falconc.ir.nodes import (
    Alloc,
    Binary,
    Body,
    Buffer,
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
    While,
)
from falconc.ir.walk import bound_names, buffers_read, buffers_written, rewrite, walk
from falconc.passes.lockstep import Combined, Lockstep, NotFollowed, Own, ThreadState, Value, identity
from falconc.passes.names import Names


@dataclass(frozen=True, slots=True)
class Reduction:
    """op over ``part`` of the first ``count`` threads of each group of ``width`` threads, and constants."""

    op: str
    part: Expr
    width: int
    count: int
    constants: frozenset[Const]


@dataclass(slots=True)
class Found:
    """scalars, lets, cells: what holds which reduction afterwards. constants: scalars that hold one constant."""

    scalars: dict[str, Reduction] = field(default_factory=dict[str, Reduction])
    lets: dict[str, Reduction] = field(default_factory=dict[str, Reduction])
    cells: dict[tuple[str, int], Reduction] = field(default_factory=dict[tuple[str, int], Reduction])
    constants: dict[str, Const] = field(default_factory=dict[str, Const])
    kept: list[Stmt] = field(default_factory=list[Stmt])  # declarations that are used later

    @property
    def reductions(self) -> list[Reduction]:
        return list(dict.fromkeys((*self.scalars.values(), *self.lets.values(), *self.cells.values())))


def recognise(run: Lockstep, window: Body, after: Body, elsewhere: set[str], repeated: bool) -> Found | None:
    """What the values that are used outside the window are; None if one is something else."""
    found = Found()
    inner = set(bound_names(window))
    for name in sorted(run.changed):
        if name not in elsewhere:
            continue
        readers = range(len(run.threads)) if repeated else _readers(run, name, after)
        held = [run.threads[k].scalars.get((name, ()), _own_start(name, inner, run, k)) for k in readers]
        if not _holds(found, name, held, list(readers), run):
            return None
    for s in window:
        match s:
            case Alloc() if s.buffer.name in elsewhere:
                found.kept.append(s)
            case Let() if s.name in elsewhere and not _let(found, s, run, after):
                return None
            case Collective() if {s.result, s.arrived} & elsewhere:
                return None
            case _:
                pass
    if not _cells(found, run, window, after):
        return None
    return found if found.reductions else None


def _own_start(name: str, inner: set[str], run: Lockstep, thread: int) -> Value:
    return None if name in inner else Own(Load(name, (), types.F32))


def _holds(found: Found, name: str, held: list[Value], readers: list[int], run: Lockstep) -> bool:
    if not held:
        return True
    first = held[0]
    if isinstance(first, Own) and isinstance(first.expr, Const) and all(v == first for v in held):
        found.constants[name] = first.expr
        return True
    reduction = _common(held, readers, run)
    if reduction is None:
        return False
    found.scalars[name] = reduction
    return True


def _let(found: Found, s: Let, run: Lockstep, after: Body) -> bool:
    readers = list(_readers(run, s.name, after))
    held = [run.threads[k].lets.get(s.name) for k in readers]
    if all(isinstance(v, Own) for v in held):
        value = held[0] if held else None
        if isinstance(value, Own) and all(isinstance(v, Own) and v.expr == value.expr for v in held):
            found.kept.append(replace(s, value=value.expr))
        return not held or bool(found.kept)
    reduction = _common(held, readers, run)
    if reduction is None:
        return False
    found.lets[s.name] = reduction
    return True


def _cells(found: Found, run: Lockstep, window: Body, after: Body) -> bool:
    """Cells of shared memory that the rest reads before anybody writes there again."""
    touched = {b for b, _ in run.cells}
    every = list(range(len(run.threads)))
    for s in after:
        if buffers_written(s) & touched:
            return not buffers_read(s) & touched
        for n in walk(s):
            if isinstance(n, Load) and n.buffer in touched:
                (place,) = n.index
                if not isinstance(place, Const):
                    return False
                at = (n.buffer, int(place.value))
                cell = run.cells.get(at)
                reduction = _common([cell.value if cell else None] * len(every), every, run)
                if reduction is None or reduction.width != len(every):
                    return False
                found.cells[at] = reduction
    return True


def _common(held: Iterable[Value], readers: list[int], run: Lockstep) -> Reduction | None:
    """The one reduction that all ``readers`` hold, each over its own group."""
    values = list(held)
    first = values[0] if values else None
    if not isinstance(first, Combined) or not first.op:
        return None
    keys = {key for key, _ in first.items}
    if len(keys) != 1:
        return None
    (key,) = keys
    total = len(run.threads)
    width = total
    for candidate in (total, *(1 << k for k in range(10, 0, -1))):
        if candidate <= total and _fits(first, readers[0], candidate):
            width = candidate
            break
    else:
        return None
    count = len(first.items)
    for value, reader in zip(values, readers, strict=True):
        start = reader - reader % width
        wanted = frozenset((key, k) for k in range(start, start + count))
        if not isinstance(value, Combined) or (value.op, value.items, value.constants) != (
            first.op,
            wanted,
            first.constants,
        ):
            return None
    return Reduction(first.op, run.expression(key), width, count, first.constants)


def _fits(value: Combined, reader: int, width: int) -> bool:
    """Whether the parts are those of the first threads of the reader's group of ``width``."""
    start = reader - reader % width
    threads = {t for _, t in value.items}
    return threads == set(range(start, start + len(threads))) and len(threads) > width // 2 and len(threads) <= width


def _readers(run: Lockstep, name: str, after: Body) -> list[int]:
    """Threads that may read ``name`` in ``after``."""
    found: set[int] = set()
    _look(run, name, after, list(run.threads), found)
    return sorted(found)


def _look(run: Lockstep, name: str, body: Body, threads: list[ThreadState], found: set[int]) -> None:
    for s in body:
        match s:
            case If():
                _look_at(s.cond, name, threads, found)
                yes = [t for t in threads if _may(run, s.cond, t, True)]
                no = [t for t in threads if _may(run, s.cond, t, False)]
                _look(run, name, s.then, yes, found)
                _look(run, name, s.orelse, no, found)
            case For() | While():
                _look_at(replace(s, body=()), name, threads, found)
                _look(run, name, s.body, threads, found)
            case _:
                _look_at(s, name, threads, found)


def _look_at(n: Node, name: str, threads: list[ThreadState], found: set[int]) -> None:
    for m in walk(n):
        used = (isinstance(m, Var) and m.name == name) or (isinstance(m, Load | Update) and m.buffer == name)
        if used:
            found.update(t.number for t in threads)
            return


def _may(run: Lockstep, cond: Expr, t: ThreadState, truth: bool) -> bool:
    """Whether ``cond`` may be ``truth`` in thread ``t``; only what depends on thread numbers alone is decided."""
    fresh = ThreadState(t.number, t.axes)
    try:
        value = run.value(cond, fresh)
    except NotFollowed:
        return True
    if buffers_read(cond) & (run.shared | run.changed):
        inner = run.value(_without_memory(cond, run), fresh)
        value = inner if isinstance(inner, Own) else None
    return not isinstance(value, Own) or value.number is None or bool(value.number) is truth


def _without_memory(cond: Expr, run: Lockstep) -> Expr:
    return rewrite(cond, lambda n: Var("?", n.dtype) if isinstance(n, Load) else n)


# --- writing it down


def lower(found: Found, run: Lockstep, window: Body, after: Body, names: Names) -> tuple[Body, Body]:
    """What replaces the window, and what follows it with the results put in."""
    out: list[Stmt] = [s for s in found.kept if isinstance(s, Alloc)]
    out += [s for s in found.kept if isinstance(s, Let)]
    results: dict[Reduction, str] = {}
    for r in found.reductions:
        made, name = _loop(r, run, names)
        out += made
        results[r] = name
    for name, value in found.constants.items():
        out.append(Store(name, (), value))
    for name, r in found.lets.items():
        out.append(Let(name, Load(results[r], (), r.part.dtype)))
    for name, r in found.scalars.items():
        out.append(Store(name, (), Load(results[r], (), r.part.dtype)))
        after = _forwarded(after, name, results[r])
    for (buffer, place), r in found.cells.items():
        after = _cell_forwarded(after, buffer, place, results[r])
    return tuple(out), after


def _loop(r: Reduction, run: Lockstep, names: Names) -> tuple[list[Stmt], str]:
    """All threads of the group show their part; a loop adds up."""
    shown = names.fresh("parts")
    total = names.fresh({"add": "sum", "mul": "prod"}.get(r.op, r.op))
    k = names.fresh("k")
    dtype = r.part.dtype
    start = identity(r.op, r.part)
    assert start is not None
    here = Load(total, (), dtype)
    first: Expr = start
    for n, c in enumerate(sorted(r.constants, key=lambda c: repr(c.value))):
        first = c if n == 0 else Binary(r.op, first, c)  # pyright: ignore[reportArgumentType]
    lane = Var(k, types.I32)
    add = Store(total, (), Binary(r.op, here, Load(shown, (lane,), dtype)))  # pyright: ignore[reportArgumentType]
    zero, one = Const(0, types.I32), Const(1, types.I32)
    return [
        Collective(shown, r.width, r.part),
        Alloc(Buffer(total, dtype, (), "register")),
        Store(total, (), first),
        For(k, zero, Const(r.count, types.I32), one, (add,)),
    ], total


def _forwarded(after: Body, name: str, result: str) -> Body:
    """Reads of ``name`` up to its next write read the result."""

    def visit(n: Node) -> Node:
        return replace(n, buffer=result) if isinstance(n, Load) and n.buffer == name else n

    out: list[Stmt] = []
    for k, s in enumerate(after):
        if name in buffers_written(s):
            if isinstance(s, Store):
                out.append(rewrite(s, visit))
                k += 1
            return (*out, *after[k:])
        out.append(rewrite(s, visit))
    return tuple(out)


def _cell_forwarded(after: Body, buffer: str, place: int, result: str) -> Body:
    def visit(n: Node) -> Node:
        match n:
            case Load() if n.buffer == buffer and isinstance(c := n.index[0], Const) and c.value == place:
                return Load(result, (), n.dtype)
            case _:
                return n

    out: list[Stmt] = []
    for k, s in enumerate(after):
        if buffer in buffers_written(s):
            return (*out, *after[k:])
        out.append(rewrite(s, visit))
    return tuple(out)
