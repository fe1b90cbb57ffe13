"""Dependences between iterations of a loop: who touches what another iteration writes. Unknown counts as yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from falconc.analysis import accesses, presburger
from falconc.analysis.accesses import Access
from falconc.analysis.delinearize import subscripts
from falconc.ir.affine import Poly
from falconc.ir.nodes import (
    Apply,
    Barrier,
    Binary,
    Body,
    Break,
    Collective,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Return,
    Select,
    Stmt,
    Update,
    Var,
    View,
)
from falconc.ir.ranges import Ranges
from falconc.ir.walk import bound_names, buffers_read, buffers_written, variables, walk
from falconc.source import Span

_COMPARE = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=", "ne": "!="}
_OPPOSITE = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}


@dataclass(frozen=True, slots=True)
class Dependence:
    """Two iterations that may not be swapped. ``what`` names the memory and why; the spans are the two accesses."""

    what: str
    first: Span | None = None
    second: Span | None = None


def carried(kernel: Kernel, loop: For) -> Dependence | None:
    """A dependence between different iterations of ``loop``; None where it is proved that there is none.

    Different pointer parameters are taken to name different memory, atomic updates with one operation to commute.
    """
    return _carried(_Same(kernel), _Same(loop))


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """Compares by identity: comparing trees would take longer than the analysis."""

    node: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.node is other.node

    def __hash__(self) -> int:
        return id(self.node)


@lru_cache(maxsize=512)
def _carried(same_kernel: _Same, same_loop: _Same) -> Dependence | None:
    kernel, loop = cast(Kernel, same_kernel.node), cast(For, same_loop.node)
    control = _control(loop)
    if control is not None:
        return control
    by_memory: dict[str, list[Access]] = {}
    for a in accesses.collect(kernel, loop):
        by_memory.setdefault(a.memory, []).append(a)
    fixed, written = _fixed_names(kernel, loop), _written(kernel, loop)
    for memory, found in by_memory.items():
        if any(a.writes for a in found):
            dependence = _among(memory, found, loop, fixed, written)
            if dependence is not None:
                return dependence
    return None


def _control(loop: For) -> Dependence | None:
    """An iteration that decides about others."""

    def leaves(body: Body, own: bool) -> Stmt | None:
        for s in body:
            match s:
                case Return() | Barrier() | Collective():
                    return s
                case Break() if own:
                    return s
                case If():
                    found = leaves(s.then, own) or leaves(s.orelse, own)
                case _ if hasattr(s, "body"):
                    found = leaves(s.body, False)  # pyright: ignore
                case _:
                    found = None
            if found is not None:
                return found
        return None

    found = leaves(loop.body, True)
    return Dependence("an iteration may end the loop or waits for others", found.where) if found else None


def _fixed_names(kernel: Kernel, loop: For) -> frozenset[str]:
    """Scalars with one value during the whole loop."""
    inside = {loop.var, *bound_names(loop.body)}
    return frozenset((variables(loop) | {p.name for p in kernel.scalars}) - inside)


def _written(kernel: Kernel, loop: For) -> frozenset[str]:
    """Buffers that the loop may change, under all their names."""
    found = buffers_written(loop)
    views = [(n.buffer.name, n.base) for n in walk(kernel.body) if isinstance(n, View)]
    while True:
        more = {name for pair in views for name in pair if found & set(pair)} - found
        if not more:
            return frozenset(found)
        found |= more


@dataclass(frozen=True, slots=True)
class _Names:
    """fixed: with one value during the loop. written: buffers that it changes."""

    fixed: frozenset[str]
    written: frozenset[str]


Place = tuple[Access, tuple[Poly, ...]]


def _among(
    memory: str, found: list[Access], loop: For, fixed: frozenset[str], written: frozenset[str]
) -> Dependence | None:
    updates = [a.node for a in found if isinstance(a.node, Update)]
    if len(updates) == len(found) and len({(u.op, u.atomic, u.old) for u in updates}) == 1:
        (first, *_) = updates
        if first.atomic and not first.old and first.op not in ("exchange", "cas", "inc", "dec"):
            return None
    if len({a.size for a in found}) != 1:
        return Dependence(f"'{memory}' is read as elements of different sizes", found[0].node.where)
    of_loop = _Names(fixed, written)
    readings = _readings(found, fixed)
    if not readings:
        return Dependence(f"indices of '{memory}' that cannot be told apart", found[0].node.where)
    meeting: Dependence | None = None
    for parts, modulus in readings:
        places = list(zip(found, parts, strict=True))
        meeting = _first_meeting(memory, places, modulus, loop, of_loop)
        if meeting is None:
            return None
    return meeting


def _readings(found: list[Access], fixed: frozenset[str]) -> list[tuple[list[tuple[Poly, ...]], int]]:
    """Ways to tell elements apart: subscripts, and what they are equal modulo (0: equal).

    An array has less than 2 ** 63 bytes, so rows of it do not wrap around 64 bits."""
    ranks = {len(a.index) for a in found}
    exact = [tuple(p for p in a.index if p is not None) for a in found]
    out: list[tuple[list[tuple[Poly, ...]], int]] = []
    if ranks == {1}:
        wide = [a.wrapped if a.bits == 64 else a.index[0] for a in found]
        for flat in ([a.index[0] for a in found], wide):
            if (parts := subscripts(found, flat, fixed)) is not None and (parts, 0) not in out:
                out.append((parts, 0))
    if len(ranks) == 1 and all(len(e) == len(a.index) for e, a in zip(exact, found, strict=True)):
        out.append((exact, 0))
    wrapped = [(a.wrapped,) for a in found if a.wrapped is not None]
    if ranks == {1} and len(wrapped) == len(found) and len({a.bits for a in found}) == 1:
        out.append(([*wrapped], 1 << found[0].bits))
    return out


def _first_meeting(memory: str, places: list[Place], modulus: int, loop: For, of_loop: _Names) -> Dependence | None:
    for k, a in enumerate(places):
        for j, b in enumerate(places):
            if not a[0].writes or (b[0].writes and j < k):
                continue  # two reads, or looked at already
            if _may_meet(a, b, modulus, loop, of_loop):
                return Dependence(f"iterations meet in '{memory}'", a[0].node.where, b[0].node.where)
    return None


@dataclass(slots=True)
class _Instance:
    """One iteration written for isl: its variables carry ``mark``."""

    mark: str
    fixed: frozenset[str]
    written: frozenset[str]
    names: set[str]
    symbols: dict[Expr, str]
    constraints: list[str] = field(default_factory=list[str])

    def poly(self, p: Poly, ranges: Ranges) -> str:
        terms: list[str] = []
        for m, c in p.terms:
            if not m:
                terms.append(str(c))
            elif len(m) == 1:
                terms.append(f"{c} {self.atom(m[0], ranges)}")
            else:
                terms.append(f"{c} {self.symbol(_product(m))}")
        return "(" + (" + ".join(terms) or "0") + ")"

    def atom(self, e: Expr, ranges: Ranges) -> str:
        match e:
            case Var():
                return self.name(f"v_{e.name}", e.name in self.fixed)
            case Binary(op="div" | "floordiv" | "mod" | "floormod") if isinstance(c := e.right, Const) and c.value > 0:
                inner = ranges.expanded(ranges.poly(e.left))
                if e.op in ("floordiv", "floormod") or ranges.nonnegative(inner):
                    text = self.poly(inner, ranges)
                    divided = f"floor({text}/{int(c.value)})"
                    return self.named(divided if e.op in ("div", "floordiv") else f"({text} mod {int(c.value)})")
                return self.symbol(e)
            case _:
                return self.symbol(e)

    def named(self, text: str) -> str:
        """A variable equal to ``text``."""
        name = f"q{len(self.names)}"
        self.names.add(name)
        self.constraints.append(f"{name} = {text}")
        return name

    def name(self, name: str, shared: bool) -> str:
        whole = name if shared else name + self.mark
        self.names.add(whole)
        return whole

    def symbol(self, e: Expr) -> str:
        """A name for a value that is not looked into: one for both iterations only if it cannot change."""
        number = self.symbols.setdefault(e, f"s{len(self.symbols)}")
        return self.name(number, variables(e) <= self.fixed and not buffers_read(e) & self.written)

    def loop(self, loop: For, ranges: Ranges) -> None:
        var = self.name(f"v_{loop.var}", False)
        lo = self.poly(ranges.expanded(ranges.poly(loop.lo)), ranges)
        self.constraints.append(f"{loop.dtype.lowest} <= {var} <= {loop.dtype.highest}")
        self.constraints.append(f"{lo} <= {var}")
        for end in _ends(loop.hi, ranges):
            self.constraints.append(f"{var} < {self.poly(ranges.expanded(ranges.poly(end)), ranges)}")
        step = loop.step.value if isinstance(loop.step, Const) else 1
        if step > 1:
            self.constraints.append(f"({var} - {lo}) mod {int(step)} = 0")

    def guard(self, cond: Expr, outcome: bool, ranges: Ranges) -> None:
        match cond:
            case Var() if cond.name in ranges.defs:
                self.guard(ranges.defs[cond.name], outcome, ranges)
            case Binary(op="land") if outcome:
                self.guard(cond.left, True, ranges)
                self.guard(cond.right, True, ranges)
            case Binary(op="lor") if not outcome:
                self.guard(cond.left, False, ranges)
                self.guard(cond.right, False, ranges)
            case Binary() if cond.op in _COMPARE and cond.left.dtype.is_integer and cond.left.dtype.kind != "bool":
                op = cond.op if outcome else _OPPOSITE[cond.op]
                sides = [self.poly(ranges.expanded(ranges.poly(e)), ranges) for e in (cond.left, cond.right)]
                self.constraints.append(f"{sides[0]} {_COMPARE[op]} {sides[1]}")
            case _:
                pass


def _ends(hi: Expr, ranges: Ranges) -> list[Expr]:
    """What the variable of a loop up to ``hi`` stays below: both sides of a minimum."""
    match hi:
        case Var() if hi.name in ranges.defs:
            return _ends(ranges.defs[hi.name], ranges)
        case Binary(op="min"):
            return [*_ends(hi.left, ranges), *_ends(hi.right, ranges)]
        case Select(cond=Binary(op="lt" | "le", left=a, right=b)) if (hi.then, hi.orelse) == (a, b):
            return [*_ends(a, ranges), *_ends(b, ranges)]
        case Select(cond=Binary(op="gt" | "ge", left=a, right=b)) if (hi.then, hi.orelse) == (b, a):
            return [*_ends(a, ranges), *_ends(b, ranges)]
        case _:
            return [hi]


def _product(m: Sequence[Expr]) -> Expr:
    """A product as one opaque value (only its identity counts)."""
    out = m[0]
    for e in m[1:]:
        out = Apply("product", (out, e), out.dtype)
    return out


def _may_meet(a: Place, b: Place, modulus: int, loop: For, of_loop: _Names) -> bool:
    """Whether access ``a`` of one iteration and ``b`` of another can touch one element (modulo ``modulus``, if any)."""
    if len(a[1]) != len(b[1]):
        return True
    names: set[str] = set()
    symbols: dict[Expr, str] = {}
    texts: list[list[str]] = []
    constraints: list[str] = []
    for (access, parts), mark in ((a, "_1"), (b, "_2")):
        here = _Instance(mark, of_loop.fixed, of_loop.written, names, symbols)
        here.loop(loop, access.ranges)
        for inner in access.loops:
            here.loop(inner, access.ranges)
        for cond, outcome in access.guards:
            here.guard(cond, outcome, access.ranges)
        texts.append([here.poly(p, access.ranges) for p in parts])
        constraints += here.constraints
    turns = f" + {modulus} turns" if modulus else ""
    names |= {"turns"} if modulus else set()
    constraints += [f"{x} = {y}{turns}" for x, y in zip(*texts, strict=True)]
    constraints.append(f"v_{loop.var}_1 != v_{loop.var}_2")
    return not presburger.is_empty(names, constraints)
