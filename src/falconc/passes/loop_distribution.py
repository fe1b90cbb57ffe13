"""Takes out of a loop over threads what threads share: values that are the same for all, branches, unrelated parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from falconc.ir.nodes import Alloc, Binary, Body, Const, Expr, For, If, Let, Stmt, Update
from falconc.ir.walk import bound_names, buffers_read, buffers_written, variables
from falconc.passes.conditions import conjuncts


def distributed(loop: For, fresh: Callable[[For], For]) -> Body:
    """``loop``, whose iterations are independent, as the statements it comes to.

    Before: ``for t < 64: { const a = x[row]; for i = t; i < n; i += 64: ...; if t == 0: ... }``. After: ``const a``,
    and a loop for each of the two parts. ``fresh`` gives a loop and its body new names.
    """
    if loop.kind.name != "parallel" or not _runs(loop):
        return (loop,)
    front, loop = _hoisted(loop)
    if len(loop.body) == 1 and isinstance(branch := loop.body[0], If) and _is_fixed(branch.cond, loop):
        if not branch.orelse:
            return (*front, replace(branch, then=(replace(loop, body=branch.then),)))
        other = fresh(replace(loop, body=branch.orelse))
        return (*front, replace(branch, then=(replace(loop, body=branch.then),), orelse=(other,)))
    groups = _groups(loop.body)
    if len(groups) < 2 or not any(len(g) == 1 and _asks(g[0], loop) for g in groups):
        return (*front, loop)
    parts = _joined(groups, loop)
    first, *others = (replace(loop, body=tuple(g)) for g in parts)
    return (*front, first, *(fresh(other) for other in others))


def _runs(loop: For) -> bool:
    """Whether there is certainly an iteration."""
    return isinstance(loop.lo, Const) and isinstance(loop.hi, Const) and loop.lo.value < loop.hi.value


def _is_fixed(e: Expr | Stmt, loop: For) -> bool:
    inside = {loop.var, *bound_names(loop.body)}
    return not variables(e) & inside and not buffers_read(e) & (buffers_written(loop) | inside)


def _hoisted(loop: For) -> tuple[Body, For]:
    """Values at the front of the body that do not depend on the iteration, and the rest."""
    front: list[Stmt] = []
    body = loop.body
    while body and isinstance(body[0], Let) and _is_fixed(body[0], replace(loop, body=body[1:])):
        front.append(body[0])
        body = body[1:]
    return tuple(front), replace(loop, body=body) if front else loop


def _groups(body: Body) -> list[list[Stmt]]:
    """Statements that share names they declare stay together, in order."""
    groups: list[tuple[set[str], list[Stmt]]] = []
    for s in body:
        declares = set(bound_names(s)) if isinstance(s, Let | Alloc | Update) else set[str]()
        uses = variables(s) | buffers_read(s) | buffers_written(s)
        start = next((k for k, g in enumerate(groups) if g[0] & uses), len(groups))
        names = declares.union(*(g[0] for g in groups[start:]))
        groups[start:] = [(names, [*(t for g in groups[start:] for t in g[1]), s])]
    return [g[1] for g in groups]


def _asks(s: Stmt, loop: For) -> bool:
    """Whether a loop of its own would turn ``s`` into something plainer: one iteration's work, or a strided loop."""
    match s:
        case If() if not s.orelse:
            return any(isinstance(c, Binary) and c.op == "eq" and loop.var in variables(c) for c in conjuncts(s.cond))
        case For():
            strided = isinstance(s.step, Const) and isinstance(loop.hi, Const) and s.step.value == loop.hi.value
            return loop.var in variables(s.lo) and strided
        case _:
            return False


def _joined(groups: list[list[Stmt]], loop: For) -> list[list[Stmt]]:
    """Neighbouring groups that gain nothing by standing alone as one."""
    out: list[list[Stmt]] = []
    before = True
    for g in groups:
        alone = len(g) == 1 and _asks(g[0], loop)
        if alone or before:
            out.append(list(g))
        else:
            out[-1] += g
        before = alone
    return out
