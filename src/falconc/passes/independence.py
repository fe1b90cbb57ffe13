"""Loops whose iterations touch no memory that another iteration writes, by the indices alone."""

from __future__ import annotations

from falconc.ir.nodes import Alloc, Break, For, Load, Return, Store, Update, Var, View, While
from falconc.ir.walk import bound_names, buffers_read, variables, walk
from falconc.passes.polynomial import Facts
from falconc.passes.reindex import within


def is_independent(loop: For, facts: Facts) -> bool:
    """Whether iterations of ``loop`` may run in any order.

    Shown where every buffer that the loop writes is touched at one index only, which is a different one in every
    iteration: affine in the loop variable, with a factor other than zero, and the same for all inner loops.
    """
    if any(isinstance(n, View | While | Return | Break) for n in walk(loop.body)):
        return False
    local = {n.buffer.name for n in walk(loop.body) if isinstance(n, Alloc)}
    inside = set(bound_names(loop.body))
    here = within(loop, facts)
    var = Var(loop.var, loop.dtype)
    places: dict[str, set[tuple[object, ...]]] = {}
    written: set[str] = set()
    for n in walk(loop.body):
        if not isinstance(n, Load | Store | Update) or n.buffer in local:
            continue
        if isinstance(n, Update) and (n.atomic or n.old):
            return False
        if not isinstance(n, Load):
            written.add(n.buffer)
        places.setdefault(n.buffer, set()).add(n.index)
    for name in written:
        if len(places[name]) != 1:
            return False
        (index,) = places[name]
        if not any(_moves(i, var, here, inside) for i in index):  # pyright: ignore[reportArgumentType]
            return False
    return bool(written)


def _moves(index: Load, var: Var, facts: Facts, inside: set[str]) -> bool:
    if variables(index) & inside or buffers_read(index):
        return False
    parts = facts.poly(index).split(var)
    factor = parts[0].constant if parts is not None else None
    return parts is not None and bool(factor) and not parts[1].mentions(var.name)
