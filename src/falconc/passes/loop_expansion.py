"""Loop expansion: sums that walk across memory keep a strip of totals, so that the innermost loop walks along it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from falconc.errors import Refused
from falconc.ir.nodes import (
    SERIAL,
    Alloc,
    Binary,
    Body,
    Buffer,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Let,
    Load,
    Node,
    Stmt,
    Store,
    Update,
    Var,
    View,
    While,
    parallel,
)
from falconc.ir.walk import bound_names, buffers_read, buffers_written, rewrite, substitute, variables, walk
from falconc.passes import Pass
from falconc.passes.independent import is_independent
from falconc.passes.loop_bind_grid import stride
from falconc.passes.names import Names, again, readable
from falconc.passes.polynomial import Facts
from falconc.passes.reindex import tidy
from falconc.platform import Platform

_STRIP = 256  # totals of one strip: 1 KiB of f32 stays in the first-level cache next to what is added


@dataclass(frozen=True, slots=True)
class LoopExpansion(Pass):
    """Expand private totals over a strip of an independent loop and run the summing loop outside it.

    Before::

        for j: { s = 0; for k: s += a[k] * b[k * n + j]; c[j] = s }

    After::

        for j0 in steps of 256: { s[256]; for j: s[j] = 0;
            for k: for j: s[j] += a[k] * b[k * n + j0 + j];
            for j: c[j0 + j] = s[j] }

    Parameters: loop: the loop j; empty: every loop where memory is read along j but not along k.
    Refuses a loop that is not independent or does more than sum up. Exact: every total is summed in the same order.
    """

    name: ClassVar[str] = "loop-expansion"
    optional: ClassVar[bool] = True
    loop: str = ""

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        names = Names(kernel)
        changed = False

        def visit(body: Body) -> Body:
            out: list[Stmt] = []
            nonlocal changed
            for s in body:
                sum_ = _find(kernel, s) if not self.loop or (isinstance(s, For) and s.var == self.loop) else None
                if sum_ is not None and (self.loop or _pays(sum_)):
                    changed = True
                    out.append(_expanded(sum_, names))
                else:
                    out.append(_inside(s, visit))
            return tuple(out)

        body = visit(kernel.body)
        if self.loop and not changed:
            raise Refused(f"loop '{self.loop}' is no independent loop around a sum")
        return readable(replace(kernel, body=body)) if changed else kernel

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        for n in walk(kernel.body):
            if isinstance(n, For) and _find(kernel, n) is not None:
                yield cls(n.var)


def _inside(s: Stmt, visit: Callable[[Body], Body]) -> Stmt:
    match s:
        case For() | While():
            return replace(s, body=visit(s.body))
        case If():
            return replace(s, then=visit(s.then), orelse=visit(s.orelse))
        case _:
            return s


@dataclass(frozen=True, slots=True)
class _Sum:
    """``loop`` around: values, totals with their start, the summing loop, and what is done with the totals."""

    loop: For
    lets: tuple[Let, ...]
    totals: tuple[Alloc, ...]
    before: Body
    inner: For
    after: Body


def _find(kernel: Kernel, s: Stmt) -> _Sum | None:
    if not isinstance(s, For) or s.step != Const(1, s.dtype) or s.kind not in (SERIAL, parallel("data")):
        return None
    loops = [k for k, t in enumerate(s.body) if isinstance(t, For)]
    if len(loops) != 1 or any(isinstance(n, While | View | Update) for n in walk(s.body)):
        return None
    before, inner, after = s.body[: loops[0]], s.body[loops[0]], s.body[loops[0] + 1 :]
    assert isinstance(inner, For)
    totals = tuple(t for t in before if isinstance(t, Alloc))
    lets = tuple(t for t in before if isinstance(t, Let))
    starts = tuple(t for t in before if not isinstance(t, Alloc | Let))
    names = {t.buffer.name for t in totals}
    if not totals or any(t.buffer.shape for t in totals) or any(buffers_read(let) for let in lets):
        return None
    if not all(isinstance(t, Store) and t.buffer in names for t in starts):
        return None
    if not _adds_up(inner, names, s) or any(isinstance(n, For) for n in walk(after)):
        return None
    return _Sum(s, lets, totals, starts, inner, after) if is_independent(kernel, s) else None


def _adds_up(inner: For, names: set[str], loop: For) -> bool:
    """Whether the loop writes the totals alone, in rounds that are the same for all of ``loop``."""
    written = buffers_written(inner.body) - {n.buffer.name for n in walk(inner.body) if isinstance(n, Alloc)}
    if not written or not written <= names or inner.kind.name == "parallel":
        return False
    inside = {loop.var, *bound_names(loop.body)}
    bounds = (inner.lo, inner.hi, inner.step)
    return not variables(bounds) & inside and not buffers_read(bounds) & (buffers_written(loop.body) | names)


def _pays(s: _Sum) -> bool:
    """Whether memory is read along the outer loop, and somewhere not along the inner one."""
    if (_extent(s.loop) or _STRIP) < 8:
        return False
    values = {let.name: let.value for let in s.lets}
    nest, _ = _nest(s.inner)
    across = False
    for n in walk(s.inner.body):
        if isinstance(n, Let):
            values[n.name] = n.value
        if isinstance(n, Load) and n.index:
            outer, along = (stride(n.index[-1], loop.var, values) for loop in (s.loop, nest[-1]))
            if outer not in (0, 1):
                return False
            across |= outer == 1 and along not in (0, 1)
    return across


def _extent(loop: For) -> int | None:
    """How many iterations ``loop`` has, if that is known."""
    if isinstance(loop.hi, Const) and isinstance(loop.lo, Const):
        return max(1, int(loop.hi.value) - int(loop.lo.value))
    return None


def _nest(loop: For) -> tuple[list[For], Body]:
    """Loops directly inside each other whose bounds depend on none of each other's bodies, and the innermost body."""
    nest = [loop]
    while len(nest[-1].body) == 1 and isinstance(inner := nest[-1].body[0], For) and inner.kind.name != "parallel":
        nest.append(inner)
    return nest, nest[-1].body


def _expanded(s: _Sum, names: Names) -> For:
    dtype = s.loop.dtype
    extent = min(_STRIP, _extent(s.loop) or _STRIP)
    start = Var(names.fresh(f"{s.loop.var}0"), dtype)
    width = Var(names.fresh("width"), dtype)
    part = _Strip(s, start, width, names)
    arrays = tuple(Alloc(replace(t.buffer, shape=(Const(extent, dtype),)), where=t.where) for t in s.totals)
    starting = part.loop(s.before)
    nest, innermost = _nest(s.inner)
    adding: Body = part.loop(innermost)
    for loop in reversed(nest):
        adding = (replace(loop, body=adding, kind=SERIAL if loop.kind.name == "unrolled" else loop.kind),)
    left = Binary("min", Const(extent, dtype), Binary("sub", s.loop.hi, start))
    body: Body = (Let(width.name, left), *arrays, *starting, *adding, *part.loop(s.after))
    step = Const(extent, dtype)
    return For(start.name, s.loop.lo, s.loop.hi, step, body, s.loop.kind, where=s.loop.where)


@dataclass(slots=True)
class _Strip:
    sum: _Sum
    start: Var
    width: Var
    names: Names

    def loop(self, body: Body) -> Body:
        """``body`` for every element of the strip."""
        if not body:
            return ()
        loop, dtype = self.sum.loop, self.sum.loop.dtype
        j = Var(self.names.fresh("j"), dtype)
        here: Expr = Binary("add", self.start, j)
        whole: Body = again((*self.sum.lets, *body), self.names)
        whole = tidy(substitute(whole, {loop.var: here}), Facts())
        totals: dict[str, Buffer] = {t.buffer.name: t.buffer for t in self.sum.totals}

        def visit(n: Node) -> Node:
            if isinstance(n, Load | Store) and n.buffer in totals:
                return replace(n, index=(j,))
            return n

        zero, one = Const(0, dtype), Const(1, dtype)
        return (For(j.name, zero, self.width, one, rewrite(whole, visit)),)
