"""Integer expressions as polynomials over opaque terms: the normal form behind simplification and analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from falconc.ir.nodes import Binary, Cast, Const, Expr, Unary, Var
from falconc.ir.types import DType
from falconc.ir.walk import walk

Monomial = tuple[Expr, ...]  # a product of atoms, in canonical order; () is the constant


@lru_cache(maxsize=1 << 16)
def _rank(atom: Expr) -> str:
    return atom.name if isinstance(atom, Var) else "~" + repr(atom)


@dataclass(frozen=True, slots=True)
class Poly:
    """A sum of monomials with integer coefficients, in mathematical integers. Zero terms are absent."""

    terms: tuple[tuple[Monomial, int], ...] = ()

    @staticmethod
    def of(terms: Mapping[Monomial, int]) -> Poly:
        return Poly(tuple((m, c) for m, c in terms.items() if c))

    @staticmethod
    def const(value: int) -> Poly:
        return Poly((((), value),)) if value else Poly()

    @staticmethod
    def atom(e: Expr) -> Poly:
        return Poly((((e,), 1),))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and dict(self.terms) == dict(other.terms)

    def __hash__(self) -> int:
        return hash(frozenset(self.terms))

    def __add__(self, other: Poly) -> Poly:
        out = dict(self.terms)
        for m, c in other.terms:
            out[m] = out.get(m, 0) + c
        return Poly.of(out)

    def __neg__(self) -> Poly:
        return Poly(tuple((m, -c) for m, c in self.terms))

    def __sub__(self, other: Poly) -> Poly:
        return self + -other

    def __mul__(self, other: Poly | int) -> Poly:
        if isinstance(other, int):
            return Poly.of({m: c * other for m, c in self.terms})
        out: dict[Monomial, int] = {}
        for m, c in self.terms:
            for n, d in other.terms:
                key = tuple(sorted(m + n, key=_rank))
                out[key] = out.get(key, 0) + c * d
        return Poly.of(out)

    @property
    def constant(self) -> int | None:
        """The value, if this is a constant."""
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    @property
    def offset(self) -> int:
        """The constant term."""
        return dict(self.terms).get((), 0)

    def atoms(self) -> set[Expr]:
        return {a for m, _ in self.terms for a in m}

    def split(self, atom: Expr) -> tuple[Poly, Poly] | None:
        """(k, r) with self = k * atom + r, neither mentioning atom; None where it is not linear in atom."""
        k: dict[Monomial, int] = {}
        r: dict[Monomial, int] = {}
        for m, c in self.terms:
            match m.count(atom):
                case 0:
                    r[m] = c
                case 1:
                    i = m.index(atom)
                    k[m[:i] + m[i + 1 :]] = c
                case _:
                    return None
        return Poly.of(k), Poly.of(r)

    def divided(self, divisor: int) -> Poly | None:
        """The exact quotient by a constant."""
        if any(c % divisor for _, c in self.terms):
            return None
        return Poly(tuple((m, c // divisor) for m, c in self.terms))

    def by_divisor(self, divisor: Poly) -> tuple[Poly, Poly] | None:
        """(q, r) with self = q * divisor + r, for a divisor of one term: what it divides goes to q."""
        if len(divisor.terms) != 1:
            return None
        ((unit, factor),) = divisor.terms
        q: dict[Monomial, int] = {}
        r: dict[Monomial, int] = {}
        for m, c in self.terms:
            rest = _without(m, unit)
            if rest is None:
                r[m] = c
                continue
            whole = c // factor
            if whole:
                q[rest] = whole
            if c - whole * factor:
                r[m] = c - whole * factor
        return Poly.of(q), Poly.of(r)

    def substituted(self, values: Callable[[Expr], Poly | None]) -> Poly:
        """Every atom replaced by the polynomial that ``values`` gives for it (None: kept)."""
        found = {a: p for a in self.atoms() if (p := values(a)) is not None}
        if not found:
            return self
        out = Poly()
        for m, c in self.terms:
            product = Poly.const(c)
            for a in m:
                product = product * found.get(a, Poly.atom(a))
            out = out + product
        return out

    def wrapped(self, dtype: DType) -> Poly:
        """Coefficients reduced modulo the type's size, nearest to zero: the same value in wrapping arithmetic."""
        size = 1 << dtype.bits
        return Poly.of({m: (c + size // 2) % size - size // 2 for m, c in self.terms})


def _without(m: Monomial, unit: Monomial) -> Monomial | None:
    rest = list(m)
    for a in unit:
        if a not in rest:
            return None
        rest.remove(a)
    return tuple(rest)


def ring(e: Expr) -> Poly:
    """The + - * tree on top of ``e`` as a polynomial over its other subexpressions. Exact in wrapping arithmetic of
    e's own type, whatever the values: no casts are crossed."""
    match e:
        case Const():
            return Poly.const(int(e.value))
        case Binary(op="add"):
            return ring(e.left) + ring(e.right)
        case Binary(op="sub"):
            return ring(e.left) - ring(e.right)
        case Binary(op="mul"):
            return ring(e.left) * ring(e.right)
        case Unary(op="neg"):
            return -ring(e.operand)
        case _:
            return Poly.atom(e)


# --- polynomials back to expressions ---------------------------------------------------------------------------


def cost(e: Expr) -> int:
    """How much there is to read and to compute in an expression."""
    total = 0
    for n in walk(e):
        total += 4 if isinstance(n, Binary) and n.op in ("div", "mod", "floordiv", "floormod") else 1
        if isinstance(n, Const) and n.dtype.is_signed and n.value < 0:
            total += 1
    return total


def appearance(*exprs: Expr) -> dict[Expr, int]:
    """Subexpressions by where they first appear: the author's order of factors."""
    order: dict[Expr, int] = {}
    for e in exprs:
        for n in walk(e):
            if isinstance(n, Expr):
                order.setdefault(n, len(order))
    return order


def build(poly: Poly, dtype: DType, order: Mapping[Expr, int]) -> Expr:
    """An expression of an integer type with the value of ``poly``, common factors taken out as a person would."""
    return _Builder(dtype, order).sum(list(poly.wrapped(dtype).terms))


Term = tuple[Monomial, int]


@dataclass(frozen=True, slots=True)
class _Builder:
    dtype: DType
    order: Mapping[Expr, int]

    def sum(self, terms: list[Term]) -> Expr:
        if not terms:
            return Const(0, self.dtype)
        factor = self._common(terms)
        if factor is not None:
            return self._factored(terms, factor)
        terms = sorted(terms, key=lambda t: (not t[0], t[1] < 0))  # constants last, a positive term first
        out: Expr | None = None
        for m, c in terms:
            out = self._joined(out, self._product(m, abs(c)), negative=c < 0)
        assert out is not None
        return out

    def _joined(self, left: Expr | None, right: Expr, *, negative: bool) -> Expr:
        if left is not None:
            return Binary("sub" if negative else "add", left, right)
        if not negative:
            return right
        if isinstance(right, Const):
            return Const(self.dtype.wrap(-int(right.value)), self.dtype)
        return Unary("neg", right)

    def _product(self, m: Monomial, c: int) -> Expr:
        out: Expr | None = None
        for a in sorted(m, key=lambda a: self.order.get(a, len(self.order))):
            typed = a if a.dtype == self.dtype else Cast(self.dtype, a)
            out = typed if out is None else Binary("mul", out, typed)
        constant = Const(self.dtype.wrap(c), self.dtype)
        if out is None:
            return constant
        return out if c == 1 else Binary("mul", out, constant)

    def _common(self, terms: list[Term]) -> Expr | None:
        """The atom that most terms share, if two do and it is not all there is to one of them."""
        counts: dict[Expr, int] = {}
        for m, _ in terms:
            for a in set(m):
                counts[a] = counts.get(a, 0) + 1
        shared = [a for a, n in counts.items() if n > 1]
        return max(shared, key=lambda a: (counts[a], self.order.get(a, -1)), default=None)

    def _factored(self, terms: list[Term], factor: Expr) -> Expr:
        inside: list[Term] = []
        rest: list[Term] = []
        for m, c in terms:
            if factor in m:
                i = m.index(factor)
                inside.append((m[:i] + m[i + 1 :], c))
            else:
                rest.append((m, c))
        typed = factor if factor.dtype == self.dtype else Cast(self.dtype, factor)
        product = Binary("mul", self.sum(inside), typed)
        if not rest:
            return product
        other = self.sum(rest)
        if isinstance(other, Unary) and other.op == "neg":
            return Binary("sub", product, other.operand)
        if isinstance(other, Const) and other.dtype.is_signed and other.value < 0:
            return Binary("sub", product, Const(-int(other.value), self.dtype))
        if all(c < 0 for _, c in rest):
            return Binary("sub", product, self.sum([(m, -c) for m, c in rest]))
        return _appended(product, other)


def _appended(left: Expr, right: Expr) -> Expr:
    """left + right as one chain."""
    if isinstance(right, Binary) and right.op in ("add", "sub"):
        return Binary(right.op, _appended(left, right.left), right.right)
    return Binary("add", left, right)


def total(polys: Iterable[Poly]) -> Poly:
    """The sum of polynomials."""
    out = Poly()
    for p in polys:
        out = out + p
    return out
