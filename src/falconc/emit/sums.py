"""Loops that add up along memory: compilers add in vectors only where a line above the loop allows another order."""

from __future__ import annotations

from falconc.ir.affine import ring
from falconc.ir.nodes import Alloc, Apply, Binary, Cast, Const, Expr, For, If, Let, Load, Stmt, Store, Var
from falconc.ir.walk import bound_names, buffers_read, variables, walk

_FEW = 8  # iterations that are not worth it
_IN_VECTORS = frozenset({"fma", "fabs", "sqrt", "floor", "ceil", "trunc", "rint"})


def sums(loop: For) -> list[str]:
    """The float scalars that ``loop`` does nothing but add to, if it reads memory in a row; else none."""
    if isinstance(loop.hi, Const) and isinstance(loop.lo, Const) and loop.hi.value - loop.lo.value < _FEW:
        return []
    if loop.step != Const(1, loop.dtype):
        return []
    local = set(bound_names(loop.body))
    totals: list[str] = []
    for n in walk(loop.body):
        match n:
            case Store() if n.buffer in local:
                pass
            case Store() if not n.index and n.value.dtype.is_float and _adds(n):
                totals.append(n.buffer)
            case Let() | Alloc() | If():
                pass
            case _ if isinstance(n, Stmt):
                return []
            case Apply() if n.function not in _IN_VECTORS:
                return []
            case _:
                pass
    reads = sum(isinstance(n, Load) and n.buffer in totals for n in walk(loop.body))
    if not totals or reads != len(totals) or not _in_a_row(loop, local):
        return []
    return list(dict.fromkeys(totals))


def _adds(s: Store) -> bool:
    here = Load(s.buffer, (), s.value.dtype)
    match s.value:
        case Binary(op="add"):
            return here in (s.value.left, s.value.right)
        case Apply(function="fma"):
            return s.value.args[2] == here and s.buffer not in buffers_read(s.value.args[0])
        case _:
            return False


def _in_a_row(loop: For, local: set[str]) -> bool:
    """Whether every element that is read lies next to the one of the round before, or is the same."""
    steps = {
        _step(n.index[-1], Var(loop.var, loop.dtype), local) for n in walk(loop.body) if isinstance(n, Load) and n.index
    }
    return steps <= {0, 1} and 1 in steps


def _step(e: Expr, var: Var, local: set[str]) -> int | None:
    """By how much ``e`` grows in a round; None if that is no constant."""
    if isinstance(e, Cast):
        return _step(e.operand, var, local)
    if var.name not in variables(e) and not variables(e) & local:
        return 0
    if isinstance(e, Binary) and e.op in ("add", "sub"):
        left, right = _step(e.left, var, local), _step(e.right, var, local)
        if left is None or right is None:
            return None
        return left + right if e.op == "add" else left - right
    parts = ring(e).split(var)
    return parts[0].constant if parts and not any(var.name in variables(a) for a in parts[1].atoms()) else None
