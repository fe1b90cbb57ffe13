"""Private arrays that hold one value in every cell, as that value."""

from __future__ import annotations

from dataclasses import replace

from falconc.ir.nodes import Alloc, Body, Const, Expr, For, If, Let, Load, Node, Stmt, Store, Update, Var, View, While
from falconc.ir.walk import bound_names, buffers_read, rewrite, variables, walk


def without_broadcasts(body: Body) -> Body:
    """``body`` with such arrays replaced.

    Before: ``float r[16]; for i < 16: r[i] = a; ... r[k]``. After: ``const r = a; ... r``.
    """
    writes: dict[str, int] = {}
    for n in walk(body):
        if isinstance(n, Store | Update):
            writes[n.buffer] = writes.get(n.buffer, 0) + 1
    viewed = {n.base for n in walk(body) if isinstance(n, View)}
    once = {name for name, count in writes.items() if count == 1} - viewed
    return _list(body, once)


def _list(body: Body, once: set[str]) -> Body:
    out = list(body)
    place = 0
    while place < len(out):
        s = out[place]
        found = _broadcast(s, tuple(out[:place]), once)
        if found is not None:
            name, value = found
            rest = _replaced(tuple(out[place + 1 :]), name)
            before = [t for t in out[:place] if not (isinstance(t, Alloc) and t.buffer.name == name)]
            out = [*before, Let(name, value, where=s.where), *rest]
            place = len(before)
        place += 1
    return tuple(_inside(s, once) for s in out)


def _inside(s: Stmt, once: set[str]) -> Stmt:
    match s:
        case For() | While():
            return replace(s, body=_list(s.body, once))
        case If():
            return replace(s, then=_list(s.then, once), orelse=_list(s.orelse, once))
        case _:
            return s


def _broadcast(s: Stmt, before: Body, once: set[str]) -> tuple[str, Expr] | None:
    """(array, value) of a loop that puts one value into all cells of an array declared in this list."""
    if not isinstance(s, For) or len(s.body) != 1 or not isinstance(store := s.body[0], Store):
        return None
    if store.buffer not in once or store.index != (Var(s.var, s.dtype),):
        return None
    if variables(store.value) & {s.var, *bound_names(s.body)} or buffers_read(store.value):
        return None
    if s.lo != Const(0, s.dtype) or s.step != Const(1, s.dtype) or not isinstance(s.hi, Const):
        return None
    for t in before:
        if isinstance(t, Alloc) and t.buffer.name == store.buffer and t.buffer.space == "register":
            (extent,) = t.buffer.shape
            whole = isinstance(extent, Const) and extent.value <= s.hi.value
            return (store.buffer, store.value) if whole else None
    return None


def _replaced(body: Body, name: str) -> Body:
    def visit(n: Node) -> Node:
        return Var(name, n.dtype, where=n.where) if isinstance(n, Load) and n.buffer == name else n

    return rewrite(body, visit)
