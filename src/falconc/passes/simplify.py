"""Simplify: expressions in their shortest form, and nothing that is computed for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from falconc.ir.affine import cost
from falconc.ir.nodes import (
    Alloc,
    Body,
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
    Var,
    View,
    While,
)
from falconc.ir.ranges import Ranges
from falconc.ir.simplify_expr import simplify
from falconc.ir.walk import map_children, rewrite, substitute, variables, walk
from falconc.passes import Pass
from falconc.passes.names import is_numbered, readable
from falconc.platform import Platform

_SMALL = 12  # nodes: about what fits on a line beside its use


@dataclass(frozen=True, slots=True)
class Simplify(Pass):
    """Shorten expressions and drop dead code.

    Before: ``if ((0xffffffff >> i & 1) != 0 && x[i] > 0) ...; unused = 1``. After: ``if (x[i] > 0) ...``. A value that
    only the next statement uses, once, moves there; numbered names lose their number where that is free. Exact.
    """

    name: ClassVar[str] = "simplify"
    optional: ClassVar[bool] = True

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        body = _body(without_dead(kernel.body), Ranges())
        return readable(replace(kernel, body=without_dead(_moved(body))))

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        if cls().apply(kernel, platform) != kernel:
            yield cls()


def _body(body: Body, ranges: Ranges) -> Body:
    out: list[Stmt] = []
    for s in body:
        match s:
            case For():
                s = replace(s, lo=simplify(s.lo, ranges), hi=simplify(s.hi, ranges), step=simplify(s.step, ranges))
                out.append(replace(s, body=_body(s.body, ranges.loop(s))))
            case While():
                out.append(replace(s, cond=simplify(s.cond, ranges), body=_body(s.body, ranges)))
            case If():
                out += _branch(s, ranges)
            case Let():
                s = replace(s, value=simplify(s.value, ranges))
                ranges = ranges.let(s.name, s.value)
                out.append(s)
            case _:
                here = ranges
                out.append(map_children(s, lambda n, here=here: simplify(n, here) if isinstance(n, Expr) else n))
    return tuple(out)


def _branch(s: If, ranges: Ranges) -> Body:
    cond = simplify(s.cond, ranges)
    if isinstance(cond, Const):
        return _body(s.then if cond.value else s.orelse, ranges)
    then, orelse = _body(s.then, ranges.assume(cond)), _body(s.orelse, ranges.assume(cond, False))
    return (replace(s, cond=cond, then=then, orelse=orelse),)


def without_dead(body: Body) -> Body:
    """``body`` without private buffers that nobody reads, loops and branches that do nothing, and unused names."""
    while True:
        dead = _unread(body)
        used = variables(body)

        def visit(n: Node, dead: set[str] = dead, used: set[str] = used) -> Node | Body:
            match n:
                case Alloc() | View() if n.buffer.name in dead:
                    return ()
                case Store() | Update() if n.buffer in dead:
                    return ()
                case Update() if n.old and n.old not in used:
                    return replace(n, old="")
                case Let() if n.name not in used:
                    return ()
                case For() if not n.body:
                    return ()
                case If() if not n.then and not n.orelse:
                    return ()
                case _:
                    return n

        new: Body = rewrite(body, visit)
        if new is body:
            return body
        body = new


def _unread(body: Body) -> set[str]:
    """Private buffers whose values reach nothing but themselves."""
    private = {n.buffer.name for n in walk(body) if isinstance(n, Alloc)}
    private -= {n.base for n in walk(body) if isinstance(n, View)}
    read: set[str] = set()
    for n in walk(body):
        match n:
            case Store() if n.buffer in private:
                continue
            case Update() if n.buffer in private and n.old:
                read.add(n.buffer)
            case Load():
                read.add(n.buffer)
            case _:
                pass
    own = dict.fromkeys(private & read, 0)
    total = dict(own)
    for n in walk(body):
        if isinstance(n, Load) and n.buffer in total:
            total[n.buffer] += 1
        if isinstance(n, Store) and n.buffer in own:
            own[n.buffer] += sum(isinstance(m, Load) and m.buffer == n.buffer for m in walk(n))
        if isinstance(n, Update) and n.buffer in own and n.old:
            own[n.buffer] = -1
    alone = {name for name in own if own[name] == total[name]}
    return (private - read) | alone


def _moved(body: Body) -> Body:
    """Copies that only the next statement uses, once, moved into it."""
    uses: dict[str, int] = {}
    for n in walk(body):
        if isinstance(n, Var):
            uses[n.name] = uses.get(n.name, 0) + 1
    return _moved_list(body, uses)


def _moved_list(body: Body, uses: dict[str, int]) -> Body:
    out: list[Stmt] = []
    for s in body:
        last = out[-1] if out else None
        if isinstance(last, Let) and uses.get(last.name) == 1 and _may_move(last) and _takes(s, last.name):
            out.pop()
            s = substitute(s, {last.name: last.value})
        match s:
            case For() | While():
                s = replace(s, body=_moved_list(s.body, uses))
            case If():
                s = replace(s, then=_moved_list(s.then, uses), orelse=_moved_list(s.orelse, uses))
            case _:
                pass
        out.append(s)
    return tuple(out)


def _may_move(s: Let) -> bool:
    """A name that falconc gave, for an element or a small value."""
    return is_numbered(s.name) and (isinstance(s.value, Var | Load) or cost(s.value) <= _SMALL)


def _takes(s: Stmt, name: str) -> bool:
    """Whether ``s`` itself reads ``name``, before it changes anything."""
    return isinstance(s, Store | Let) and name in variables(s)
