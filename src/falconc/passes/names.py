"""Names that are free in a kernel, and names given anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from falconc.ir.nodes import Body, Cast, Collective, For, Kernel, Let, Node, Update, Var
from falconc.ir.walk import bound_names, rename_buffers, rewrite, substitute, walk

T = TypeVar("T", bound=Node | Body)
_NUMBERED = re.compile(r"(_\d+)+$")
_INDICES = ("i", "j", "k", "l", "p", "q")


class Names:
    """Hands out names that nothing in a kernel is called."""

    def __init__(self, kernel: Kernel) -> None:
        self.taken = {p.name for p in kernel.params} | set(bound_names(kernel.body))

    def fresh(self, wish: str) -> str:
        """``wish``, or the first of wish_1, wish_2 ... that is free (for wish_1: wish_2 ...)."""
        plain = _NUMBERED.sub("", wish) or wish
        name, number = wish, 0
        while name in self.taken:
            number += 1
            name = f"{plain}_{number}"
        self.taken.add(name)
        return name


def renamed(node: T, names: Mapping[str, str]) -> T:
    """``node`` (or body) with the names it binds replaced, wherever they are used."""

    def visit(n: Node) -> Node:
        match n:
            case Var() | Let() if n.name in names:
                return replace(n, name=names[n.name])
            case For() if n.var in names:
                return replace(n, var=names[n.var])
            case Update() if n.old in names:
                return replace(n, old=names[n.old])
            case Collective() if n.arrived in names:
                return replace(n, arrived=names[n.arrived])
            case _:
                return n

    return rename_buffers(rewrite(node, visit), names) if names else node


def again(node: T, free: Names) -> T:
    """A second copy of ``node``, which binds other names."""
    return renamed(node, {name: free.fresh(_NUMBERED.sub("", name)) for name in bound_names(node)})


def is_numbered(name: str) -> bool:
    """Whether ``name`` has a number that made it different from another."""
    return _NUMBERED.search(name) is not None


def readable(kernel: Kernel, axes: Iterable[str] = ()) -> Kernel:
    """``kernel`` with numbers dropped from names that are free without them, and loops over ``axes`` named as usual."""
    free = Names(kernel)
    body = renamed(kernel.body, dict(_axis_names(kernel, set(axes), free)))
    kernel = replace(kernel, body=body)
    free = Names(kernel)
    names: dict[str, str] = {}
    for name in bound_names(kernel.body):
        short = _NUMBERED.sub("", name)
        if short != name and short and short not in free.taken:
            names[name] = short
            free.taken.add(short)
    return replace(kernel, body=renamed(kernel.body, names))


def _axis_names(kernel: Kernel, axes: set[str], free: Names) -> Iterable[tuple[str, str]]:
    """What loops that count blocks, threads or lanes are called now: after what they count, or i, j, k."""
    for n in walk(kernel.body):
        if not isinstance(n, For) or _NUMBERED.sub("", n.var) not in axes:
            continue
        counted = n.hi.name if isinstance(n.hi, Var) and n.hi.name.endswith("s") and len(n.hi.name) > 2 else ""
        one = f"{counted[:-3]}y" if counted.endswith("ies") else counted[:-1]
        wishes = ([one] if one else []) + [i for i in _INDICES if i not in free.taken]
        wish = next((w for w in wishes if w not in free.taken), "i")
        yield n.var, free.fresh(wish)


def axes_named(kernel: Kernel) -> tuple[Kernel, set[str]]:
    """``kernel`` with the axes of its launch called what the text calls them (``int row = blockIdx.x`` is row), and the
    axes that it does not name."""
    axes = {n.var for n in walk(kernel.body) if isinstance(n, For) and "." in n.kind.axis}
    names: dict[str, str] = {}
    values: dict[str, Var] = {}
    for n in walk(kernel.body):
        if isinstance(n, Let) and n.value.dtype.is_integer:
            inner = n.value
            while isinstance(inner, Cast) and inner.operand.dtype.is_integer:
                inner = inner.operand
            if isinstance(inner, Var) and inner.name in axes - names.keys() and inner.dtype == n.value.dtype:
                names[inner.name] = n.name
                values[n.name] = inner
    body: Body = rewrite(kernel.body, lambda n: () if isinstance(n, Let) and n.name in values else n)
    return replace(kernel, body=renamed(substitute(body, values), names)), axes - names.keys()
