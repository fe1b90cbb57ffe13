"""Early exits of threads as structure: what follows a `return` runs only in the threads that are still there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from falconc.analysis.uniformity import Uniformity, synchronisations
from falconc.errors import Unsupported
from falconc.ir.nodes import Alloc, Body, Buffer, Const, Expr, If, Load, Node, Return, Stmt, Store
from falconc.ir.types import BOOL
from falconc.ir.walk import walk
from falconc.passes.conditions import negated
from falconc.passes.names import Names


@dataclass(frozen=True, slots=True)
class Living(Node):
    """``body`` runs in the threads for which the private scalar ``alive`` holds; barriers in it wait for no others."""

    alive: str
    body: Body


def lower(body: Body, uniform: Uniformity, names: Names) -> Body:
    """``body`` without Return.

    Raises:
        Unsupported: a return inside a loop after which threads still meet.
    """
    for place, s in enumerate(body):
        if not any(isinstance(n, Return) for n in walk(s)):
            continue
        rest = body[place + 1 :]
        if isinstance(s, Return):
            return body[:place]
        if not isinstance(s, If):
            raise Unsupported("a return inside a loop of a kernel with barriers", "leave the loop with a flag", s.where)
        return (*body[:place], *_after(s, rest, uniform, names))
    return body


def _after(s: If, rest: Body, uniform: Uniformity, names: Names) -> Body:
    """``s``, which may end the thread, and what follows it."""
    then, orelse = _ends(s.then), _ends(s.orelse)
    meets = bool(synchronisations(rest))
    if (then or orelse) and (uniform.is_uniform(s.cond) or not meets):
        first = lower(s.then if then else (*s.then, *rest), uniform, names)
        second = lower(s.orelse if orelse else (*s.orelse, *rest), uniform, names)
        if not first:
            return (replace(s, cond=negated(s.cond), then=second, orelse=()),) if second else ()
        return (replace(s, then=first, orelse=second),)
    if not then or synchronisations((s,)) or any(isinstance(n, Return) for n in walk(s.orelse)):
        raise Unsupported("a return nested too deeply before a barrier", "return at the top of the kernel", s.where)
    alive = names.fresh("alive")
    flag = Load(alive, (), BOOL)
    first = lower(s.then, uniform, names)
    known: list[Stmt] = [Alloc(Buffer(alive, BOOL, (), "register")), Store(alive, (), _bool(s.cond))]
    inner: list[Stmt] = [If(negated(flag), first)] if first else []
    living = Living(alive, lower((*s.orelse, *rest), uniform, names))
    return (*known, *inner, living)  # pyright: ignore[reportReturnType]


def _bool(cond: Expr) -> Expr:
    return negated(cond) if not isinstance(cond, Const) else Const(not cond.value, BOOL)


def _ends(body: Body) -> bool:
    """Whether every way through ``body`` ends the thread."""
    if not body:
        return False
    last = body[-1]
    return isinstance(last, Return) or (isinstance(last, If) and _ends(last.then) and _ends(last.orelse))
