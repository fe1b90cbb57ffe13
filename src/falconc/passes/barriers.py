"""Barriers that order nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from falconc.ir.nodes import Alloc, Barrier, Body, For, If, Load, Stmt, Store, Update, View, While
from falconc.ir.walk import walk


def drop_idle_barriers(body: Body) -> Body:
    """The thread program without the barriers between which threads do not pass values to each other.

    A barrier stays if some memory that threads share is written on one side of it and touched on the other.
    """
    private = {n.buffer.name for n in walk(body) if isinstance(n, Alloc) and n.buffer.space != "shared"}
    views = {n.buffer.name: n.base for n in walk(body) if isinstance(n, View)}
    return _drop(body, (), (), private, views)


def _drop(body: Body, before: Body, after: Body, private: set[str], views: dict[str, str]) -> Body:
    out: list[Stmt] = []
    for k, s in enumerate(body):
        earlier, later = (*before, *body[:k]), (*body[k + 1 :], *after)
        match s:
            case Barrier() if s.scope != "grid":
                if _conflict(earlier, later, private, views):
                    out.append(s)
            case For() | While():
                out.append(replace(s, body=_drop(s.body, (*earlier, s), (s, *later), private, views)))
            case If():
                then = _drop(s.then, earlier, later, private, views)
                orelse = _drop(s.orelse, earlier, later, private, views)
                if then or orelse:
                    out.append(replace(s, then=then, orelse=orelse))
            case _:
                out.append(s)
    return tuple(out)


def _conflict(earlier: Iterable[Stmt], later: Iterable[Stmt], private: set[str], views: dict[str, str]) -> bool:
    touched, written = _accesses(earlier, private, views)
    touched_later, written_later = _accesses(later, private, views)
    return bool(written & touched_later or touched & written_later)


def _accesses(part: Iterable[Stmt], private: set[str], views: dict[str, str]) -> tuple[set[str], set[str]]:
    touched: set[str] = set()
    written: set[str] = set()
    for s in part:
        for n in walk(s):
            if isinstance(n, Load | Store | Update):
                name = n.buffer
                while name in views:
                    name = views[name]
                if name not in private:
                    touched.add(name)
                    if not isinstance(n, Load):
                        written.add(name)
    return touched, written
