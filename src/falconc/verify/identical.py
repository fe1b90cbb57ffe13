"""Whether two kernels are the same, statement by statement, up to names: then they do the same for all sizes."""

from __future__ import annotations

from dataclasses import replace

from falconc.ir.nodes import (
    Buffer,
    Collective,
    For,
    Kernel,
    Let,
    Load,
    Node,
    Scalar,
    Store,
    Update,
    Var,
    View,
)
from falconc.ir.walk import bound_names, map_children


def identical(a: Kernel, b: Kernel) -> bool:
    """Whether ``a`` and ``b`` differ in nothing but names, places in the text, and promises about pointers."""
    return _plain(a) == _plain(b)


def _plain(kernel: Kernel) -> Kernel:
    """``kernel`` with names by order of binding."""
    names: dict[str, str] = {}
    for p in kernel.params:
        names[p.name] = f"#{len(names)}"
    for name in bound_names(kernel.body):
        names.setdefault(name, f"#{len(names)}")

    def visit(node: Node) -> Node:
        return _renamed(map_children(node, visit), names)

    params = tuple(_parameter(p, names) for p in kernel.params)
    launch = None if kernel.launch is None else map_children(kernel.launch, visit)
    body = tuple(visit(s) for s in kernel.body)
    return Kernel("", params, body, launch)  # pyright: ignore[reportArgumentType]


def _parameter(p: Buffer | Scalar, names: dict[str, str]) -> Buffer | Scalar:
    if isinstance(p, Scalar):
        return replace(p, name=names[p.name])
    return replace(p, name=names[p.name], readonly=False, restrict=False)


def _renamed(node: Node, names: dict[str, str]) -> Node:
    """``node`` with its own names replaced; its children are done."""

    def new(name: str) -> str:
        return names[name] if name else ""

    match node:
        case Var() | Let():
            return replace(node, name=new(node.name))
        case Load() | Store():
            return replace(node, buffer=new(node.buffer))
        case For():
            return replace(node, var=new(node.var))
        case Buffer():
            return replace(node, name=new(node.name), readonly=False, restrict=False)
        case View():
            return replace(node, base=new(node.base))
        case Update():
            return replace(node, buffer=new(node.buffer), old=new(node.old))
        case Collective():
            return replace(node, result=new(node.result), arrived=new(node.arrived))
        case _:
            return node
