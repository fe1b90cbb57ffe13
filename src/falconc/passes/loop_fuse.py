"""Joins neighbouring loops that run over the same range, so that values pass between them in one iteration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from falconc.ir.nodes import (
    SERIAL,
    UNROLLED,
    Alloc,
    Barrier,
    Binary,
    Body,
    Break,
    Cast,
    Collective,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Let,
    Load,
    Node,
    Return,
    Stmt,
    Store,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.walk import bound_names, buffers_read, buffers_written, substitute, variables, walk
from falconc.passes import Pass
from falconc.platform import Platform

_ITERATION = "@iteration"  # stands for the loop variable while two loops are compared; no program name has an @


@dataclass(frozen=True, slots=True)
class LoopFuse(Pass):
    """Fuse neighbouring loops with equal bounds, at every depth.

    Before: ``for i: t[i] = a[i] * b[i]; for j: c[j] = t[j] + 1``. After: one loop with both statements.
    A loop whose only statement is such a loop is interchanged with it where that makes the fusion possible.
    Refuses (leaves as it is) unless every buffer that one of the two writes and the other touches is touched at one
    index, different in every iteration. Exact: each element sees the same operations in the same order.
    """

    name: ClassVar[str] = "loop-fuse"
    optional: ClassVar[bool] = True

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        body = fuse_adjacent(kernel.body)
        return kernel if body is kernel.body else replace(kernel, body=body)

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[LoopFuse]:
        if fuse_adjacent(kernel.body) is not kernel.body:
            yield cls()


def fuse_adjacent(body: Body) -> Body:
    """``body`` with neighbouring loops fused, innermost first; the same object when nothing changed."""
    viewed = {n for v in walk(body) if isinstance(v, View) for n in (v.base, v.buffer.name)}
    return _fuse_body(body, frozenset(viewed))


def _fuse_body(body: Body, viewed: frozenset[str]) -> Body:
    out: list[Stmt] = []
    changed = False
    for statement in body:
        inner = _fuse_inside(statement, viewed)
        changed |= inner is not statement
        if isinstance(inner, For) and (joined := _join_backwards(out, inner, viewed)):
            out = joined
            changed = True
        else:
            out.append(inner)
    return tuple(out) if changed else body


def _fuse_inside(statement: Stmt, viewed: frozenset[str]) -> Stmt:
    match statement:
        case For() | While():
            inner = _fuse_body(statement.body, viewed)
            return statement if inner is statement.body else replace(statement, body=inner)
        case If():
            then, orelse = _fuse_body(statement.then, viewed), _fuse_body(statement.orelse, viewed)
            same = then is statement.then and orelse is statement.orelse
            return statement if same else replace(statement, then=then, orelse=orelse)
        case _:
            return statement


def _join_backwards(out: list[Stmt], second: For, viewed: frozenset[str]) -> list[Stmt] | None:
    """``out`` with its last loop fused with ``second``; None where that is not legal."""
    at = len(out) - 1
    while at >= 0 and isinstance(out[at], Let | Alloc):
        at -= 1
    if at < 0 or not isinstance(first := out[at], For):
        return None
    between = out[at + 1 :]
    written = buffers_written(first)
    if any(isinstance(s, Let) and buffers_read(s) & written for s in between):
        return None
    if buffers_read((second.lo, second.hi, second.step)) & written:
        return None
    for a in (first, *_interchanged(first)):
        for b in (second, *_interchanged(second)):
            if _same_range(a, b) and _independent(a, b, viewed):
                renamed: Body = substitute(b.body, {b.var: Var(a.var, a.dtype)})
                kind = a.kind if a.kind == b.kind else SERIAL
                fused = replace(a, kind=kind, body=_fuse_body((*a.body, *renamed), viewed))
                return [*out[:at], *between, fused]
    return None


def _same_range(a: For, b: For) -> bool:
    kinds = {a.kind, b.kind}
    return (a.lo, a.hi, a.step) == (b.lo, b.hi, b.step) and (len(kinds) == 1 or kinds == {SERIAL, UNROLLED})


def _interchanged(outer: For) -> Iterator[For]:
    """``outer`` with the one loop in its body moved outside, if that is legal."""
    if not outer.body or outer.kind.name == "parallel":
        return
    lets, inner = outer.body[:-1], outer.body[-1]
    if not isinstance(inner, For) or not all(isinstance(s, Let) for s in lets):
        return
    inside = {outer.var, *bound_names(outer.body)}
    if variables((inner.lo, inner.hi, inner.step)) & inside or buffers_read((inner.lo, inner.hi, inner.step)):
        return
    if not _plain(outer):
        return
    written = buffers_written(outer)
    if any(buffers_read(s) & written for s in lets):
        return
    for buffer in written:
        indices = _indices(inner, buffer)
        if len(indices) != 1 or not _distinct(next(iter(indices)), inside - {inner.var}):
            return
    yield replace(inner, body=(replace(outer, body=(*lets, *inner.body)),))


def _plain(loop: Node) -> bool:
    """No statement whose order against other threads or early exit matters."""
    for node in walk(loop):
        if isinstance(node, Barrier | Collective | Break | Return | View) or (isinstance(node, Update) and node.atomic):
            return False
    return True


def _independent(a: For, b: For, viewed: frozenset[str]) -> bool:
    """True if running b's iteration i right after a's iteration i gives what running b after all of a gives."""
    if not (_plain(a) and _plain(b)):
        return False
    written_a, written_b = buffers_written(a), buffers_written(b)
    shared = (written_a & (written_b | buffers_read(b))) | (written_b & buffers_read(a))
    if shared & viewed:
        return False
    inside = set(bound_names(a.body)) | set(bound_names(b.body))
    for buffer in shared:
        indices = _indices(a, buffer) | _indices(b, buffer)
        if len(indices) != 1 or not _distinct(next(iter(indices)), inside):
            return False
    return True


def _indices(loop: For, buffer: str) -> set[tuple[Expr, ...]]:
    """The index tuples at which ``loop`` touches ``buffer``, with its Lets unfolded and its variable as _ITERATION."""
    lets: dict[str, Expr] = {}
    for node in walk(loop.body):
        if isinstance(node, Let) and not buffers_read(node.value):
            lets[node.name] = unfold(node.value, lets)
    here = {loop.var: Var(_ITERATION, loop.dtype)}
    found: set[tuple[Expr, ...]] = set()
    for node in walk(loop.body):
        if isinstance(node, Load | Store | Update) and node.buffer == buffer:
            found.add(tuple(substitute(unfold(i, lets), here) for i in node.index))
    return found


def unfold(expr: Expr, lets: dict[str, Expr]) -> Expr:
    """``expr`` with Let names replaced by their values."""
    return substitute(expr, lets) if variables(expr) & lets.keys() else expr


def _distinct(index: tuple[Expr, ...], inside: set[str]) -> bool:
    """True if the index differs in every iteration and depends on nothing else that is bound inside the loop."""
    if any(variables(i) & inside or buffers_read(i) for i in index):
        return False
    return any((stride(i, _ITERATION) or 0) != 0 for i in index)


def stride(expr: Expr, variable: str) -> int | None:
    """The constant factor of ``variable`` in an affine ``expr``; None if it is not affine with a constant factor."""
    match expr:
        case Var():
            return int(expr.name == variable)
        case Const():
            return 0
        case Cast() if expr.dtype.is_integer and expr.dtype.bits >= expr.operand.dtype.bits:
            return stride(expr.operand, variable)
        case Binary(op="add" | "sub"):
            left, right = stride(expr.left, variable), stride(expr.right, variable)
            if left is None or right is None:
                return None
            return left + right if expr.op == "add" else left - right
        case Binary(op="mul"):
            for factor, other in ((expr.left, expr.right), (expr.right, expr.left)):
                if isinstance(factor, Const):
                    inner = stride(other, variable)
                    return None if inner is None else inner * int(factor.value)
            return 0 if variable not in variables(expr) else None
        case _:
            return 0 if variable not in variables(expr) else None
