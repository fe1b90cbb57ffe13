"""A nest of independent loops spread over a grid of thread blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from falconc.ir import types
from falconc.ir.nodes import (
    SERIAL,
    Alloc,
    Binary,
    Body,
    Cast,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Launch,
    Let,
    Load,
    Select,
    Stmt,
    Store,
    Update,
    Var,
    parallel,
)
from falconc.ir.types import DType
from falconc.ir.walk import bound_names, buffers_read, buffers_written, substitute, variables, walk
from falconc.passes.independent import is_independent
from falconc.platform import Platform

_ONE = Const(1, types.I32)
_THREADS = 256
_WARP = 32


@dataclass(frozen=True, slots=True)
class Nest:
    """Independent loops, outermost first; ``wrappers`` are the declarations and guards between them, in order."""

    loops: tuple[For, ...]
    wrappers: tuple[Let | Alloc | If, ...]
    inner: Body


def bindable(kernel: Kernel) -> tuple[For, ...]:
    """The loops that a grid could run, outermost first; () when the body is not one nest."""
    nest = _nest(kernel)
    return nest.loops if nest else ()


def bind(kernel: Kernel, platform: Platform, x: int, y: int) -> Kernel | None:
    """``kernel`` with its nest on the grid; None when its body is not one nest of independent loops."""
    nest = _nest(kernel)
    if nest is None:
        return None
    fastest, second, others = _roles(nest)
    shape = _shape(nest, fastest, second, x, y)
    taken = {p.name for p in kernel.params} | set(bound_names(kernel.body))
    axes = _Axes(taken, platform)
    guards: dict[str, Expr] = {}
    lets: dict[str, Let] = {}
    for loop, coordinate, threads in ((fastest, "x", shape[0]), (second, "y", shape[1])):
        if loop is not None:
            lets[loop.var], guard = axes.spread(loop, coordinate, threads)
            if guard is not None:
                guards[loop.var] = guard
    outer, left = axes.outer(others)
    lets |= outer
    body = _wrapped(nest, [loop for loop in nest.loops if loop not in left], left, lets, guards)
    return axes.kernel(kernel, body, shape)


# --- finding the nest ----------------------------------------------------------------------------------------------


def _nest(kernel: Kernel) -> Nest | None:
    scalars = {p.name for p in kernel.scalars}
    written = buffers_written(kernel.body)
    loops: list[For] = []
    wrappers: list[Let | Alloc | If] = []
    known: dict[str, Expr] = {}
    body = kernel.body
    while True:
        front, rest = _declarations(body, written)
        if len(rest) != 1:
            break
        (only,) = rest
        if isinstance(only, If) and not only.orelse and loops_inside(only.then):
            if buffers_read(only.cond) & written:
                break
            wrappers += [*front, replace(only, then=())]
            body = only.then
        elif isinstance(only, For) and is_independent(kernel, only):
            bounds = tuple(substitute(b, known) for b in (only.lo, only.hi, only.step))
            if not _uniform(bounds, scalars):
                break
            wrappers += front
            loops.append(replace(only, lo=bounds[0], hi=bounds[1], step=bounds[2], body=()))
            body = only.body
        else:
            break
        for s in front:
            if isinstance(s, Let):
                known[s.name] = substitute(s.value, known)
    return Nest(tuple(loops), tuple(wrappers), body) if loops else None


def loops_inside(body: Body) -> bool:
    return any(isinstance(n, For) for n in walk(body))


def _declarations(body: Body, written: set[str]) -> tuple[list[Let | Alloc], Body]:
    """The declarations in front that may move into every iteration: their values do not change meanwhile."""
    front: list[Let | Alloc] = []
    for place, s in enumerate(body):
        if not isinstance(s, Let | Alloc) or (isinstance(s, Let) and buffers_read(s.value) & written):
            return front, body[place:]
        front.append(s)
    return front, ()


def _uniform(bounds: tuple[Expr, ...], scalars: set[str]) -> bool:
    """Whether the host can compute the bounds before the launch."""
    return all(variables(b) <= scalars and not buffers_read(b) for b in bounds)


# --- which loop goes where -----------------------------------------------------------------------------------------


def _roles(nest: Nest) -> tuple[For, For | None, list[For]]:
    """thread.x: the loop with the most accesses to neighbouring elements, the inner one of equals."""
    best = max(enumerate(nest.loops), key=lambda pair: (_contiguity(nest, pair[1].var), pair[0]))[1]
    rest = [loop for loop in nest.loops if loop is not best]
    return best, (rest[-1] if rest else None), rest[:-1]


def _contiguity(nest: Nest, var: str) -> int:
    """Accesses along memory count for a loop, strided ones against it; a store counts twice."""
    score = 0
    for weight, step in _strides(nest, var):
        score += weight if step == 1 else 0 if step == 0 else -weight
    return score


def _strides(nest: Nest, var: str) -> list[tuple[int, int | None]]:
    values = {n.name: n.value for s in (*nest.wrappers, *nest.inner) for n in walk(s) if isinstance(n, Let)}
    private = {n.buffer.name for s in (*nest.wrappers, *nest.inner) for n in walk(s) if isinstance(n, Alloc)}
    out: list[tuple[int, int | None]] = []
    for s in nest.inner:
        for n in walk(s):
            if isinstance(n, Load | Store | Update) and n.index and n.buffer not in private:
                out.append((1 if isinstance(n, Load) else 2, stride(n.index[-1], var, values)))
    return out


def stride(e: Expr, var: str, values: dict[str, Expr]) -> int | None:
    """By how much ``e`` grows when ``var`` grows by one: 0 when it does not depend on it, None when not a constant."""
    match e:
        case Var(name=name):
            return 1 if name == var else stride(values[name], var, values) if name in values else 0
        case Cast(operand=operand):
            return stride(operand, var, values)
        case Binary("add" | "sub" as op, left, right):
            a, b = stride(left, var, values), stride(right, var, values)
            return None if a is None or b is None else a + b if op == "add" else a - b
        case Binary("mul", left, right):
            a, b = stride(left, var, values), stride(right, var, values)
            if a == 0 and b == 0:
                return 0
            factor, grown = (left, b) if a == 0 else (right, a)
            return int(factor.value) * grown if isinstance(factor, Const) and grown is not None else None
        case Const():
            return 0
        case _:
            return 0 if not _depends(e, var, values) else None


def _depends(e: Expr, var: str, values: dict[str, Expr]) -> bool:
    names = variables(e)
    return var in names or any(_depends(values[n], var, values) for n in names if n in values)


# --- the shape of a block ------------------------------------------------------------------------------------------


def _shape(nest: Nest, fastest: For, second: For | None, x: int, y: int) -> tuple[int, int]:
    if second is None:
        return x * max(y, 1) or min(_THREADS, max(_WARP, _rounded(fastest))), 1
    if x:
        return x, y or max(1, _THREADS // x)
    both = any(step == 1 for _, step in _strides(nest, second.var))
    width = min(16 if both else 32, _rounded(fastest))
    height = min(_THREADS // width, _rounded(second))
    if height < _THREADS // width:
        width = min(_THREADS // height, _rounded(fastest))
    return width, height


def _rounded(loop: For) -> int:
    """The smallest power of two that covers a constant extent; a whole block for other extents."""
    extent = _extent(loop)
    if not isinstance(extent, Const):
        return _THREADS
    return min(_THREADS, 1 << max(0, int(extent.value) - 1).bit_length())


# --- building ------------------------------------------------------------------------------------------------------


class _Axes:
    """The axes of one launch while they are put together."""

    def __init__(self, taken: set[str], platform: Platform) -> None:
        self._taken = taken
        self._limits = platform.limits
        self._loops: list[tuple[str, str, Expr]] = []
        self._grid: dict[str, Expr] = {"x": _ONE, "y": _ONE, "z": _ONE}

    def _fresh(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

    def spread(self, loop: For, coordinate: str, threads: int) -> tuple[Let, Expr | None]:
        """The loop variable from block and thread, and the guard for the tail."""
        extent, dtype = _extent(loop), loop.dtype
        blocks = ceil_div(_launched(loop), threads)
        self._grid[coordinate] = blocks
        block, thread = self._fresh(f"b{coordinate}"), self._fresh(f"t{coordinate}")
        self._loops += [(f"block.{coordinate}", block, blocks)]
        self._loops += [(f"thread.{coordinate}", thread, Const(threads, dtype))]
        scaled = Binary("mul", Var(block, dtype), Const(threads, dtype))
        number = Binary("add", scaled, Var(thread, dtype))
        full = isinstance(extent, Const) and int(extent.value) % threads == 0
        guard = None if full else Binary("lt", Var(loop.var, dtype), loop.hi)
        return Let(loop.var, _iteration(loop, number), where=loop.where), guard

    def outer(self, loops: list[For]) -> tuple[dict[str, Let], list[For]]:
        """The remaining loops share block.z (outermost ones that would pass its limit stay loops)."""
        lets: dict[str, Let] = {}
        kept = list(loops)
        chosen: list[For] = []
        size = 1
        while kept:
            extent = _extent(kept[-1])
            size *= int(extent.value) if isinstance(extent, Const) else 1
            if size > self._limits.get("grid.z", 65535):
                break
            chosen.insert(0, kept.pop())
        if not chosen:
            return lets, kept
        if len(chosen) == 1 and _counts(chosen[0]):
            (loop,) = chosen
            self._grid["z"] = _launched(loop)
            self._loops.append(("block.z", loop.var, self._grid["z"]))
            return lets, kept
        name, rest, blocks = self._fresh("bz"), None, None
        for place, loop in reversed(list(enumerate(chosen))):
            dtype = loop.dtype
            index: Expr = _as(dtype, Var(name, chosen[0].dtype))
            if rest is not None:
                index = Binary("div", index, _as(dtype, rest))
            if place > 0:
                index = Binary("mod", index, _extent(loop))
            lets[loop.var] = Let(loop.var, _iteration(loop, index), where=loop.where)
            rest = _extent(loop) if rest is None else product(_extent(loop), rest)
            blocks = _launched(loop) if blocks is None else product(_launched(loop), blocks)
        assert blocks is not None
        self._grid["z"] = _as(chosen[0].dtype, blocks)
        self._loops.append(("block.z", name, self._grid["z"]))
        return lets, kept

    def kernel(self, kernel: Kernel, body: Body, shape: tuple[int, int]) -> Kernel:
        order = ("block.z", "block.y", "block.x", "thread.z", "thread.y", "thread.x")
        for axis, name, extent in sorted(self._loops, key=lambda item: -order.index(item[0])):
            zero, one = Const(0, extent.dtype), Const(1, extent.dtype)
            body = (For(name, zero, extent, one, body, parallel(axis)),)
        launch = Launch((self._grid["x"], self._grid["y"], self._grid["z"]), (*shape, 1))
        return replace(kernel, body=body, launch=launch)


def _wrapped(nest: Nest, bound: list[For], left: list[For], lets: dict[str, Let], guards: dict[str, Expr]) -> Body:
    """Indices first, then the guards, then what stood between the loops, then the innermost body."""
    body = nest.inner
    for wrapper in reversed(nest.wrappers):
        body = (replace(wrapper, then=body),) if isinstance(wrapper, If) else (wrapper, *body)
    for loop in reversed(left):
        body = (replace(loop, body=body, kind=SERIAL),)
    conditions = [guards[loop.var] for loop in bound if loop.var in guards]
    if conditions:
        whole = conditions[0]
        for condition in conditions[1:]:
            whole = Binary("land", whole, condition)
        body = (If(whole, body),)
    front: list[Stmt] = [lets[loop.var] for loop in bound if loop.var in lets]
    return (*front, *body)


def _counts(loop: For) -> bool:
    return loop.lo == Const(0, loop.dtype) and loop.step == Const(1, loop.dtype)


def _launched(loop: For) -> Expr:
    """How many iterations the loop has; none where the bounds are the wrong way round."""
    zero = Const(0, loop.dtype)
    span = loop.hi if loop.lo == zero else _difference(loop.hi, loop.lo)
    if not isinstance(span, Const):
        if loop.dtype.is_signed:
            span = Binary("max", span, zero)
        elif loop.lo != zero:
            span = Select(Binary("lt", loop.lo, loop.hi), span, zero)
    return span if loop.step == Const(1, loop.dtype) else ceil_div(span, loop.step)


def _extent(loop: For) -> Expr:
    """How many iterations the loop has (for lo <= hi)."""
    span = loop.hi if loop.lo == Const(0, loop.dtype) else _difference(loop.hi, loop.lo)
    return span if loop.step == Const(1, loop.dtype) else ceil_div(span, loop.step)


def _iteration(loop: For, number: Expr) -> Expr:
    """The loop variable in iteration ``number``."""
    scaled = number if loop.step == Const(1, loop.dtype) else Binary("mul", number, loop.step)
    return scaled if loop.lo == Const(0, loop.dtype) else Binary("add", loop.lo, scaled)


def _difference(a: Expr, b: Expr) -> Expr:
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(int(a.value) - int(b.value), a.dtype)
    return Binary("sub", a, b)


def product(a: Expr, b: Expr) -> Expr:
    a, b = (a, _as(a.dtype, b)) if a.dtype.bits >= b.dtype.bits else (_as(b.dtype, a), b)
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(int(a.value) * int(b.value), a.dtype)
    return Binary("mul", a, b)


def ceil_div(a: Expr, by: int | Expr) -> Expr:
    """a / by, rounded up."""
    divisor = Const(by, a.dtype) if isinstance(by, int) else by
    if isinstance(a, Const) and isinstance(divisor, Const):
        return Const(-(-int(a.value) // int(divisor.value)), a.dtype)
    if divisor == Const(1, a.dtype):
        return a
    less = Const(int(divisor.value) - 1, a.dtype) if isinstance(divisor, Const) else None
    up = Binary("add", a, less if less is not None else Binary("sub", divisor, Const(1, a.dtype)))
    return Binary("div", up, divisor)


def _as(dtype: DType, e: Expr) -> Expr:
    if isinstance(e, Const):
        return Const(e.value, dtype)
    return e if e.dtype == dtype else Cast(dtype, e)
