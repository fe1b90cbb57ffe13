"""Reductions among threads: whatever exchange computes one, it becomes one loop over the threads' parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from falconc.analysis import uniformity
from falconc.analysis.uniformity import Uniformity, synchronisations
from falconc.ir.nodes import (
    Alloc,
    Body,
    Collective,
    Const,
    For,
    If,
    Kernel,
    Let,
    Load,
    Node,
    Stmt,
    Store,
    Update,
    While,
)
from falconc.ir.walk import buffers_read, buffers_written, rewrite, variables, walk
from falconc.passes import Pass
from falconc.passes.lockstep import Lockstep, NotFollowed
from falconc.passes.names import Names
from falconc.passes.reduction_values import lower, recognise
from falconc.passes.thread_program import ThreadProgram, inline_indices, of_kernel
from falconc.platform import Platform

_MOST_THREADS = 1024


@dataclass(frozen=True, slots=True)
class Reductions(Pass):
    """Replace exchanges that add up the parts of all threads (or of the lanes of a group) by a loop over the parts.

    Before: butterflies of shuffles, trees in shared memory, both in two stages. After: one lane exchange over the
    block (or group) and a serial loop. Found by running the exchange for all threads with symbols for their parts
    and looking at what every thread holds afterwards: each part exactly once, under one operation.
    Leaves alone what is no such sum. Exact but for the order of sums, for programs without data races.
    """

    name: ClassVar[str] = "reductions"

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        program = of_kernel(kernel)
        if program is None:
            return kernel
        program = replace(program, body=inline_indices(program.body)[0])
        banned: set[str] = set()
        while True:
            search = _Search(program, Names(kernel), banned)
            body = search.body(program.body, 0)
            left = {n.buffer for n in walk(body) if isinstance(n, Load | Store | Update)} & search.emptied
            if not left:
                break
            banned |= left
        front = rewrite(program.front, lambda n: () if _declares(n, search.emptied) else n)
        body = rewrite(body, lambda n: () if _declares(n, search.emptied) else n)
        return replace(program, front=front, body=body).kernel(kernel)

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        if cls().apply(kernel, platform) != kernel:
            yield cls()


def _declares(n: Node, names: set[str]) -> bool:
    return isinstance(n, Alloc) and n.buffer.name in names


@dataclass(slots=True)
class _Search:
    """Looks through the lists of a thread program. ``emptied``: shared buffers whose uses were all replaced."""

    program: ThreadProgram
    names: Names
    banned: set[str]
    emptied: set[str] = field(default_factory=set[str])
    uniform: Uniformity = field(init=False)
    shared: set[str] = field(init=False)

    def __post_init__(self) -> None:
        body = self.program.body
        self.uniform = uniformity.of_group(body, [t.var for t in self.program.threads])
        declared = {n.buffer.name: n.buffer.space for n in walk((*self.program.front, *body)) if isinstance(n, Alloc)}
        self.shared = {name for name, space in declared.items() if space == "shared"}

    @property
    def axes(self) -> list[tuple[str, int]] | None:
        out: list[tuple[str, int]] = []
        total = 1
        for t in self.program.threads:
            if not isinstance(t.hi, Const):
                return None
            out.append((t.var, int(t.hi.value)))
            total *= out[-1][1]
        return out if total <= _MOST_THREADS else None

    def body(self, body: Body, depth: int) -> Body:
        """``body`` with its exchanges replaced; all threads of the block take part in it."""
        out: list[Stmt] = []
        rest = body
        while rest:
            first = self._first(rest)
            if first is None:
                return (*out, *rest)
            found = self._window(rest, first, depth)
            if found is None:
                out += [*rest[:first], self._inside(rest[first], depth)]
                rest = rest[first + 1 :]
            else:
                start, new, after = found
                out += [*rest[:start], *new]
                rest = after
        return tuple(out)

    def _first(self, body: Body) -> int | None:
        for k, s in enumerate(body):
            if synchronisations(s) or (buffers_read(s) | buffers_written(s)) & self.shared:
                return k
        return None

    def _inside(self, s: Stmt, depth: int) -> Stmt:
        if not synchronisations(s):
            return s
        match s:
            case For() if all(self.uniform.is_uniform(e) for e in (s.lo, s.hi, s.step)):
                return replace(s, body=self.body(s.body, depth + 1))
            case While() if self.uniform.is_uniform(s.cond):
                return replace(s, body=self.body(s.body, depth + 1))
            case If() if self.uniform.is_uniform(s.cond):
                return replace(s, then=self.body(s.then, depth), orelse=self.body(s.orelse, depth))
            case _:
                return s

    def _window(self, body: Body, first: int, depth: int) -> tuple[int, Body, Body] | None:
        """(start, what replaces body[start:end], what follows) for the longest part that is a reduction."""
        axes = self.axes
        if axes is None:
            return None
        start = first
        while start and _is_setup(body[start - 1]):
            start -= 1
        width = max((n.width for n in walk(body) if isinstance(n, Collective)), default=32)
        private = {n.buffer.name for n in walk(self.program.body) if isinstance(n, Alloc)} - self.shared
        private -= {n.buffer.name for n in walk(body[start:]) if isinstance(n, Alloc)}
        run = Lockstep(axes, self.shared - self.banned, private, width)
        best: tuple[int, Body, Body] | None = None
        for end in range(start, len(body)):
            try:
                run.run(body[end])
            except NotFollowed:
                break
            if end >= first and synchronisations(body[start : end + 1]):
                best = self._replaced(body, start, end + 1, run, depth) or best
        return best

    def _replaced(self, body: Body, start: int, end: int, run: Lockstep, depth: int) -> tuple[int, Body, Body] | None:
        window, after = body[start:end], body[end:]
        found = recognise(run, window, after, self._elsewhere(window), depth > 0)
        if found is None:
            return None
        new, after = lower(found, run, window, after, self.names)
        touched = (buffers_read(window) | buffers_written(window)) & self.shared
        self.emptied |= touched
        return start, new, after

    def _elsewhere(self, window: Body) -> set[str]:
        """Names used anywhere outside ``window``."""
        inside = {id(s) for s in window}
        found: set[str] = set()

        def look(body: Body) -> None:
            for s in body:
                if id(s) in inside:
                    continue
                match s:
                    case For() | While():
                        found.update(_names(replace(s, body=())))
                        look(s.body)
                    case If():
                        found.update(_names(s.cond))
                        look(s.then)
                        look(s.orelse)
                    case _:
                        found.update(_names(s))

        look(self.program.body)
        return found


def _names(n: Node) -> set[str]:
    return variables(n) | {m.buffer for m in walk(n) if isinstance(m, Load | Update)}


def _is_setup(s: Stmt) -> bool:
    """A declaration, or a constant put into a variable: the exchange may need to know it."""
    return isinstance(s, Alloc | Let) or (isinstance(s, Store) and isinstance(s.value, Const) and not s.index)
