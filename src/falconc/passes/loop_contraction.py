"""Turns an array that every iteration of one loop uses at its own single index into a scalar of that iteration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from falconc.ir.nodes import (
    Alloc,
    Body,
    Buffer,
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
    View,
    While,
)
from falconc.ir.walk import bound_names, buffers_read, rewrite, variables, walk
from falconc.passes import Pass
from falconc.passes.loop_fuse import stride, unfold
from falconc.platform import Platform


@dataclass(frozen=True, slots=True)
class LoopContraction(Pass):
    """Contract private arrays to scalars.

    Before: ``float t[16]; for i: { t[i] = a[i]; b[i] = t[i] * t[i]; }``. After: ``for i: { float t; t = a[i]; ... }``.
    An array of one element is a scalar too. Refuses (leaves as it is) an array that two loops share, that is touched
    at two indices, or that an iteration may read before it writes. Exact.
    """

    name: ClassVar[str] = "loop-contraction"
    optional: ClassVar[bool] = True

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        body = contract(kernel.body)
        return kernel if body is kernel.body else replace(kernel, body=body)

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[LoopContraction]:
        if contract(kernel.body) is not kernel.body:
            yield cls()


def contract(body: Body) -> Body:
    """``body`` with every array that can be a scalar made one; the same object when nothing changed."""
    viewed = {n for v in walk(body) if isinstance(v, View) for n in (v.base, v.buffer.name)}
    for node in list(walk(body)):
        if isinstance(node, Alloc) and node.buffer.shape and node.buffer.name not in viewed:
            if all(isinstance(e, Const) and e.value == 1 for e in node.buffer.shape) and _is_private(node):
                body = _as_scalar(body, node)
                continue
            home = _home(body, node.buffer)
            if home is not None:
                body = _contracted(body, node, home)
    return body


def _is_private(alloc: Alloc) -> bool:
    return alloc.buffer.space == "register"


def _as_scalar(body: Body, alloc: Alloc) -> Body:
    """``body`` with an array of one element as a scalar."""
    name = alloc.buffer.name

    def visit(node: Node) -> Node:
        match node:
            case Load() | Store() | Update() if node.buffer == name:
                return replace(node, index=())
            case Alloc() if node.buffer.name == name:
                return replace(node, buffer=replace(node.buffer, shape=()))
            case _:
                return node

    return rewrite(body, visit)


def _touches(node: Node, name: str) -> bool:
    return any(isinstance(n, Load | Store | Update) and n.buffer == name for n in walk(node))


def _home(body: Body, buffer: Buffer) -> For | None:
    """The loop whose every iteration uses ``buffer`` at one element of its own, written before it is read."""
    path = body
    home: For | None = None
    while True:
        users = [s for s in path if _touches(s, buffer.name)]
        if len(users) != 1:
            return home
        user = users[0]
        match user:
            case For():
                if user.kind.name != "parallel" or not user.kind.axis.startswith("thread"):
                    home = user if _private_element(user, buffer.name) else home
                path = user.body
            case If():
                path = (*user.then, *user.orelse)
            case While():
                path = user.body
            case _:
                return home


def _private_element(loop: For, name: str) -> bool:
    indices: set[tuple[Expr, ...]] = set()
    lets: dict[str, Expr] = {}
    for node in walk(loop.body):
        if isinstance(node, Let) and not buffers_read(node.value):
            lets[node.name] = unfold(node.value, lets)
        if isinstance(node, Load | Store | Update) and node.buffer == name:
            indices.add(tuple(unfold(i, lets) for i in node.index))
    if len(indices) != 1:
        return False
    index = next(iter(indices))
    inside = set(bound_names(loop.body))
    if any(variables(i) & inside or buffers_read(i) for i in index):
        return False
    return any((stride(i, loop.var) or 0) != 0 for i in index) and _written_first(loop.body, name)


def _written_first(body: tuple[Stmt, ...], name: str) -> bool:
    """The first statement of ``body`` that touches the array is a Store whose value does not read it."""
    first = next(s for s in body if _touches(s, name))
    match first:
        case Store():
            return name not in buffers_read(first.value) and not any(name in buffers_read(i) for i in first.index)
        case If():
            return all(
                any(_touches(s, name) for s in b) and _written_first(b, name) for b in (first.then, first.orelse)
            )
        case _:
            return False


def _contracted(body: Body, alloc: Alloc, home: For) -> Body:
    scalar = replace(alloc.buffer, shape=())
    name = scalar.name

    def visit(node: Node) -> Node:
        match node:
            case Load() | Store() | Update() if node.buffer == name:
                return replace(node, index=())
            case _:
                return node

    without: Body = rewrite(body, lambda n: () if n is alloc else n)
    inner = next(n for n in walk(without) if isinstance(n, For) and n.var == home.var)
    moved = replace(inner, body=(Alloc(scalar, where=alloc.where), *rewrite(inner.body, visit)))
    return rewrite(without, lambda n: moved if n is inner else n)
