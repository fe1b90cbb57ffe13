"""Which values are the same in all threads of a group, and which differ from thread to thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from falconc.ir.nodes import (
    Alloc,
    Barrier,
    Body,
    Collective,
    Expr,
    For,
    If,
    Let,
    Load,
    Stmt,
    Store,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.walk import walk


@dataclass(frozen=True, slots=True)
class Uniformity:
    """``varying``: names (Lets, loop variables, private buffers) whose value may differ between the group's threads.

    Memory that the threads share holds one value a cell: a load at a uniform index is uniform, as long as the program
    has no data race.
    """

    varying: frozenset[str]

    def is_uniform(self, e: Expr) -> bool:
        for n in walk(e):
            match n:
                case Var() if n.name in self.varying:
                    return False
                case Load() if n.buffer in self.varying:
                    return False
                case _:
                    pass
        return True


def of_group(body: Body, threads: Iterable[str], lanes: int = 0) -> Uniformity:
    """Uniformity over the threads numbered by the variables ``threads``.

    lanes: how many threads the group has: results of collectives of this width are shared by all of them. With
    narrower ones every set of lanes has its own.
    """
    varying = set(threads)
    private = {n.buffer.name for n in walk(body) if isinstance(n, Alloc)}
    views = {n.buffer.name: n.base for n in walk(body) if isinstance(n, View)}
    while True:
        before = len(varying)
        _spread(body, False, varying, private, lanes)
        varying |= {base for name, base in views.items() if name in varying and base in private}
        varying |= {name for name, base in views.items() if base in varying}
        if len(varying) == before:
            return Uniformity(frozenset(varying))


def _spread(body: Body, divergent: bool, varying: set[str], private: set[str], lanes: int) -> None:
    for s in body:
        _spread_one(s, divergent, varying, private, lanes)


def _spread_one(s: Stmt, divergent: bool, varying: set[str], private: set[str], lanes: int) -> None:
    now = Uniformity(frozenset(varying))

    def varies(*es: Expr) -> bool:
        return not all(now.is_uniform(e) for e in es)

    match s:
        case For():
            inner = divergent or varies(s.lo, s.hi, s.step)
            if inner:
                varying.add(s.var)
            _spread(s.body, inner, varying, private, lanes)
        case While():
            _spread(s.body, divergent or varies(s.cond), varying, private, lanes)
        case If():
            inner = divergent or varies(s.cond)
            _spread(s.then, inner, varying, private, lanes)
            _spread(s.orelse, inner, varying, private, lanes)
        case Let() if varies(s.value):
            varying.add(s.name)
        case Store() if s.buffer in private and (divergent or varies(s.value, *s.index)):
            varying.add(s.buffer)
        case Update():
            if s.buffer in private and (divergent or varies(*s.args, *s.index)):
                varying.add(s.buffer)
            if s.old and (s.atomic or s.buffer not in private or s.buffer in varying):
                varying.add(s.old)
        case View() if varies(s.byte_offset):
            varying.add(s.buffer.name)
        case Collective() if s.width != lanes or divergent:
            varying |= {s.result, s.arrived} - {""}
        case _:
            pass


def synchronisations(node: Stmt | Body) -> list[Barrier | Collective]:
    """Barriers and collectives in ``node``, in order."""
    return [n for n in walk(node) if isinstance(n, Barrier | Collective)]
