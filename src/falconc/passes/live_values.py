"""Loop expansion: private values that live from one part of a thread program to another get one cell a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from falconc.errors import Unsupported
from falconc.ir.nodes import (
    Alloc,
    Body,
    Buffer,
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
from falconc.ir.walk import buffers_read, rewrite, substitute, variables, walk
from falconc.passes.names import Names
from falconc.passes.phases import Group, Part

T = TypeVar("T", bound=Node | Body)
Finish = Callable[[Group, Body], Body]


def expand(tree: Body, group: Group, names: Names, finish: Finish) -> Body:
    """``tree`` with every Part turned into a loop by ``finish``, and values that cross parts in arrays."""
    return _Expansion(group, names, finish).run(tree)


@dataclass(slots=True)
class _Expansion:
    group: Group
    names: Names
    finish: Finish
    arrays: set[str] = field(default_factory=set[str])  # private buffers and Lets that became arrays
    again: dict[str, Expr] = field(default_factory=dict[str, Expr])  # Lets computed again where they are used

    def run(self, tree: Body) -> Body:
        parts = [n for n in walk(tree) if isinstance(n, Part)]
        outside = _names_outside(tree)
        uses = [_names_in(p.body) for p in parts]
        for place, part in enumerate(parts):
            others = outside.union(*(u for k, u in enumerate(uses) if k != place))
            self._declarations(part, others)
        return self._list(tree)

    def _declarations(self, part: Part, others: set[str]) -> None:
        for s in part.body:
            match s:
                case Alloc() if s.buffer.name in others:
                    self.arrays.add(s.buffer.name)
                case Let() if self._is_cheap(s):
                    self.again[s.name] = substitute(s.value, self.again)
                case Let() if s.name in others:
                    self.arrays.add(s.name)
                case Update() if s.old in others:
                    self.arrays.add(s.old)
                case View() if s.buffer.name in others:
                    raise Unsupported(
                        "a pointer that differs between threads and lives across a barrier",
                        "compute it again after the barrier",
                        s.where,
                    )
                case _:
                    pass

    def _is_cheap(self, s: Let) -> bool:
        """A function of thread numbers and parameters only."""
        return s.value.dtype.is_integer and not buffers_read(s.value) and not variables(s.value) & self.arrays

    def _list(self, body: Body) -> Body:
        out: list[Stmt] = []
        for s in body:
            if isinstance(s, Part):
                out += self._part(s)
                continue
            match s:
                case For() | While():
                    inner = self._list(s.body)
                    out.append(replace(self._at_group(replace(s, body=())), body=inner))
                case If():
                    then, orelse = self._list(s.then), self._list(s.orelse)
                    out.append(replace(self._at_group(replace(s, then=(), orelse=())), then=then, orelse=orelse))
                case _:
                    out.append(self._at_group(s))
        return tuple(out)

    def _at_group(self, node: Stmt) -> Stmt:
        """In the group's own statements a private value is thread 0's."""
        zero = dict(zip((a.var for a in self.group.axes), self.group.zero, strict=True))
        return substitute(self._reading(substitute(node, self.again), self.group.zero), zero)

    def _reading(self, node: T, index: tuple[Expr, ...]) -> T:
        def visit(n: Node) -> Node:
            match n:
                case Load() | Store() | Update() if n.buffer in self.arrays:
                    return replace(n, index=(*index, *n.index))
                case Var() if n.name in self.arrays:
                    return Load(n.name, index, n.dtype)
                case _:
                    return n

        return rewrite(node, visit)

    def _part(self, part: Part) -> Body:
        """Arrays that the part declares, and the part as a loop."""
        front: list[Stmt] = []
        body: list[Stmt] = []
        for s in substitute(part.body, self.again):
            match s:
                case Alloc() if s.buffer.name in self.arrays:
                    front.append(replace(s, buffer=self._array(s.buffer)))
                case Let() if s.name in self.arrays:
                    front.append(Alloc(self._array(Buffer(s.name, s.value.dtype, (), "register"))))
                    body.append(Store(s.name, (), s.value, where=s.where))
                case Let() if s.name in self.again:
                    pass
                case Update() if s.old in self.arrays:
                    raise Unsupported(
                        "the old value of an atomic update, used after a barrier", "keep it in a variable", s.where
                    )
                case _:
                    body.append(s)
        inner = self._reading(tuple(body), self.group.index)
        return (*front, *self.finish(self.group, inner)) if inner else tuple(front)

    def _array(self, buffer: Buffer) -> Buffer:
        return replace(buffer, shape=(*self.group.extents, *buffer.shape))


def _names_in(node: Node | Body) -> set[str]:
    found: set[str] = set()
    for n in walk(node):
        match n:
            case Var():
                found.add(n.name)
            case Load() | Store() | Update():
                found.add(n.buffer)
            case View():
                found.add(n.base)
            case _:
                pass
    return found


def _names_outside(tree: Body) -> set[str]:
    """Names that the group's own statements use."""
    found: set[str] = set()
    for s in tree:
        if isinstance(s, Part):
            continue
        match s:
            case For() | While():
                found |= _names_in(replace(s, body=())) | _names_outside(s.body)
            case If():
                found |= _names_in(s.cond) | _names_outside(s.then) | _names_outside(s.orelse)
            case _:
                found |= _names_in(s)
    return found
