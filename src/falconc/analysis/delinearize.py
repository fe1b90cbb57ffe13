"""Flat indices as several subscripts: row * K + col as (row, col), where the ranges show that this loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from falconc.analysis.accesses import Access
from falconc.ir.affine import Monomial, Poly
from falconc.ir.nodes import Expr
from falconc.ir.walk import buffers_read, variables


def subscripts(accesses: Sequence[Access], fixed: frozenset[str]) -> list[tuple[Poly, ...]] | None:
    """For flat accesses to one memory: tuples that are equal just where the indices are; None if not shown.

    ``fixed``: names with one value during the whole loop. Products of them are the strides; every lower part is
    proved to lie between 0 and the next stride.
    """
    flat = [a.index[0] for a in accesses]
    if any(p is None for p in flat):
        return None
    polys = [p for p in flat if p is not None]
    strides = sorted({_stride(m, fixed) for p in polys for m, _ in p.terms}, key=len)
    strides = [s for s in strides if s]
    if not strides:
        return [(p,) for p in polys]
    for small, large in pairwise(strides):
        if _quotient(large, small) is None:
            return None
    out: list[tuple[Poly, ...]] = []
    for access, p in zip(accesses, polys, strict=True):
        parts = _parts(p, strides)
        if not _in_range(access, parts, strides):
            return None
        out.append(parts)
    return out


def _stride(m: Monomial, fixed: frozenset[str]) -> Monomial:
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


def _parts(p: Poly, strides: list[Monomial]) -> tuple[Poly, ...]:
    """Factors of the strides, largest first, and the rest."""
    out: list[Poly] = []
    for s in reversed(strides):
        q: dict[Monomial, int] = {}
        rest: dict[Monomial, int] = {}
        for m, c in p.terms:
            quotient = _quotient(m, s)
            if quotient is None:
                rest[m] = c
            else:
                q[quotient] = c
        out.append(Poly.of(q))
        p = Poly.of(rest)
    return (*out, p)


def _in_range(access: Access, parts: tuple[Poly, ...], strides: list[Monomial]) -> bool:
    below: Monomial = ()
    for part, stride in zip(reversed(parts[1:]), strides, strict=True):
        ratio = _quotient(stride, below)
        if ratio is None:
            return False
        size = Poly.of({ratio: 1})
        ranges = access.ranges
        if not (ranges.nonnegative(part) and ranges.nonnegative(size - part - Poly.const(1))):
            return False
        below = stride
    return True
