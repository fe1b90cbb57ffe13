"""Values of small integer expressions, as far as literals and named constants tell them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from falconc.kin.scopes import Scopes

_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b,
    ast.BitAnd: lambda a, b: a & b,
    ast.BitOr: lambda a, b: a | b,
}
_SUFFIX = re.compile(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b")


def value(text: str, scopes: Scopes, lane_width: int, depth: int = 0) -> int | None:
    """The value of a C integer expression of literals, operators and constants of the text; None if unknown.

    Names that the text does not define as a constant are unknown, except the built-in lane width.
    """
    if depth > 8 or len(text) > 200:
        return None
    try:
        tree = ast.parse(_SUFFIX.sub(r"\1", text).strip(), mode="eval").body
        return _of(tree, scopes, lane_width, depth)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None


def _of(node: ast.expr, scopes: Scopes, lane_width: int, depth: int) -> int | None:
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.Name(id="warpSize") if "warpSize" not in scopes.constants:
            return lane_width
        case ast.Name(id=name) if name in scopes.constants:
            return value(" ".join(t.text for t in scopes.constants[name]), scopes, lane_width, depth + 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            a, b = _of(left, scopes, lane_width, depth), _of(right, scopes, lane_width, depth)
            return None if a is None or b is None else _OPERATORS[type(op)](a, b)
        case ast.UnaryOp(op=ast.Invert() | ast.USub() as op, operand=operand):
            a = _of(operand, scopes, lane_width, depth)
            return None if a is None else ~a if isinstance(op, ast.Invert) else -a
        case _:
            return None
