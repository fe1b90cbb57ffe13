"""Parallelise: outer independent loops run on the cores of a CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from falconc.errors import Refused
from falconc.ir.nodes import SERIAL, Body, Const, For, If, Kernel, Load, Stmt, Store, Update, While, parallel
from falconc.ir.walk import variables, walk
from falconc.passes import Pass, atomics
from falconc.passes.independent import is_independent
from falconc.platform import Platform

_CORE = parallel("core")
# Starting a parallel region costs about 5 us (libgomp, 2 cores): a loop with fewer memory accesses is faster alone.
_WORTH_ACCESSES = 4096
# An atomic update of a contended cell costs about as much as 16 accesses to the cache.
_RARE = 16


@dataclass(frozen=True, slots=True)
class Parallelise(Pass):
    """Run the outermost independent loops on the cores.

    Before::

        for i (data): for j (data): ...

    After::

        for i (core): for j (core): ...      both, where the nest is perfect; else i alone

    Parameters: loop: the one loop to run on the cores; empty chooses the outermost independent loops that have enough
    work. Independent loops that stay on one core become serial, and atomic updates outside loops on cores plain ones;
    a loop most of whose work is atomic updates stays on one core.

    Refuses: no such loop, or its iterations depend on each other. Exact: every iteration is carried out once.
    """

    name: ClassVar[str] = "parallelise"
    loop: str = ""

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        if self.loop:
            return self._one(kernel)
        return replace(kernel, body=atomics.plain(_chosen(kernel, kernel.body)))

    def _one(self, kernel: Kernel) -> Kernel:
        found = [n for n in walk(kernel.body) if isinstance(n, For) and n.var == self.loop]
        if not found:
            raise Refused(f"no loop '{self.loop}' in '{kernel.name}'")
        if not _may_run_on_cores(kernel, found[0]):
            raise Refused(f"iterations of loop '{self.loop}' depend on each other", where=found[0].where)

        def visit(s: Stmt) -> Stmt:
            return _on_cores(kernel, s) if isinstance(s, For) and s.var == self.loop else _inside(s, visit_body)

        def visit_body(body: Body) -> Body:
            return tuple(visit(s) for s in body)

        return replace(kernel, body=atomics.plain(visit_body(kernel.body)))

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        """The choice, and every independent loop by itself."""
        yield cls()
        for n in walk(kernel.body):
            if isinstance(n, For) and _may_run_on_cores(kernel, n):
                yield cls(n.var)


def _chosen(kernel: Kernel, body: Body) -> Body:
    """``body`` with its outermost independent loops on the cores where that is worth it."""

    def visit(s: Stmt) -> Stmt:
        if isinstance(s, For) and _may_run_on_cores(kernel, s):
            return _on_cores(kernel, s) if _work(s) >= _WORTH_ACCESSES else _serial(s)
        return _inside(s, lambda inner: _chosen(kernel, inner))

    return tuple(visit(s) for s in body)


def _may_run_on_cores(kernel: Kernel, loop: For) -> bool:
    """Whether iterations are independent and meet in atomic updates, if at all, only now and then."""
    if not is_independent(kernel, loop):
        return False
    meeting = atomics.concurrent(loop)
    if not all(map(atomics.is_simple, meeting)):
        return False
    return not meeting or _work(loop, {id(u) for u in meeting}) * _RARE <= _work(loop)


def _inside(s: Stmt, visit: Callable[[Body], Body]) -> Stmt:
    match s:
        case For():
            kind = SERIAL if s.kind.axis in ("data", "core") else s.kind
            return replace(s, body=visit(s.body), kind=kind)
        case While():
            return replace(s, body=visit(s.body))
        case If():
            return replace(s, then=visit(s.then), orelse=visit(s.orelse))
        case _:
            return s


def _on_cores(kernel: Kernel, loop: For) -> For:
    """The loop, and the ones perfectly nested in it whose bounds do not depend on it, on the cores."""
    outer = {loop.var}
    nested = loop.body[0] if len(loop.body) == 1 else None
    if isinstance(nested, For) and is_independent(kernel, nested):
        free = not (variables(nested.lo) | variables(nested.hi) | variables(nested.step)) & outer
        if free and _is_narrow(loop):
            return replace(loop, kind=_CORE, body=(_on_cores(kernel, nested),))
    return replace(loop, kind=_CORE, body=tuple(_serial(s) for s in loop.body))


def _is_narrow(loop: For) -> bool:
    """Whether the loop alone may have too few iterations for the cores of a big machine."""
    return not isinstance(loop.hi, Const) or _trips(loop) < 256


def _serial(s: Stmt) -> Stmt:
    return _inside(s, lambda body: tuple(_serial(inner) for inner in body))


def _work(loop: For, of: set[int] | None = None) -> int:
    """Memory accesses of all iterations (or those of the statements ``of`` alone); a loop with an unknown extent counts
    as large."""
    inner = sum(_cost(s, of) for s in loop.body)
    return _trips(loop) * (inner if of is not None else max(1, inner))


def _cost(s: Stmt, of: set[int] | None) -> int:
    match s:
        case For():
            return _work(s, of)
        case While():
            return sum(_cost(t, of) for t in s.body) * _WORTH_ACCESSES
        case If():
            return sum(_cost(t, of) for t in (*s.then, *s.orelse))
        case _ if of is not None:
            return int(id(s) in of)
        case _:
            return sum(isinstance(n, Load | Store | Update) for n in walk(s))


def _trips(loop: For) -> int:
    if isinstance(loop.lo, Const) and isinstance(loop.hi, Const) and isinstance(loop.step, Const):
        return max(0, -(-(int(loop.hi.value) - int(loop.lo.value)) // int(loop.step.value)))
    return _WORTH_ACCESSES
