"""Integer expressions as polynomials over atoms, and what is known to be non-negative about them.

An atom is a variable or an integer expression that is no polynomial. Signed arithmetic is taken not to overflow (C
leaves overflow undefined); unsigned arithmetic counts as a polynomial only where nothing in it can wrap: sums and
products of loop variables and small constants, as thread and block indices give.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from math import prod

from falconc.ir.nodes import Binary, Cast, Const, Expr, Unary, Var
from falconc.ir.types import BOOL, DType

Monomial = tuple[Expr, ...]
_DEPTH = 6


@cache
def _rank(atom: Expr) -> str:
    return repr(atom)


def _key(atoms: Iterable[Expr]) -> Monomial:
    return tuple(sorted(atoms, key=_rank))


@dataclass(frozen=True, eq=False)
class Poly:
    """Sum of coefficient * product of atoms. ``shown``: each product in the order in which it was written."""

    terms: dict[Monomial, int]
    shown: dict[Monomial, Monomial] = field(default_factory=dict[Monomial, Monomial])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __add__(self, other: Poly) -> Poly:
        terms = dict(self.terms)
        for m, c in other.terms.items():
            terms[m] = terms.get(m, 0) + c
        return Poly({m: c for m, c in terms.items() if c}, {**other.shown, **self.shown})

    def scaled(self, factor: int) -> Poly:
        return Poly({m: c * factor for m, c in self.terms.items() if factor}, self.shown)

    def __sub__(self, other: Poly) -> Poly:
        return self + other.scaled(-1)

    def __mul__(self, other: Poly) -> Poly:
        terms: dict[Monomial, int] = {}
        shown: dict[Monomial, Monomial] = {}
        for a, c in self.terms.items():
            for b, d in other.terms.items():
                m = _key((*a, *b))
                terms[m] = terms.get(m, 0) + c * d
                shown[m] = (*self.shown.get(a, a), *other.shown.get(b, b))
        return Poly({m: c for m, c in terms.items() if c}, shown)

    @property
    def constant(self) -> int | None:
        """The value, if no atom is left."""
        return self.terms.get((), 0) if not set(self.terms) - {()} else None

    @property
    def atoms(self) -> set[Expr]:
        return {a for m in self.terms for a in m}

    def mentions(self, name: str) -> bool:
        """Whether variable ``name`` occurs, also inside an atom that is no variable."""
        from falconc.ir.walk import variables

        return any(name in variables(a) for a in self.atoms)

    def split(self, atom: Expr) -> tuple[Poly, Poly] | None:
        """(f, rest) with self = f * atom + rest and atom in neither; None if it occurs otherwise."""
        factor: dict[Monomial, int] = {}
        rest: dict[Monomial, int] = {}
        shown = dict(self.shown)
        for m, c in self.terms.items():
            count = m.count(atom)
            if count > 1:
                return None
            if not count:
                rest[m] = c
                continue
            left = tuple(a for a in m if a != atom)
            factor[left] = c
            shown[left] = tuple(a for a in self.shown.get(m, m) if a != atom)
        return Poly(factor, shown), Poly(rest, self.shown)

    def replaced(self, atom: Expr, value: Poly) -> Poly | None:
        """``self`` with ``atom`` replaced, keeping the order of terms; None if it occurs to a higher power."""
        parts = self.split(atom)
        if parts is None:
            return None
        out = Poly({}, {})
        for m, c in self.terms.items():
            if atom not in m:
                out = out + Poly({m: c}, self.shown)
                continue
            product = Poly({(): c}, {})
            for a in self.shown.get(m, m):
                product = product * (value if a == atom else Poly({(a,): 1}))
            out = out + product
        return out


def const(value: int) -> Poly:
    return Poly({(): value} if value else {})


def atom(e: Expr) -> Poly:
    return Poly({(e,): 1})


class Facts:
    """What holds at a place of a program: polynomials known to be >= 0, and loop variables (they cannot wrap)."""

    def __init__(self, known: Iterable[Poly] = (), loops: Iterable[str] = ()) -> None:
        self.known: tuple[Poly, ...] = tuple(known)
        self.loops = frozenset(loops)
        self._proofs: dict[tuple[Poly, int], bool] = {}

    def with_loop(self, var: Var, lo: Poly | None, hi: Poly | None) -> Facts:
        """Inside a loop with lo <= var < hi."""
        here = atom(var)
        new = [here - lo] if lo is not None else []
        if hi is not None:
            new.append(hi - here - const(1))
        return Facts((*self.known, *new), self.loops | {var.name})

    def with_known(self, *more: Poly) -> Facts:
        return Facts((*self.known, *more), self.loops)

    def with_cond(self, cond: Expr, truth: bool = True) -> Facts:
        """Where ``cond`` is known to be ``truth``."""
        return self.with_known(*self.implied(cond, truth))

    def implied(self, cond: Expr, truth: bool) -> list[Poly]:
        """Polynomials that are >= 0 when ``cond`` is ``truth``."""
        match cond:
            case Binary(op="land") if truth:
                return self.implied(cond.left, True) + self.implied(cond.right, True)
            case Binary(op="lor") if not truth:
                return self.implied(cond.left, False) + self.implied(cond.right, False)
            case Unary(op="lnot"):
                return self.implied(cond.operand, not truth)
            case Binary() if cond.dtype == BOOL and cond.left.dtype.is_integer:
                return self._compared(cond, truth)
            case _:
                return []

    def _compared(self, cond: Binary, truth: bool) -> list[Poly]:
        gap = self.poly(cond.right) - self.poly(cond.left)
        match (cond.op, truth):
            case ("lt", True) | ("ge", False):
                return [gap - const(1)]
            case ("le", True) | ("gt", False):
                return [gap]
            case ("gt", True) | ("le", False):
                return [gap.scaled(-1) - const(1)]
            case ("ge", True) | ("lt", False):
                return [gap.scaled(-1)]
            case ("eq", True) | ("ne", False):
                return [gap, gap.scaled(-1)]
            case _:
                return []

    def decides(self, cond: Expr) -> bool | None:
        """The truth value of ``cond`` where it is certain."""
        match cond:
            case Const():
                return bool(cond.value)
            case Unary(op="lnot"):
                inner = self.decides(cond.operand)
                return None if inner is None else not inner
            case Binary(op="land" | "lor"):
                left, right = self.decides(cond.left), self.decides(cond.right)
                stop = cond.op == "lor"
                if left is stop or right is stop:
                    return stop
                return not stop if left is not None and right is not None else None
            case Binary(op="lt" | "le" | "gt" | "ge" | "eq" | "ne") if cond.left.dtype.is_integer:
                return self._decides_comparison(cond)
            case _:
                return None

    def _decides_comparison(self, cond: Binary) -> bool | None:
        positive = cond.op not in ("ne",)
        needed = self._compared(cond, positive)
        if needed and all(self.proves(p) for p in needed):
            return positive
        if cond.op in ("eq", "ne"):
            gap = self.poly(cond.right) - self.poly(cond.left)
            if self.proves(gap - const(1)) or self.proves(gap.scaled(-1) - const(1)):
                return cond.op == "ne"
            return None
        against = self._compared(cond, False)
        return False if against and all(self.proves(p) for p in against) else None

    def proves(self, p: Poly, depth: int = _DEPTH) -> bool:
        """Whether p >= 0 follows (False: not shown)."""
        value = p.constant
        if value is not None:
            return value >= 0
        found = self._proofs.get((p, depth))
        if found is None:
            self._proofs[p, depth] = False  # while it is being found out: a fact may lead back to it
            found = self._proofs[p, depth] = self._least(p) >= 0 or (depth > 0 and self._follows(p, depth))
        return found

    def _follows(self, p: Poly, depth: int) -> bool:
        """Whether p >= 0 follows from some fact and a smaller claim."""
        for m, c in p.terms.items():
            if m and c > 0 and all(self._natural(a) for a in m):
                if self.proves(p - Poly({m: c}), depth - 1):
                    return True
                break
        facts = (*self.known, *self._of_divisions(p))
        for m, c in p.terms.items():
            if not m:
                continue
            for fact in facts:
                d = fact.terms.get(m, 0)
                if d * c > 0 and c % d == 0 and self.proves(p - fact.scaled(c // d), depth - 1):
                    return True
        return False

    def _least(self, p: Poly) -> float:
        """A value that ``p`` is not below, from the types of its atoms and single facts about them."""
        total = 0.0
        for m, c in p.terms.items():
            lows = [0 if self._natural(a) else a.dtype.lowest for a in m]
            if c < 0:
                total += c * prod(max(-low, a.dtype.highest) for low, a in zip(lows, m, strict=True))
            elif any(low < 0 for low in lows):
                total -= c * prod(max(-low, a.dtype.highest) for low, a in zip(lows, m, strict=True))
            elif not m:
                total += c
        return total

    def _natural(self, a: Expr) -> bool:
        return not a.dtype.is_signed or any(f.terms == {(a,): 1} for f in self.known)

    def _of_divisions(self, p: Poly) -> list[Poly]:
        """C's x / c satisfies c * (x / c) >= x - (c - 1), and c * (x / c) <= x for x >= 0."""
        out: list[Poly] = []
        for a in p.atoms:
            if isinstance(a, Binary) and a.op in ("div", "floordiv", "mod") and isinstance(a.right, Const):
                c = int(a.right.value)
                if c <= 0:
                    continue
                x = self.poly(a.left)
                if a.op == "mod":
                    out.append(const(c - 1) - atom(a))
                    out += [atom(a), x - atom(a)] if self.proves(x, 2) else []
                    continue
                out.append(atom(a).scaled(c) - x + const(c - 1))
                if a.op == "floordiv" or self.proves(x, 2):
                    out.append(x - atom(a).scaled(c))
        return out

    # --- expressions to polynomials

    def poly(self, e: Expr) -> Poly:
        """``e`` (integer) as a polynomial."""
        match e:
            case Const():
                return const(int(e.value))
            case Var():
                return atom(e)
            case Cast() if e.dtype.kind in ("int", "uint") and e.operand.dtype.kind in ("int", "uint"):
                inner = self.poly(e.operand)
                if self._keeps(inner, e.operand.dtype, e.dtype):
                    return inner
                return self._wrapped_back(e) or atom(e)
            case Unary(op="neg") if e.dtype.is_signed:
                return self.poly(e.operand).scaled(-1)
            case Binary(op="add" | "sub" | "mul") if e.dtype.kind in ("int", "uint"):
                left, right = self.poly(e.left), self.poly(e.right)
                p = left * right if e.op == "mul" else left + (right if e.op == "add" else right.scaled(-1))
                return p if e.dtype.is_signed or self._cannot_wrap(p, e.dtype) else atom(e)
            case Binary(op="div" | "mod" | "floordiv" | "floormod") if isinstance(e.right, Const):
                return self._divided(e, int(e.right.value), e.op in ("div", "floordiv"))
            case Binary(op="shl") if isinstance(e.right, Const) and e.dtype.is_signed:
                return self.poly(e.left).scaled(1 << int(e.right.value))
            case Binary(op="shr") if isinstance(e.right, Const):
                return self._divided(e, 1 << int(e.right.value), quotient=True)
            case Binary(op="and") if isinstance(e.right, Const) and (int(e.right.value) + 1) & int(e.right.value) == 0:
                return self._divided(e, int(e.right.value) + 1, quotient=False)
            case _:
                return atom(e)

    def _divided(self, e: Binary, c: int, quotient: bool) -> Poly:
        if c <= 0:
            return atom(e)
        parts = self.divmod(self.poly(e.left), c)
        if parts is None:
            return atom(e)
        return parts[0] if quotient else parts[1]

    def divmod(self, p: Poly, c: int) -> tuple[Poly, Poly] | None:
        """(q, r) with p = c * q + r, 0 <= r < c and q >= 0; None where this cannot be read off."""
        q = Poly({m: v // c for m, v in p.terms.items() if v % c == 0 or (not m and v // c)}, p.shown)
        r = p - q.scaled(c)
        if self.proves(r) and self.proves(const(c - 1) - r) and self.proves(q):
            return q, r
        return None

    def _wrapped_back(self, e: Cast) -> Poly | None:
        """``(int)(unsigned)``: sums of thread numbers that may pass below zero on the way are right in the end."""
        source = e.operand.dtype
        if source.is_signed or not e.dtype.is_signed or source.bits != e.dtype.bits:
            return None
        p = self._ring(e.operand)
        if all(isinstance(a, Var) and a.name in self.loops for a in p.atoms):
            return p if all(abs(c) <= 1 << 20 for m, c in p.terms.items() if m) else None
        return None

    def _ring(self, e: Expr) -> Poly:
        """+ - * of an unsigned type as if nothing wrapped."""
        match e:
            case Binary(op="add"):
                return self._ring(e.left) + self._ring(e.right)
            case Binary(op="sub"):
                return self._ring(e.left) - self._ring(e.right)
            case Binary(op="mul"):
                return self._ring(e.left) * self._ring(e.right)
            case Const():
                value = int(e.value)
                return const(value - (1 << e.dtype.bits) if value > e.dtype.highest // 2 else value)
            case _:
                return self.poly(e)

    def _keeps(self, p: Poly, source: DType, target: DType) -> bool:
        """Whether a conversion keeps the value."""
        if source.is_signed:
            if target.bits < source.bits:
                return self._cannot_wrap(p, target) and (target.is_signed or self.proves(p))
            return target.is_signed or self.proves(p)
        if target.bits > source.bits or (not target.is_signed and target.bits == source.bits):
            return True  # p is the value itself: what could wrap in the source's type is an atom
        return self._cannot_wrap(p, target)

    def _cannot_wrap(self, p: Poly, dtype: DType) -> bool:
        """Whether the value of ``p`` fits ``dtype`` for certain.

        Sums and products of loop variables and small constants do, as indices are (2**16 and more cut off bits on
        purpose). Others do where the types of the atoms are so small that even the largest values fit.
        """
        if p.constant is not None:
            return dtype.lowest <= p.constant <= dtype.highest
        small = all(abs(c) <= dtype.highest >> 16 for m, c in p.terms.items() if m)
        if small and all(isinstance(a, Var) and a.name in self.loops for m in p.terms for a in m):
            if abs(p.terms.get((), 0)) > dtype.highest // 2:
                return False
            return all(c >= 0 for c in p.terms.values()) or self.proves(p)
        largest = 0
        for m, c in p.terms.items():
            if c < 0:
                return False
            largest += c * prod(a.dtype.highest for a in m)
        small = largest <= dtype.highest or self.proves(const(dtype.highest) - p, 3)
        return small and all(self._natural(a) or self.proves(atom(a), 3) for a in p.atoms)


def emit(p: Poly, dtype: DType) -> Expr:
    """``p`` as an expression of ``dtype``, positive terms first, in the order in which they were found."""
    result: Expr | None = None
    terms = [t for t in p.terms.items() if t[0]]
    terms.sort(key=lambda t: t[1] < 0)
    if p.terms.get((), 0):
        terms.append(((), p.terms[()]))
    for m, c in terms:
        size = abs(c)
        factors = [as_type(a, dtype) for a in p.shown.get(m, m)]
        if size != 1 or not factors:
            factors.append(Const(size, dtype))
        product = factors[0]
        for f in factors[1:]:
            product = Binary("mul", product, f)
        if result is None:
            result = product if c > 0 else _negative(product, dtype)
        else:
            result = Binary("add" if c > 0 else "sub", result, product)
    return result if result is not None else Const(0, dtype)


def _negative(e: Expr, dtype: DType) -> Expr:
    if isinstance(e, Const):
        return Const(dtype.wrap(-int(e.value)), dtype)
    return Unary("neg", e) if dtype.is_signed else Binary("sub", Const(0, dtype), e)


def as_type(e: Expr, dtype: DType) -> Expr:
    """``e`` converted; constants directly."""
    if e.dtype == dtype:
        return e
    if isinstance(e, Const) and e.dtype.is_integer and dtype.is_integer:
        return Const(dtype.wrap(int(e.value)), dtype)
    return Cast(dtype, e)
