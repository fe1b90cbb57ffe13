"""Flat indices as several subscripts: row * K + col as (row, col), where the ranges show that this loses nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from falconc.analysis.accesses import Access
from falconc.ir.affine import Monomial, Poly
from falconc.ir.nodes import Expr
from falconc.ir.walk import buffers_read, variables


@dataclass(frozen=True, slots=True)
class _Stride:
    """factor * sizes elements from one value of a subscript to the next."""

    factor: int
    sizes: Monomial

    @property
    def poly(self) -> Poly:
        return Poly.of({self.sizes: self.factor})


def subscripts(
    accesses: Sequence[Access], polys: Sequence[Poly | None], fixed: frozenset[str]
) -> list[tuple[Poly, ...]] | None:
    """For flat accesses to one memory at ``polys``: tuples that are equal just where those are; None if not shown.

    ``fixed``: names with one value during the whole loop. Products of them are the strides; every lower part is
    proved to lie between 0 and the next stride.
    """
    if any(p is None for p in polys):
        return None
    flat = [p for p in polys if p is not None]
    strides = _strides(flat, fixed)
    for small, large in pairwise(strides):
        if _quotient(large.sizes, small.sizes) is None or large.factor % small.factor:
            return None
    out: list[tuple[Poly, ...]] = []
    for access, p in zip(accesses, flat, strict=True):
        parts = _parts(p, strides)
        if not _in_range(access, parts, strides):
            return None
        out.append(parts)
    return out


def _strides(polys: Sequence[Poly], fixed: frozenset[str]) -> list[_Stride]:
    """The strides in use, smallest first."""
    factors: dict[Monomial, int] = {}
    for p in polys:
        for m, c in p.terms:
            sizes = _sizes(m, fixed)
            if sizes:
                factors[sizes] = math.gcd(factors.get(sizes, 0), c)
    return [_Stride(factors[m], m) for m in sorted(factors, key=len)]


def _sizes(m: Monomial, fixed: frozenset[str]) -> Monomial:
    """The sizes in a product, if something else is in it too."""
    sizes = tuple(a for a in m if variables(a) <= fixed and not buffers_read(a))
    return sizes if len(sizes) < len(m) else ()


def _quotient(large: Monomial, small: Monomial) -> Monomial | None:
    rest: list[Expr] = list(large)
    for a in small:
        if a not in rest:
            return None
        rest.remove(a)
    return tuple(rest)


def _parts(p: Poly, strides: list[_Stride]) -> tuple[Poly, ...]:
    """Factors of the strides, largest first, and the rest."""
    out: list[Poly] = []
    for s in reversed(strides):
        q: dict[Monomial, int] = {}
        rest: dict[Monomial, int] = {}
        for m, c in p.terms:
            quotient = _quotient(m, s.sizes)
            if quotient is None or c % s.factor:
                rest[m] = c
            else:
                q[quotient] = c // s.factor
        out.append(Poly.of(q))
        p = Poly.of(rest)
    return (*out, p)


def _in_range(access: Access, parts: tuple[Poly, ...], strides: list[_Stride]) -> bool:
    """Whether every part but the highest is at least 0 and less than what fits below the next stride."""
    below = _Stride(1, ())
    for part, stride in zip(reversed(parts[1:]), strides, strict=True):
        sizes = _quotient(stride.sizes, below.sizes)
        assert sizes is not None
        room = Poly.of({sizes: stride.factor // below.factor})
        ranges = access.ranges
        if not (ranges.nonnegative(part) and ranges.nonnegative(room - part - Poly.const(1))):
            return False
        below = stride
    return True
