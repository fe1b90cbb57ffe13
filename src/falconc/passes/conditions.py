"""Conditions taken apart, put together and turned round."""

from __future__ import annotations

from collections.abc import Iterable

from falconc.ir.nodes import Binary, Expr, Unary


def conjunction(conds: Iterable[Expr]) -> Expr | None:
    """All of ``conds``; None for none."""
    out: Expr | None = None
    for c in conds:
        out = c if out is None else Binary("land", out, c)
    return out


def conjuncts(cond: Expr) -> list[Expr]:
    """The operands of a chain of ``and``."""
    if isinstance(cond, Binary) and cond.op == "land":
        return conjuncts(cond.left) + conjuncts(cond.right)
    return [cond]


def negated(cond: Expr) -> Expr:
    """The opposite, without a leading ! where a comparison of integers allows it."""
    opposite = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}
    match cond:
        case Unary(op="lnot"):
            return cond.operand
        case Binary() if cond.op in opposite and cond.left.dtype.is_integer:
            return Binary(opposite[cond.op], cond.left, cond.right)  # pyright: ignore[reportArgumentType]
        case Binary(op="land" | "lor"):
            op = "lor" if cond.op == "land" else "land"
            return Binary(op, negated(cond.left), negated(cond.right))
        case _:
            return Unary("lnot", cond)
