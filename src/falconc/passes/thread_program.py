"""A kernel seen as the program of one thread inside its block and thread loops, and what holds in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

from falconc.ir.nodes import (
    Alloc,
    Binary,
    Body,
    Cast,
    Expr,
    For,
    If,
    Kernel,
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
from falconc.ir.types import BOOL
from falconc.ir.walk import map_children, rewrite, substitute, variables, walk
from falconc.passes.polynomial import Facts, as_type
from falconc.passes.reindex import within

_MOST_NODES = 256  # a linear index split into eight coordinates has about 100

Visit = Callable[[Expr, Facts], Expr]


@dataclass(frozen=True, slots=True)
class ThreadProgram:
    """blocks: loops around the threads; threads: the thread loops; body: one thread. front: what a block declares."""

    blocks: tuple[For, ...]
    front: Body
    threads: tuple[For, ...]
    body: Body
    facts: Facts

    def kernel(self, kernel: Kernel) -> Kernel:
        """``kernel`` with this as its body."""
        body = self.body
        for loop in reversed(self.threads):
            body = (replace(loop, body=body),)
        body = (*self.front, *body)
        for loop in reversed(self.blocks):
            body = (replace(loop, body=body),)
        return replace(kernel, body=body)


def of_kernel(kernel: Kernel) -> ThreadProgram | None:
    """The parts of ``kernel``; None if it is not one nest of block loops, declarations and thread loops."""
    blocks: list[For] = []
    front: list[Stmt] = []
    threads: list[For] = []
    body = kernel.body
    facts = Facts()
    while True:
        while body and isinstance(body[0], Alloc | View | Let) and not threads:
            front.append(body[0])
            body = body[1:]
        if len(body) != 1 or not isinstance(loop := body[0], For):
            break
        if loop.kind.axis.startswith("block.") and not threads:
            blocks.append(replace(loop, body=()))
        elif loop.kind.axis.startswith("thread."):
            threads.append(replace(loop, body=()))
        else:
            break
        facts = within(loop, facts)
        body = loop.body
    if not threads:
        return None
    return ThreadProgram(tuple(blocks), tuple(front), tuple(threads), body, facts)


def inline_indices(body: Body) -> tuple[Body, dict[Expr, str]]:
    """``body`` with Lets of pure integer arithmetic that say where and whether put where they are used; and which value
    had which name."""
    values: dict[str, Expr] = {}
    names: dict[Expr, str] = {}
    steering = _steering(body)

    def collect(part: Body) -> None:
        for n in walk(part):
            if isinstance(n, Let) and n.value.dtype.is_integer and not _is_data(n.value):
                value: Expr = substitute(n.value, values)
                if not _is_small(value):
                    continue
                names.setdefault(value, n.name)
                if n.name in steering or (isinstance(value, Cast) and value.operand.dtype == BOOL):
                    values[n.name] = value

    collect(body)
    without: Body = rewrite(body, lambda n: () if isinstance(n, Let) and n.name in values else n)
    return substitute(without, values), names


def _steering(body: Body) -> set[str]:
    """Names that places in memory, bounds and conditions depend on."""
    found: set[str] = set()
    lets = [n for n in walk(body) if isinstance(n, Let)]
    for n in walk(body):
        match n:
            case Load() | Store() | Update():
                found |= variables(n.index)
            case For():
                found |= variables((n.lo, n.hi, n.step))
            case If() | While():
                found |= _compared(n.cond)
            case Select() if any(isinstance(m, Load) for m in walk(n)):
                found |= _compared(n.cond)
            case View():
                found |= variables(n.byte_offset)
            case _:
                pass
    for let in reversed(lets):
        if let.name in found:
            found |= variables(let.value) if let.value.dtype != BOOL else _compared(let.value)
    return found


def _compared(cond: Expr) -> set[str]:
    """Names in comparisons of integers, and of conditions."""
    found = {n.name for n in walk(cond) if isinstance(n, Var) and n.dtype == BOOL}
    for n in walk(cond):
        if isinstance(n, Binary) and n.dtype == BOOL and n.left.dtype.is_integer and not _is_data(n):
            found |= variables(n)
    return found


def _is_small(e: Expr) -> bool:
    """Whether ``e`` may be an index; a hash or a random number doubles with every step that it is unfolded by."""
    return sum(1 for _ in islice(walk(e), _MOST_NODES)) < _MOST_NODES


def _is_data(e: Expr) -> bool:
    """Whether ``e`` comes from memory or from floats: nothing that an index is computed from."""
    return any(isinstance(n, Load) or (isinstance(n, Expr) and n.dtype.is_float) for n in walk(e))


def names_of_values(body: Body) -> dict[Expr, str]:
    """What the text calls its index values: unfolded value -> name."""
    return inline_indices(body)[1]


def lets_of(body: Body) -> dict[str, Expr]:
    """Every Let of ``body`` with the Lets in its value unfolded."""
    out: dict[str, Expr] = {}
    for n in walk(body):
        if isinstance(n, Let):
            out[n.name] = substitute(n.value, out)
    return out


def map_expressions(body: Body, facts: Facts, visit: Visit) -> Body:
    """``body`` with every whole expression e replaced by visit(e, what holds there)."""
    return tuple(_statement(s, facts, visit) for s in body)


def _statement(s: Stmt, facts: Facts, visit: Visit) -> Stmt:
    match s:
        case For():
            lo, hi, step = (visit(e, facts) for e in (s.lo, s.hi, s.step))
            return replace(s, lo=lo, hi=hi, step=step, body=map_expressions(s.body, within(s, facts), visit))
        case While():
            return replace(s, cond=visit(s.cond, facts), body=map_expressions(s.body, facts, visit))
        case If():
            then = map_expressions(s.then, facts.with_cond(s.cond), visit)
            orelse = map_expressions(s.orelse, facts.with_cond(s.cond, False), visit)
            return replace(s, cond=visit(s.cond, facts), then=then, orelse=orelse)
        case _:
            return map_children(s, lambda n: visit(n, facts) if isinstance(n, Expr) else n)


def map_parts(e: Expr, facts: Facts, visit: Visit) -> Expr:
    """``e`` with visit applied to every part, inner parts first, under the conditions that guard it."""
    match e:
        case Select():
            then = map_parts(e.then, facts.with_cond(e.cond), visit)
            orelse = map_parts(e.orelse, facts.with_cond(e.cond, False), visit)
            return visit(replace(e, cond=map_parts(e.cond, facts, visit), then=then, orelse=orelse), facts)
        case _:
            return visit(map_children(e, lambda n: map_parts(n, facts, visit)), facts)


def in_range(value: Expr, lo: Expr | None, hi: Expr | None) -> list[Expr]:
    """Conditions lo <= value and value < hi."""
    out: list[Expr] = []
    if lo is not None:
        out.append(Binary("ge", value, as_type(lo, value.dtype)))
    if hi is not None:
        out.append(Binary("lt", value, as_type(hi, value.dtype)))
    return out


def is_condition(e: Expr) -> bool:
    return e.dtype == BOOL


def variable(loop: For) -> Var:
    return Var(loop.var, loop.dtype)
