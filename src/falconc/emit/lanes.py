"""Exchanges between lanes that the target has an instruction for: each element read becomes one shuffle."""

from __future__ import annotations

from dataclasses import dataclass

from falconc.errors import Unsupported
from falconc.ir import types
from falconc.ir.nodes import Body, Collective, Expr, Load, Var
from falconc.ir.walk import bound_names, buffers_read, buffers_written, rewrite, variables, walk

_MOVABLE = (types.I32, types.U32, types.I64, types.U64, types.F32, types.F64, types.F16)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One collective as shuffles: a name for the value from each lane that is read, and the statements after it."""

    reads: tuple[tuple[str, Expr], ...]
    rest: Body


def as_shuffles(s: Collective, rest: Body) -> Exchange:
    """The collective ``s``, followed by ``rest``, as shuffles done where it stands.

    Raises:
        Unsupported: what is read is not known at that point (a loop over the lanes, a ballot), or the type cannot move.
    """
    if s.value.dtype not in _MOVABLE:
        raise Unsupported(f"lanes cannot exchange {s.value.dtype} values here", "exchange 32 bits", s.where)
    if s.arrived and s.arrived in variables(rest):
        raise Unsupported("a vote of the lanes that arrived cannot be printed", "apply loop-recovery first", s.where)
    later, written = set(bound_names(rest)), buffers_written(rest)
    names: dict[Expr, str] = {}
    for node in walk(rest):
        if isinstance(node, Load) and node.buffer == s.result and node.index[0] not in names:
            lane = node.index[0]
            if variables(lane) & later or buffers_read(lane) & written:
                raise Unsupported(
                    "lanes read each other's values in a loop", "apply loop-recovery first", node.where or s.where
                )
            names[lane] = f"{s.result}_{len(names)}" if names else s.result

    def visit(n: object) -> object:
        if isinstance(n, Load) and n.buffer == s.result:
            return Var(names[n.index[0]], n.dtype, where=n.where)
        return n

    return Exchange(tuple((name, lane) for lane, name in names.items()), rewrite(rest, visit))
