"""Sums of partial sums: where threads add up parts that are then added up, one accumulator takes everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from falconc.ir import arithmetic
from falconc.ir.nodes import (
    SERIAL,
    Alloc,
    Apply,
    Binary,
    Body,
    Break,
    Cast,
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
from falconc.ir.walk import buffers_read, buffers_written, rename_buffers, rewrite, walk
from falconc.passes.lockstep import IDEMPOTENT, MONOID, identity


@dataclass(frozen=True, slots=True)
class _Fold:
    """``producer`` stores its part in cell t of ``parts``; ``consumer`` puts all cells together in ``total``."""

    parts: str
    producer: int
    start: int  # total = start value
    consumer: int
    total: str
    op: str


def fold_partials(body: Body) -> Body:
    """``body`` with arrays of parts that are only summed up replaced by their sum.

    Before: ``for t: { m = 0; for c...: m += f; p[t] = m }; total = 0; for k: total += p[k]``. After:
    ``m = 0; for t: for c...: m += f``. Exact but for the order of sums.
    """
    while (fold := next(_folds(body), None)) is not None:
        body = _folded(body, fold)
    while (fold := next(_folds_in_place(body), None)) is not None:
        body = _folded_in_place(body, fold)
    return body


def _folds_in_place(body: Body) -> Iterator[_Fold]:
    """Parts that are added up in their cells: ``for t: { p[t] = 0; for c...: p[t] += f }``."""
    for at, consumer in enumerate(body):
        found = _consumed(consumer)
        if found is None:
            continue
        parts, total, op = found
        touching = [k for k, s in enumerate(body) if _touches(s, parts)]
        start = _start(body, total, at)
        if len(touching) != 2 or start is None or not any(_declares(s, parts) for s in body[: touching[0]]):
            continue
        producer = body[touching[0]]
        if _sums_in_place(producer, consumer, parts, op) and not any(
            _touches(s, total) for s in body[touching[0] : at] if s is not body[start]
        ):
            yield _Fold(parts, touching[0], start, at, total, op)


def _declares(s: Stmt, name: str) -> bool:
    return isinstance(s, Alloc) and s.buffer.name == name


def _sums_in_place(s: Stmt, consumer: Stmt, parts: str, op: str) -> bool:
    """Whether iteration t of ``s`` clears cell t and adds to it, and the loops have one range."""
    if not isinstance(s, For) or not isinstance(consumer, For):
        return False
    if (s.lo, s.hi, s.step) != (consumer.lo, consumer.hi, consumer.step) or any(isinstance(n, Break) for n in s.body):
        return False
    first = next(t for t in s.body if _touches(t, parts))
    if not isinstance(first, Store) or not isinstance(first.value, Const) or first.value != identity(op, first.value):
        return False
    cells = {n.index for n in walk(s) if isinstance(n, Load | Store | Update) and n.buffer == parts}
    if any(len(c) != 1 or _number(c[0]) != Var(s.var, s.dtype) for c in cells):
        return False
    return _only_adds([t for t in s.body if t is not first], parts, op)


def _folded_in_place(body: Body, fold: _Fold) -> Body:
    """The array as a scalar that takes over from the total."""
    producer, start = body[fold.producer], body[fold.start]
    assert isinstance(producer, For) and isinstance(start, Store)
    clears = next(t for t in producer.body if _touches(t, fold.parts))
    rest = tuple(t for t in producer.body if t is not clears)

    def scalar(n: Node) -> Node:
        return replace(n, index=()) if isinstance(n, Load | Store) and n.buffer == fold.parts else n

    out: list[Stmt] = []
    for k, s in enumerate(body):
        if _declares(s, fold.parts):
            assert isinstance(s, Alloc)
            out += [replace(s, buffer=replace(s.buffer, shape=())), replace(start, buffer=fold.parts)]
        elif k == fold.producer:
            out.append(replace(producer, body=rewrite(rest, scalar), kind=SERIAL))
        elif k not in (fold.start, fold.consumer) and not _declares(s, fold.total):
            out.append(s)
    return rename_buffers(tuple(out), {fold.total: fold.parts})


def _folds(body: Body) -> Iterator[_Fold]:
    for at, consumer in enumerate(body):
        found = _consumed(consumer)
        if found is None:
            continue
        parts, total, op = found
        touching = [k for k, s in enumerate(body) if _touches(s, parts)]
        if len(touching) != 2 or not any(isinstance(s, Alloc) and s.buffer.name == parts for s in body):
            continue
        first = touching[0]
        start = _start(body, total, at)
        if start is None or not _produces(body[first], consumer, parts):
            continue
        if any(_touches(s, total) for s in body[first:at] if s is not body[start]):
            continue
        yield _Fold(parts, first, start, at, total, op)


def _consumed(s: Stmt) -> tuple[str, str, str] | None:
    """(parts, total, op) of ``for k: total = total op parts[k]``."""
    if not isinstance(s, For) or len(s.body) != 1 or not isinstance(add := s.body[0], Store) or add.index:
        return None
    update = accumulation(add)
    if update is None:
        return None
    op, part = update
    if isinstance(part, Load) and part.index == (Var(s.var, s.dtype),):
        return part.buffer, add.buffer, op
    return None


def accumulation(s: Store) -> tuple[str, Expr] | None:
    """(op, part) of ``acc = acc op part`` or ``part op acc``."""
    if not isinstance(s.value, Binary) or s.value.op not in MONOID:
        return None
    here = Load(s.buffer, s.index, s.value.dtype)
    for acc, part in ((s.value.left, s.value.right), (s.value.right, s.value.left)):
        if acc == here and s.buffer not in buffers_read(part):
            return s.value.op, part
    return None


def _start(body: Body, total: str, before: int) -> int | None:
    """Where ``total`` gets its start value, if that is a constant and it is declared here."""
    if not any(isinstance(s, Alloc) and s.buffer.name == total for s in body[:before]):
        return None
    for k in range(before - 1, -1, -1):
        s = body[k]
        if _touches(s, total):
            return k if isinstance(s, Store) and s.buffer == total and isinstance(s.value, Const) else None
    return None


def _produces(s: Stmt, consumer: Stmt, parts: str) -> bool:
    """Whether ``s`` is a loop over the same range that stores each cell once and reads none."""
    if not isinstance(s, For) or not isinstance(consumer, For):
        return False
    if (s.lo, s.hi, s.step) != (consumer.lo, consumer.hi, consumer.step):
        return False
    if any(isinstance(n, Break) for n in s.body):
        return False
    mine = [t for t in s.body if _touches(t, parts)]
    return (
        len(mine) == 1
        and isinstance(store := mine[0], Store)
        and store.buffer == parts
        and len(store.index) == 1
        and _number(store.index[0]) == Var(s.var, s.dtype)
        and parts not in buffers_read(store.value)
    )


def _number(e: Expr) -> Expr:
    while isinstance(e, Cast) and e.operand.dtype.is_integer:
        e = e.operand
    return e


def _folded(body: Body, fold: _Fold) -> Body:
    producer, start = body[fold.producer], body[fold.start]
    assert isinstance(producer, For) and isinstance(start, Store)
    inner: list[Stmt] = []
    for s in producer.body:
        if isinstance(s, Store) and s.buffer == fold.parts:
            here = Load(fold.total, (), s.value.dtype)
            s = Store(fold.total, (), Binary(MONOID[fold.op], here, s.value), where=s.where)
        inner.append(s)
    loop = replace(producer, body=tuple(inner), kind=SERIAL)
    loop, start, name = _direct(loop, start, fold)
    declared = next(s for s in body if isinstance(s, Alloc) and s.buffer.name == fold.total)
    gone = {id(body[fold.consumer]), id(body[fold.start]), id(declared)}
    out: list[Stmt] = []
    for k, s in enumerate(body):
        if k == fold.producer:
            out += [declared, start, loop]
        elif id(s) not in gone and not (isinstance(s, Alloc) and s.buffer.name == fold.parts):
            out.append(s)
    return rename_buffers(tuple(out), {fold.total: name}) if name != fold.total else tuple(out)


def _direct(loop: For, start: Store, fold: _Fold) -> tuple[For, Store, str]:
    """Parts added to the total as they come, where a part is itself a sum; the total takes over its name."""
    last = next(s for s in loop.body if isinstance(s, Store) and s.buffer == fold.total)
    assert isinstance(last.value, Binary)
    part = _unnamed(last.value.right, loop.body)
    if not (isinstance(part, Load) and not part.index):
        return loop, start, fold.total
    m = part.buffer
    declared = [s for s in loop.body if isinstance(s, Alloc) and s.buffer.name == m]
    first = next((s for s in loop.body if _touches(s, m)), None)
    if not declared or not (isinstance(first, Store) and isinstance(first.value, Const)):
        return loop, start, fold.total
    begins = first.value
    neutral = begins == identity(fold.op, begins) or (fold.op == "add" and begins.value == 0)
    if not neutral and fold.op not in IDEMPOTENT:
        return loop, start, fold.total
    named = {s.name for s in loop.body if isinstance(s, Let) and s.value == part}
    rest = [s for s in loop.body if s not in declared and s is not first and s is not last]
    rest = [s for s in rest if not (isinstance(s, Let) and s.name in named)]
    if not _only_adds(rest, m, fold.op) or any(isinstance(n, Var) and n.name in named for s in rest for n in walk(s)):
        return loop, start, fold.total
    assert isinstance(start.value, Const)
    if not neutral:
        both = arithmetic.binary(MONOID[fold.op], start.value.value, begins.value, begins.dtype)
        start = replace(start, value=Const(both, begins.dtype))
    moved: Body = rename_buffers(tuple(rest), {m: fold.total})
    return replace(loop, body=moved), start, m


def _unnamed(e: Expr, body: Body) -> Expr:
    """``e``, or what it names if that is a Let of this list."""
    if isinstance(e, Var):
        return next((s.value for s in body if isinstance(s, Let) and s.name == e.name), e)
    return e


def _only_adds(rest: list[Stmt], m: str, op: str) -> bool:
    """Whether ``m`` is only ever added to."""
    for s in rest:
        stores = [n for n in walk(s) if isinstance(n, Store | Update) and n.buffer == m]
        if any(not isinstance(n, Store) or (accumulation(n) or ("", None))[0] != op for n in stores):
            return False
        loads = sum(isinstance(n, Load) and n.buffer == m for n in walk(s))
        if loads != len(stores):
            return False
    return True


def only_accumulates(body: Body) -> bool:
    """Whether ``body`` has no effect but adding to scalars, which it does not read otherwise: any order will do."""
    local = {n.buffer.name for n in walk(body) if isinstance(n, Alloc)}
    totals: set[str] = set()
    reads = 0
    for n in walk(body):
        match n:
            case Store() if n.buffer not in local:
                if n.index or not (accumulation(n) or _fused(n)):
                    return False
                totals.add(n.buffer)
                reads += 1
            case Update() if n.buffer not in local:
                return False
            case For() | If() | Let() | Alloc() | Store() | Update():
                pass
            case While():
                return False
            case _ if isinstance(n, Stmt):
                return False
            case _:
                pass
    loads = sum(isinstance(n, Load) and n.buffer in totals for n in walk(body))
    return bool(totals) and loads == reads and _one_op(body, totals)


def _one_op(body: Body, totals: set[str]) -> bool:
    """Whether each total is always put together with the same operation."""
    ops: dict[str, set[str]] = {}
    for n in walk(body):
        if isinstance(n, Store) and n.buffer in totals:
            found = accumulation(n)
            ops.setdefault(n.buffer, set()).add(found[0] if found else "add")
    return all(len(o) == 1 for o in ops.values())


def _fused(s: Store) -> bool:
    """``acc = fma(a, b, acc)``."""
    e = s.value
    if not isinstance(e, Apply) or e.function != "fma" or e.args[2] != Load(s.buffer, s.index, e.dtype):
        return False
    return not any(s.buffer in buffers_read(a) for a in e.args[:2])


def _touches(s: Node, name: str) -> bool:
    return name in buffers_read(s) or name in buffers_written(s)
