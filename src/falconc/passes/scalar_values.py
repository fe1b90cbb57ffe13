"""Private scalars become names of values where every read sees one assignment: what passes can reason about."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from falconc.ir.nodes import (
    Alloc,
    Body,
    Cast,
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
)
from falconc.ir.walk import rename_buffers, rewrite, substitute, variables, walk
from falconc.passes import Pass
from falconc.passes.broadcasts import without_broadcasts
from falconc.passes.counted import counted
from falconc.passes.induction import step_through
from falconc.passes.names import Names
from falconc.platform import Platform

_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class ScalarValues(Pass):
    """Replace private scalars by values.

    Before: ``int x; x = a; s[x] = 1; x = b; t[x] = 2``. After: ``const x = a; s[x] = 1; const x_1 = b; t[x_1] = 2``.
    A scalar that steps by a fixed amount in a counted loop becomes a function of the loop's variable; names of
    variables and constants give way to what they name.
    Leaves alone what depends on the way taken through the program. Exact.
    """

    name: ClassVar[str] = "scalar-values"
    optional: ClassVar[bool] = True

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        return replace(kernel, body=values(kernel.body, Names(kernel)))

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        if cls().apply(kernel, platform) != kernel:
            yield cls()


def values(body: Body, names: Names, kept: Collection[str] = ()) -> Body:
    """``body`` with private scalars as Lets where that is possible; names for the variables ``kept`` stay."""
    for _ in range(_ROUNDS):
        before = body
        fixed = {n.base for n in walk(body) if isinstance(n, View)}
        body = _Values(names, fixed).list(body)
        body = without_copies(settled(without_broadcasts(body)), kept)
        body = counted(step_through(body), names)
        if body == before:
            break
    return body


@dataclass(slots=True)
class _Values:
    names: Names
    fixed: set[str]  # scalars whose bytes have another name too

    def list(self, body: Body) -> Body:
        out = list(body)
        place = 0
        while place < len(out):
            s = out[place]
            if isinstance(s, Alloc) and s.buffer.shape == () and self._is_private(s):
                rest = self._scalar(s, tuple(out[place + 1 :]))
                if rest is not None:
                    out[place:] = rest
                    continue
            place += 1
        return tuple(self._inner(s) for s in out)

    def _is_private(self, s: Alloc) -> bool:
        return s.buffer.space == "register" and s.buffer.name not in self.fixed

    def _inner(self, s: Stmt) -> Stmt:
        match s:
            case For() | While():
                return replace(s, body=self.list(s.body))
            case If():
                return replace(s, then=self.list(s.then), orelse=self.list(s.orelse))
            case _:
                return s

    def _scalar(self, declared: Alloc, rest: Body) -> Body | None:
        """What follows ``declared`` without its first assignment or in a smaller place; None: it stays as it is."""
        name = declared.buffer.name
        users = [k for k, s in enumerate(rest) if touches(s, name)]
        if not users:
            return rest
        if all(not reads(s, name) for s in rest):
            return rewrite(rest, lambda n: () if isinstance(n, Store) and n.buffer == name else n)
        if any(not isinstance(s, Alloc) for s in rest[: users[0]]):
            return (*rest[: users[0]], declared, *rest[users[0] :])
        first = rest[users[0]]
        if isinstance(first, Store) and first.buffer == name and not reads(first.value, name):
            return self._versions(declared, rest, users)
        if len(users) == 1 and (inside := self._sunk(declared, first)) is not None:
            return (*rest[: users[0]], inside, *rest[users[0] + 1 :])
        return None

    def _sunk(self, declared: Alloc, s: Stmt) -> Stmt | None:
        """The only statement that uses the scalar, with the declaration inside."""
        name = declared.buffer.name
        match s:
            case If() if not reads(s.cond, name):
                sides = [any(touches(t, name) for t in side) for side in (s.then, s.orelse)]
                if all(sides):
                    other = self.names.fresh(name)
                    orelse: Body = rename_buffers(s.orelse, {name: other})
                    again = replace(declared, buffer=replace(declared.buffer, name=other))
                    return replace(s, then=(declared, *s.then), orelse=(again, *orelse))
                return replace(s, then=(declared, *s.then)) if sides[0] else replace(s, orelse=(declared, *s.orelse))
            case For() if written_first(s.body, name) and not any(reads(e, name) for e in (s.lo, s.hi, s.step)):
                return replace(s, body=(declared, *s.body))
            case While() if written_first(s.body, name) and not reads(s.cond, name):
                return replace(s, body=(declared, *s.body))
            case _:
                return None

    def _versions(self, declared: Alloc, rest: Body, users: list[int]) -> Body | None:
        """The first assignment as a value of its own, if nothing else changes it before the next one."""
        name = declared.buffer.name
        start = users[0]
        stores = [k for k in users if isinstance(s := rest[k], Store) and s.buffer == name]
        end = stores[1] if len(stores) > 1 else len(rest)
        changed = any(writes(s, name) for s in rest[start + 1 : end])
        if changed and end == len(rest):
            return None
        first, after = rest[start], rest[start + 1 : end]
        assert isinstance(first, Store)
        later: Body = ()
        if end < len(rest):
            second = rest[end]
            assert isinstance(second, Store)
            other = self.names.fresh(name)
            again = replace(declared, buffer=replace(declared.buffer, name=other))
            tail: Body = rename_buffers(
                (replace(second, value=Const(0, second.value.dtype)), *rest[end + 1 :]), {name: other}
            )
            moved = tail[0]
            assert isinstance(moved, Store)
            later = (again, replace(moved, value=second.value), *tail[1:])
        if changed:
            return None if not later else self._split(declared, rest[: start + 1], after, later)
        value = Let(name, first.value, where=first.where)
        return (*rest[:start], value, *_named((*after, *later), name, first.value))

    def _split(self, declared: Alloc, before: Body, after: Body, later: Body) -> Body:
        """Both halves with a declaration of their own; the first one is not looked at again in this round."""
        self.fixed.add(declared.buffer.name)
        return (declared, *before, *after, *later)


def _named(body: Body, name: str, value: Expr) -> Body:
    """``body`` with reads of scalar ``name`` as the name of its value."""

    def visit(n: Node) -> Node:
        return Var(name, value.dtype, where=n.where) if isinstance(n, Load) and n.buffer == name else n

    return rewrite(body, visit)


def touches(node: Node | Body, name: str) -> bool:
    """Whether ``node`` reads or writes buffer ``name``."""
    return any(isinstance(n, Load | Store | Update) and n.buffer == name for n in walk(node))


def reads(node: Node | Body, name: str) -> bool:
    """Whether ``node`` reads buffer ``name``."""
    return any(isinstance(n, Load | Update) and n.buffer == name for n in walk(node))


def writes(node: Node | Body, name: str) -> bool:
    """Whether ``node`` writes buffer ``name``."""
    return any(isinstance(n, Store | Update) and n.buffer == name for n in walk(node))


def written_first(body: Body, name: str) -> bool:
    """Whether ``body`` assigns scalar ``name`` on every way before it reads it."""
    for s in body:
        if not touches(s, name):
            continue
        match s:
            case Store():
                return s.buffer == name and not reads(s, name)
            case If():
                return not reads(s.cond, name) and written_first(s.then, name) and written_first(s.orelse, name)
            case _:
                return False
    return False


def settled(body: Body) -> Body:
    """``body`` without Lets that name the last value of a scalar of their list: nothing changes it any more."""
    out = list(body)
    declared: set[str] = set()
    place = 0
    while place < len(out):
        s = out[place]
        match s:
            case Alloc() if s.buffer.shape == ():
                declared.add(s.buffer.name)
            case Let(value=Load(index=()) as last) if last.buffer in declared:
                rest = tuple(out[place + 1 :])
                if not writes(rest, last.buffer):
                    out[place:] = substitute(rest, {s.name: last})
                    continue
            case _:
                pass
        place += 1
    return tuple(_settled_inside(s) for s in out)


def _settled_inside(s: Stmt) -> Stmt:
    match s:
        case For() | While():
            return replace(s, body=settled(s.body))
        case If():
            return replace(s, then=settled(s.then), orelse=settled(s.orelse))
        case _:
            return s


def without_copies(body: Body, kept: Collection[str] = ()) -> Body:
    """``body`` without Lets that only give a variable or a constant another name, and without unused ones."""
    known: dict[str, Expr] = {}
    for n in walk(body):
        if isinstance(n, Let) and _is_copy(n.value) and not variables(n.value) & set(kept):
            value: Expr = substitute(n.value, known)
            known[n.name] = value
    if known:
        body = rewrite(body, lambda n: () if isinstance(n, Let) and n.name in known else n)
        body = substitute(body, known)
    while True:
        used = variables(body)
        idle = {n.name for n in walk(body) if isinstance(n, Let) and n.name not in used}
        if not idle:
            return body
        body = rewrite(body, lambda n, idle=idle: () if isinstance(n, Let) and n.name in idle else n)


def _is_copy(e: Expr) -> bool:
    return isinstance(e, Const | Var) or (isinstance(e, Cast) and isinstance(e.operand, Const) and e.dtype.is_integer)
