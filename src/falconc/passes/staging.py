"""Undoes staging: a read of shared memory becomes the value that some thread put there, where that is one value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from falconc.analysis.uniformity import synchronisations
from falconc.ir.nodes import (
    Alloc,
    Apply,
    Body,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Let,
    Load,
    Node,
    Select,
    Stmt,
    Store,
    Update,
    View,
    While,
)
from falconc.ir.walk import buffers_read, buffers_written, rewrite, substitute, variables, walk
from falconc.passes import Pass
from falconc.passes.barriers import drop_idle_barriers
from falconc.passes.conditions import conjunction
from falconc.passes.polynomial import Facts
from falconc.passes.reindex import tidy, within
from falconc.passes.thread_program import ThreadProgram, inline_indices, lets_of, map_expressions, map_parts, of_kernel
from falconc.passes.writers import Write, solve, writes_in
from falconc.platform import Platform


@dataclass(frozen=True, slots=True)
class UndoStaging(Pass):
    """Remove shared buffers that only hand on values of memory that the kernel does not write.

    Before: ``s[ty*16 + tx] = A[row*K + t*16 + tx]; barrier; ... s[ty*16 + kk]``. After: ``A[row*K + t*16 + kk]``,
    and no barrier. The writer of the cell that is read is found by solving the index of the write for the thread.
    Leaves a buffer alone where a cell may hold a value from another round, or the value is costly to compute again.
    Exact for programs without data races.
    """

    name: ClassVar[str] = "undo-staging"

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        program = of_kernel(kernel)
        if program is None:
            return kernel
        program = replace(program, body=inline_indices(program.body)[0])
        changed = True
        while changed:
            changed = False
            for buffer in _shared(program):
                undone = _Undo(buffer, program).run()
                if undone is not None:
                    program, changed = undone, True
        return replace(program, body=drop_idle_barriers(program.body)).kernel(kernel)

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        if cls().apply(kernel, platform) != kernel:
            yield cls()


def _shared(program: ThreadProgram) -> list[str]:
    found = [n.buffer.name for n in walk((*program.front, *program.body)) if isinstance(n, Alloc)]
    shared = {n.buffer.name for n in walk((*program.front, *program.body)) if isinstance(n, Alloc) and _is_shared(n)}
    viewed = {n.base for n in walk((*program.front, *program.body)) if isinstance(n, View)}
    return [b for b in found if b in shared and b not in viewed]


def _is_shared(s: Alloc) -> bool:
    return s.buffer.space == "shared"


class _NotUnique(Exception):
    """A read that no single write explains."""


class _Undo:
    def __init__(self, buffer: str, program: ThreadProgram) -> None:
        self.buffer = buffer
        self.program = program
        self.lets = lets_of(program.body)
        written = buffers_written(program.body)
        private = {n.buffer.name for n in walk(program.body) if isinstance(n, Alloc | View)}
        shared = {n.buffer.name for n in walk(program.front) if isinstance(n, Alloc | View)}
        self.changing = written | private | shared

    def run(self) -> ThreadProgram | None:
        body = self.program.body
        touching = [n for n in walk(body) if isinstance(n, Update) and n.buffer == self.buffer]
        if touching:
            return None
        try:
            new = self._home(body, self.program.facts, False)
        except _NotUnique:
            return None
        gone: Body = rewrite((*self.program.front,), self._declaration)
        new = rewrite(new, self._declaration)
        return replace(self.program, front=gone, body=_without_empty(new))

    def _declaration(self, n: Node) -> Node | Body:
        match n:
            case Alloc() if n.buffer.name == self.buffer:
                return ()
            case Store() if n.buffer == self.buffer:
                return ()
            case _:
                return n

    def _touches(self, s: Stmt) -> bool:
        return self.buffer in buffers_read(s) | buffers_written(s)

    def _home(self, body: Body, facts: Facts, repeated: bool) -> Body:
        """Descends to the list in which the writes and the reads stand, and replaces the reads."""
        mine = [k for k, s in enumerate(body) if self._touches(s)]
        if len(mine) == 1 and synchronisations(s := body[mine[0]]):
            at = mine[0]
            match s:
                case For():
                    inner: Stmt = replace(s, body=self._home(s.body, within(s, facts), True))
                case While():
                    inner = replace(s, body=self._home(s.body, facts, True))
                case If() if not any(self._touches(t) for t in s.orelse):
                    inner = replace(s, then=self._home(s.then, facts.with_cond(s.cond), repeated))
                case _:
                    raise _NotUnique
            return (*body[:at], inner, *body[at + 1 :])
        return self._replaced(body, mine, facts, repeated)

    def _replaced(self, body: Body, mine: list[int], facts: Facts, repeated: bool) -> Body:
        out = list(body)
        writes: list[Write] = []
        for k in mine:
            s = body[k]
            reads, stores = self.buffer in buffers_read(s), self.buffer in buffers_written(s)
            if reads and stores:
                raise _NotUnique
            if stores:
                if synchronisations(s):
                    raise _NotUnique
                writes += self._movable(s)
                continue
            if not writes:
                raise _NotUnique
            now = tuple(writes)

            def visit(e: Expr, here: Facts, now: tuple[Write, ...] = now) -> Expr:
                return map_parts(e, here, lambda n, inner: self._read(n, inner, now, repeated))

            (out[k],) = map_expressions((s,), facts, visit)
        return tuple(out)

    def _movable(self, s: Stmt) -> list[Write]:
        """The writes in ``s``, if their values can be computed at any later time."""
        found = writes_in(s, self.buffer, self.program.threads, self.lets)
        if found is None:
            raise _NotUnique
        for w in found:
            for e in (w.value, w.index, *w.guards):
                if buffers_read(e) & self.changing or any(isinstance(n, Apply) for n in walk(e)):
                    raise _NotUnique
        return found

    def _read(self, e: Expr, facts: Facts, writes: tuple[Write, ...], repeated: bool) -> Expr:
        if not isinstance(e, Load) or e.buffer != self.buffer or len(e.index) != 1:
            return e
        index = substitute(e.index[0], self.lets) if not self._changes(e.index[0]) else e.index[0]
        result: Expr | None = None
        chain: list[tuple[Expr, Expr]] = []
        for w in reversed(writes):
            solved = solve(w, index, facts)
            if solved is None:
                raise _NotUnique
            values, conds = solved
            value = tidy(substitute(w.value, values), facts)
            guards = [tidy(substitute(g, values), facts) for g in w.guards]
            open_conds = [c for c in (*conds, *guards) if facts.decides(c) is not True]
            if any(facts.decides(c) is False for c in open_conds):
                continue
            if not open_conds:
                result = value
                break
            cond = conjunction(open_conds)
            assert cond is not None
            chain.append((cond, value))
        if result is None:
            if repeated or not chain:
                raise _NotUnique
            result = Const(0, e.dtype)
        for cond, value in reversed(chain):
            result = Select(cond, value, result) if value != result else result
        return result

    def _changes(self, e: Expr) -> bool:
        return bool(buffers_read(substitute(e, self.lets)))


def _without_empty(body: Body) -> Body:
    """Loops and branches in which nothing is left vanish, and so do Lets that nobody reads."""

    def visit(n: Node) -> Node | Body:
        match n:
            case For() if not n.body:
                return ()
            case If() if not n.then and not n.orelse:
                return ()
            case _:
                return n

    while True:
        new: Body = rewrite(body, visit)
        used = variables(new)
        new = rewrite(new, lambda n, used=used: () if isinstance(n, Let) and n.name not in used else n)
        if new == body:
            return new
        body = new
