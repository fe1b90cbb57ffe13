"""Simplifies expressions, exactly: an expression changes only into a cheaper one of the same value."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeGuard, cast

from falconc.errors import KernelFault
from falconc.ir import arithmetic
from falconc.ir.affine import Poly, appearance, build, cost, ring
from falconc.ir.nodes import (
    COMPARE_OPS,
    Apply,
    Binary,
    BinaryOp,
    Cast,
    Const,
    Expr,
    Select,
    Unary,
    Var,
)
from falconc.ir.ranges import Ranges
from falconc.ir.types import BOOL, DType
from falconc.ir.walk import map_children

INVERSE: dict[str, BinaryOp] = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}
_TRUE, _FALSE = Const(True, BOOL), Const(False, BOOL)


def simplify(e: Expr, ranges: Ranges) -> Expr:
    """``e`` in its simplest known form where ``ranges`` hold; the same object when there is none simpler."""
    match e:
        case Select():
            return _select(e, ranges)
        case Binary(op="land" | "lor"):
            return _logical(e, ranges)
        case _:
            inner = cast(Expr, map_children(e, lambda child: simplify(child, ranges)))
            return _node(inner, ranges)


def _node(e: Expr, ranges: Ranges) -> Expr:
    match e:
        case Binary():
            if isinstance(e.left, Const) and isinstance(e.right, Const):
                return _folded(e)
            if e.op in COMPARE_OPS:
                return _comparison(e, ranges)
            return _integer(e, ranges) if e.dtype.is_integer else _float(e)
        case Unary():
            return _unary(e, ranges)
        case Cast():
            return _cast(e, ranges)
        case Apply() if e.function == "bitcast":
            return e.args[0] if e.args[0].dtype == e.dtype else e
        case _:
            return e


def constant(value: arithmetic.Value, dtype: DType) -> Const:
    """A Const of a computed value."""
    return Const(bool(value) if dtype == BOOL else value, dtype)


def _folded(e: Binary) -> Expr:
    assert isinstance(e.left, Const) and isinstance(e.right, Const)
    try:
        value = arithmetic.binary(e.op, e.left.value, e.right.value, e.left.dtype)
    except KernelFault:
        return e
    if isinstance(value, float) and not math.isfinite(value):
        return e
    return constant(value, e.dtype)


def _unary(e: Unary, ranges: Ranges) -> Expr:
    inner = e.operand
    if isinstance(inner, Const):
        return constant(arithmetic.unary(e.op, inner.value, inner.dtype), e.dtype)
    if isinstance(inner, Unary) and inner.op == e.op:
        return inner.operand
    if e.op == "lnot":
        return negation(inner) if isinstance(inner, Binary) and inner.op in INVERSE else e
    return _ring(e) if e.op == "neg" and e.dtype.is_integer else e


def negation(cond: Expr) -> Expr:
    """The opposite of a condition, in its shortest form."""
    match cond:
        case Const():
            return Const(not cond.value, BOOL)
        case Unary(op="lnot"):
            return cond.operand
        case Binary() if cond.op in INVERSE and (cond.left.dtype.is_integer or cond.op in ("eq", "ne")):
            return replace(cond, op=INVERSE[cond.op])
        case _:
            return Unary("lnot", cond)


# --- integers --------------------------------------------------------------------------------------------------


def _integer(e: Binary, ranges: Ranges) -> Expr:
    match e.op:
        case "add" | "sub" | "mul":
            return _ring(e)
        case "div" | "mod" | "floordiv" | "floormod" | "shr" | "and":
            return _identity(e, ranges) or _divided(e, ranges)
        case "min" | "max":
            return _extremum(e, ranges)
        case _:
            return _identity(e, ranges) or e


def _ring(e: Expr) -> Expr:
    """Like terms collected, constants folded: exact in wrapping arithmetic."""
    return cheaper(build(ring(e), e.dtype, appearance(e)), e)


def cheaper(new: Expr, old: Expr) -> Expr:
    """``new`` if it is less to read than ``old``."""
    return new if cost(new) < cost(old) else old


def _divided(e: Binary, ranges: Ranges) -> Expr:
    """A quotient or remainder that the ranges decide."""
    value = ranges.poly(e)
    if value == Poly.atom(e):
        return _nested_division(e)
    if not all(_same_or_narrower(a.dtype, e.dtype) for a in value.atoms()):
        return e
    return cheaper(build(value, e.dtype, appearance(e)), e)


def _same_or_narrower(a: DType, b: DType) -> bool:
    return a.is_integer and b.lowest <= a.lowest and a.highest <= b.highest


def _nested_division(e: Binary) -> Expr:
    """(x / a) / b is x / (a * b) for positive constants."""
    inner = e.left
    if e.op not in ("div", "floordiv") or not (isinstance(inner, Binary) and inner.op == e.op):
        return e
    if not (
        isinstance(e.right, Const) and isinstance(inner.right, Const) and min(e.right.value, inner.right.value) > 0
    ):
        return e
    product = int(e.right.value) * int(inner.right.value)
    return Binary(e.op, inner.left, Const(product, e.dtype)) if product <= e.dtype.highest else e


def _identity(e: Binary, ranges: Ranges) -> Expr | None:
    """Neutral and absorbing operands."""
    left, right = (x.value if isinstance(x, Const) else None for x in (e.left, e.right))
    zero = Const(False if e.dtype == BOOL else 0, e.dtype)
    match e.op:
        case "div" | "floordiv":
            return e.left if right == 1 else None
        case "mod" | "floormod":
            return zero if right == 1 else None
        case "shl" | "shr":
            return e.left if right == 0 else None
        case "xor" | "or":
            return e.left if right == 0 else e.right if left == 0 else None
        case "and":
            if 0 in (left, right):
                return zero
            if right == 1 and _is_set(e.left, ranges):
                return e.right
            if isinstance(e.right, Const) and e.right.value > 0 and not int(e.right.value) & int(e.right.value) + 1:
                lo, hi = ranges.interval(ranges.poly(e.left))
                if lo is not None and hi is not None and lo >= 0 and hi <= e.right.value:
                    return e.left
            return None
        case _:
            return None


def _is_set(e: Expr, ranges: Ranges) -> bool:
    """Whether ``e`` is a mask of low bits shifted down by so little that its lowest bit is still one of them."""
    if not (isinstance(e, Binary) and e.op == "shr" and isinstance(mask := e.left, Const) and mask.value > 0):
        return False
    bits = int(mask.value).bit_length()
    if int(mask.value) & (int(mask.value) + 1):
        return False
    lo, hi = ranges.interval(ranges.poly(e.right))
    return lo is not None and hi is not None and lo >= 0 and hi < bits


def _extremum(e: Binary, ranges: Ranges) -> Expr:
    if e.left == e.right:
        return e.left
    if e.left.dtype == BOOL:
        return e
    difference = ranges.poly(e.right) - ranges.poly(e.left)
    if ranges.nonnegative(difference):
        return e.left if e.op == "min" else e.right
    if ranges.nonnegative(-difference):
        return e.right if e.op == "min" else e.left
    return e


def _comparison(e: Binary, ranges: Ranges) -> Expr:
    dtype = e.left.dtype
    if dtype == BOOL:
        return _bool_comparison(e)
    if not dtype.is_integer:
        known = ranges.known.get(e)
        return e if known is None else Const(known, BOOL)
    if e.op in ("eq", "ne") and e.right == Const(0, dtype) and _is_truth(e.left):
        truth = e.left.operand
        return truth if e.op == "ne" else negation(truth)
    outcome = ranges.decide(e)
    if outcome is not None:
        return Const(outcome, BOOL)
    if e.op in ("eq", "ne"):
        return e
    return _normalised(e, ranges)


def _is_truth(e: Expr) -> TypeGuard[Cast]:
    """Whether ``e`` is a bool as a number."""
    return isinstance(e, Cast) and e.operand.dtype == BOOL


def _plain(p: Poly) -> bool:
    """Whether computing ``p`` takes no arithmetic that could overflow."""
    return not p.terms or (
        len(p.terms) == 1 and (not p.terms[0][0] or (len(p.terms[0][0]) == 1 and p.terms[0][1] == 1))
    )


def _bool_comparison(e: Binary) -> Expr:
    if e.op in ("eq", "ne"):
        for side, other in ((e.left, e.right), (e.right, e.left)):
            if isinstance(side, Const):
                return other if bool(side.value) == (e.op == "eq") else negation(other)
    return e


def _normalised(e: Binary, ranges: Ranges) -> Expr:
    """i + 1 <= n as i < n; equal terms and a common factor taken off both sides."""
    dtype = e.left.dtype
    left, right = ranges.poly(e.left), ranges.poly(e.right)
    if not all(_same_or_narrower(a.dtype, dtype) for a in (left + right).atoms() | (left - right).atoms()):
        return e
    strict = e.op in ("lt", "gt")
    slack = right - left if e.op in ("lt", "le") else left - right  # >= 0, or > 0 if strict
    if strict:
        slack = slack - Poly.const(1)
    factor = math.gcd(*(c for m, c in slack.terms if m))
    if factor > 1:
        rest = Poly.of({m: c // factor for m, c in slack.terms if m})
        slack = rest + Poly.const(slack.offset // factor)
    best: Expr = e
    order = appearance(e)
    for as_strict in (True, False):
        p = slack + Poly.const(int(as_strict))
        above = Poly.of({m: c for m, c in p.terms if c > 0})
        below = Poly.of({m: -c for m, c in p.terms if c < 0})
        if not all(_plain(side) or side in (left, right) or ranges.fits(side, dtype) for side in (above, below)):
            continue
        small, large = build(below, dtype, order), build(above, dtype, order)
        swapped = e.op in ("gt", "ge")
        op: BinaryOp = ("gt" if as_strict else "ge") if swapped else ("lt" if as_strict else "le")
        best = cheaper(Binary(op, large, small) if swapped else Binary(op, small, large), best)
    return best


# --- other types -----------------------------------------------------------------------------------------------


def _float(e: Binary) -> Expr:
    """Only what changes no bit: 1 * x, x / 1, x - 0, x + -0."""
    left, right = (x.value if isinstance(x, Const) else None for x in (e.left, e.right))
    match e.op:
        case "mul":
            return e.left if right == 1 else e.right if left == 1 else e
        case "div":
            return e.left if right == 1 else e
        case "sub":
            return e.left if right == 0 and math.copysign(1, right) > 0 else e
        case "add":
            return e.left if right == 0 and math.copysign(1, right) < 0 else e
        case "min" | "max":
            return e.left if e.left == e.right else e
        case _:
            return e


def _cast(e: Cast, ranges: Ranges) -> Expr:
    inner = e.operand
    if inner.dtype == e.dtype:
        return inner
    if isinstance(inner, Const):
        try:
            value = arithmetic.convert(inner.value, inner.dtype, e.dtype)
        except KernelFault:
            return e
        finite = not isinstance(value, float) or math.isfinite(value)
        return constant(value, e.dtype) if finite else e
    if isinstance(inner, Cast) and _skippable(inner, e.dtype, ranges):
        return _cast(Cast(e.dtype, inner.operand, where=e.where), ranges)
    return e


def _skippable(middle: Cast, target: DType, ranges: Ranges) -> bool:
    """Whether converting through ``middle`` changes nothing on the way to ``target``."""
    source, between = middle.operand.dtype, middle.dtype
    if BOOL in (between, target):
        return False
    if source.is_integer and between.is_integer and target.is_integer and between.bits >= target.bits:
        return True
    return holds_all(between, source) or (
        source.is_integer and between.is_integer and ranges.fits(ranges.poly(middle.operand), between)
    )


_PRECISION = {"f16": (11, 5), "bf16": (8, 8), "f32": (24, 8), "f64": (53, 11)}


def holds_all(wide: DType, narrow: DType) -> bool:
    """Whether every value of ``narrow`` is a value of ``wide``."""
    if narrow.is_integer and wide.is_integer:
        return wide.lowest <= narrow.lowest and narrow.highest <= wide.highest
    if narrow.is_float and wide.is_float:
        (p, e), (q, f) = _PRECISION[narrow.name], _PRECISION[wide.name]
        return p <= q and e <= f
    return (
        narrow.is_integer
        and wide.is_float
        and narrow.bits - narrow.is_signed <= _PRECISION[wide.name][0] < 64
        and (wide.name != "f16" or narrow.bits <= 8)
    )


# --- conditions ------------------------------------------------------------------------------------------------


def _select(e: Select, ranges: Ranges) -> Expr:
    cond = simplify(e.cond, ranges)
    if isinstance(cond, Const):
        return simplify(e.then if cond.value else e.orelse, ranges)
    then = simplify(e.then, ranges.assume(cond))
    orelse = simplify(e.orelse, ranges.assume(cond, False))
    if then == orelse:
        return then
    if e.dtype == BOOL and then == _TRUE and orelse == _FALSE:
        return cond
    if e.dtype == BOOL and then == _FALSE and orelse == _TRUE:
        return negation(cond)
    if isinstance(cond, Unary) and cond.op == "lnot" and e.dtype != BOOL:
        return Select(cond.operand, orelse, then, where=e.where)
    if (cond, then, orelse) == (e.cond, e.then, e.orelse) and cond is e.cond and then is e.then and orelse is e.orelse:
        return e
    return Select(cond, then, orelse, where=e.where)


def _logical(e: Binary, ranges: Ranges) -> Expr:
    left = simplify(e.left, ranges)
    conjunction = e.op == "land"
    right = simplify(e.right, ranges.assume(left, conjunction))
    for side, other in ((left, right), (right, left)):
        if isinstance(side, Const):
            return other if bool(side.value) == conjunction else side
    if left == right:
        return left
    if isinstance(narrowed := simplify(left, ranges.assume(right, conjunction)), Const):
        return right if bool(narrowed.value) == conjunction else narrowed
    return e if left is e.left and right is e.right else Binary(e.op, left, right, where=e.where)


def is_trivial(e: Expr) -> bool:
    """Whether repeating ``e`` costs nothing to read."""
    return isinstance(e, Const | Var) or (isinstance(e, Cast) and isinstance(e.operand, Const))
