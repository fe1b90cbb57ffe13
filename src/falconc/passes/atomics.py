"""Atomic updates where nobody else can be at the same cell: plain loads and stores."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from falconc.ir.nodes import (
    Alloc,
    Binary,
    Body,
    Const,
    Expr,
    For,
    If,
    Let,
    Load,
    Select,
    Stmt,
    Store,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.walk import walk

_SIMPLE = frozenset({"add", "sub", "mul", "and", "or", "xor"})


def concurrent(loop: For) -> list[Update]:
    """Atomic updates in ``loop`` of memory that its iterations share."""
    own = _own(loop)
    return [n for n in walk(loop.body) if isinstance(n, Update) and n.atomic and n.buffer not in own]


def is_simple(u: Update) -> bool:
    """Whether one compound assignment says it all."""
    return u.op in _SIMPLE and not u.old


def plain(body: Body, own: frozenset[str] | None = None) -> Body:
    """``body`` with updates as loads and stores, but for those of memory that loops on several cores share.

    ``own``: what belongs to the core that runs ``body``; None outside such loops.
    """
    return tuple(out for s in body for out in _statement(s, own))


def _statement(s: Stmt, own: frozenset[str] | None) -> Body:
    match s:
        case For() if s.kind.name == "parallel" and s.kind.axis == "core":
            mine = frozenset(_own(s)) | (own or frozenset())
            return (replace(s, body=plain(s.body, mine)),)
        case For() | While():
            return (replace(s, body=plain(s.body, own)),)
        case If():
            return (replace(s, then=plain(s.then, own), orelse=plain(s.orelse, own)),)
        case Update() if own is None or s.buffer in own or not s.atomic:
            return lowered(s)
        case _:
            return (s,)


def _own(loop: For) -> set[str]:
    """Memory declared in one iteration, under all its names."""
    own = {n.buffer.name for n in walk(loop.body) if isinstance(n, Alloc)}
    for n in walk(loop.body):
        if isinstance(n, View) and n.base in own:
            own.add(n.buffer.name)
    return own


def lowered(s: Update) -> Body:
    """``s`` as a load and a store."""
    dtype = s.args[0].dtype
    here = Load(s.buffer, s.index, dtype)
    if not s.old:
        return (Store(s.buffer, s.index, _after(s, here), where=s.where),)
    old = Var(s.old, dtype)
    return (Let(s.old, here, where=s.where), Store(s.buffer, s.index, _after(s, old), where=s.where))


def _after(s: Update, old: Expr) -> Expr:
    arg = s.args[0]
    zero, one = Const(0, arg.dtype), Const(1, arg.dtype)
    match s.op:
        case "add" | "sub" | "mul" | "min" | "max" | "and" | "or" | "xor":
            return Binary(s.op, old, arg)
        case "exchange":
            return arg
        case "inc":
            return Select(Binary("ge", old, arg), zero, Binary("add", old, one))
        case "dec":
            wraps = Binary("lor", Binary("eq", old, zero), Binary("gt", old, arg))
            return Select(wraps, arg, Binary("sub", old, one))
        case "cas":
            return Select(Binary("eq", old, arg), s.args[1], old)
    assert_never(s.op)
