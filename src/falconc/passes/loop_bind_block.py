"""A body of several dependent parts in one block: independent loops dealt to its threads, barriers between parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from falconc.ir import types
from falconc.ir.nodes import (
    SERIAL,
    Alloc,
    Barrier,
    Binary,
    Body,
    Break,
    Cast,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Launch,
    Let,
    Return,
    Stmt,
    Var,
    While,
    parallel,
)
from falconc.ir.types import DType
from falconc.ir.walk import bound_names, buffers_read, buffers_written, variables, walk
from falconc.passes.independent import is_independent
from falconc.platform import Platform

_ONE = Const(1, types.I32)
_THREADS = 256
_THREAD = "tx"


def bind(kernel: Kernel, platform: Platform, threads: int) -> Kernel | None:
    """``kernel`` in one block; None when it has no loop that threads could share."""
    count = min(threads or _THREADS, platform.limits.get("threads.block", 1024))
    taken = {p.name for p in kernel.params} | set(bound_names(kernel.body))
    thread = _THREAD
    while thread in taken:
        thread += "_"
    dealer = _Dealer(kernel, thread, count, buffers_written(kernel.body))
    if not any(dealer.is_shared(s) for s in kernel.body):
        return None
    front: list[Stmt] = []
    body = dealer.body(kernel.body, front)
    if dealer.needs_more_memory(platform):
        return None
    loop = For(thread, Const(0, types.I32), Const(count, types.I32), _ONE, _trimmed(body), parallel("thread.x"))
    return replace(kernel, body=(*front, loop), launch=Launch((_ONE, _ONE, _ONE), (count, 1, 1)))


@dataclass(slots=True)
class _Dealer:
    """Deals a body out to ``count`` threads."""

    kernel: Kernel
    thread: str
    count: int
    written: set[str]
    shared_bytes: int = 0

    def is_shared(self, s: Stmt) -> bool:
        """Whether threads can share the work of ``s``: an independent loop, or uniform control around one."""
        match s:
            case For():
                if is_independent(self.kernel, s):
                    return True
                return self._is_uniform(s.lo, s.hi, s.step) and self._all_plain(s.body)
            case If():
                return self._is_uniform(s.cond) and (self._all_plain(s.then) or self._all_plain(s.orelse))
            case _:
                return False

    def _all_plain(self, body: Body) -> bool:
        """Something to share, and nothing that leaves the body early."""
        leaves = any(isinstance(n, Break | Return | While) for n in walk(body))
        return not leaves and any(self.is_shared(s) for s in body)

    def _is_uniform(self, *bounds: Expr) -> bool:
        """All threads see the same value, at any time: nothing the kernel writes is read."""
        return all(not buffers_read(b) & self.written for b in bounds)

    def body(self, body: Body, front: list[Stmt]) -> Body:
        """``body`` for one thread; arrays that the parts share go to ``front``, the block's own level."""
        out: list[Stmt] = []
        serial: list[Stmt] = []
        for place, s in enumerate(body):
            if isinstance(s, Alloc):
                front.append(replace(s, buffer=replace(s.buffer, space="shared")))
                self._count(s)
            elif isinstance(s, Let) and not buffers_read(s.value) & self.written:
                out.append(s)
            elif self.is_shared(s):
                self._flush(serial, out)
                out.append(self._dealt(s, front))
                if isinstance(s, For) and is_independent(self.kernel, s):
                    out.append(Barrier())
            else:
                serial.append(s)
                if isinstance(s, Let) and _is_read(s.name, body[place + 1 :]):
                    self._publish(s, serial, out)
        self._flush(serial, out)
        return tuple(out)

    def _count(self, s: Alloc) -> None:
        size = s.buffer.dtype.size
        for extent in s.buffer.shape:
            size *= int(extent.value) if isinstance(extent, Const) else 1 << 40
        self.shared_bytes += size

    def needs_more_memory(self, platform: Platform) -> bool:
        return self.shared_bytes > platform.limits.get("shared.static", 48 * 1024)

    def _publish(self, let: Let, serial: list[Stmt], out: list[Stmt]) -> None:
        """A value read from memory that later parts use: every thread reads it between two barriers."""
        serial.pop()
        self._flush(serial, out)
        out += [let, Barrier()]

    def _flush(self, serial: list[Stmt], out: list[Stmt]) -> None:
        """What was not shared is done by thread 0."""
        if serial:
            first = Binary("eq", Var(self.thread, types.I32), Const(0, types.I32))
            out += [If(first, tuple(serial)), Barrier()]
            serial.clear()

    def _dealt(self, s: Stmt, front: list[Stmt]) -> Stmt:
        match s:
            case For() if is_independent(self.kernel, s):
                start = _as(s.dtype, Var(self.thread, types.I32))
                first = start if s.step == Const(1, s.dtype) else Binary("mul", start, s.step)
                lo = first if s.lo == Const(0, s.dtype) else Binary("add", s.lo, first)
                count = Const(self.count, s.dtype)
                step = _folded(count, s.step)
                return replace(s, lo=lo, step=step, kind=SERIAL)
            case For():
                return replace(s, body=self.body(s.body, front), kind=SERIAL)
            case If():
                return replace(s, then=self.body(s.then, front), orelse=self.body(s.orelse, front))
            case _:
                return s


def _folded(count: Const, step: Expr) -> Expr:
    if isinstance(step, Const):
        return Const(int(count.value) * int(step.value), step.dtype)
    return Binary("mul", count, step)


def _trimmed(body: Body) -> Body:
    """Nothing follows the last barrier."""
    return body[:-1] if body and isinstance(body[-1], Barrier) else body


def _is_read(name: str, rest: Body) -> bool:
    return name in variables(rest)


def _as(dtype: DType, e: Expr) -> Expr:
    return e if e.dtype == dtype else Cast(dtype, e)
