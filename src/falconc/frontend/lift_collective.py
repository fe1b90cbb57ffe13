"""What lanes of a warp tell each other: falcon::lanes in a meaning becomes a Collective."""

from __future__ import annotations

from falconc.frontend import lift_expr
from falconc.frontend.clang import Cursor, Type
from falconc.frontend.lift_ops import binary, cast, integer
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import ScalarType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import Lanes, Place
from falconc.ir.nodes import Collective, Expr, Var
from falconc.ir.types import U64


def is_lanes(t: Type) -> bool:
    return t.kind == "RECORD" and t.spelling.removeprefix("const ").startswith("falcon::lanes<")


def declare(s: State, c: Cursor) -> Place:
    """falcon::lanes<T> V(value[, mask]);"""
    init = c.initializer
    while init is not None and init.kind != "CALL_EXPR" and init.children:
        init = init.children[-1]
    if init is None:
        raise s.unsupported(c, "a collective without a value")
    arguments = init.arguments
    kind = type_of(arguments[0].type)
    if not isinstance(kind, ScalarType):
        raise s.unsupported(c, "a collective over values that are no numbers", "exchange the members one by one")
    v = lift_expr.number(s, arguments[0])
    mask = cast(U64, lift_expr.number(s, arguments[1])) if len(arguments) > 1 else None
    width = s.platform.lane_width
    result, arrived = s.fresh(c.spelling.lower() if len(c.spelling) > 1 else "lanes"), s.fresh("arrived")
    s.emit(Collective(result, width, v, mask, arrived, where=s.where(None)))
    return Lanes(result, v.dtype, width, arrived)


def lane(s: State) -> Expr:
    """Number of the running thread among the lanes of its wave."""
    assert s.launch
    total: Expr = integer(0)
    stride = 1
    for axis, extent in zip("xyz", s.launch.block, strict=True):
        if extent > 1:
            var = s.axes[f"thread.{axis}"][1]
            total = binary("add", total, binary("mul", var, integer(stride)))
        stride *= extent
    width = s.platform.lane_width
    return total if stride <= width else binary("mod", total, integer(width))


def arrived(s: State, lanes: Lanes) -> Expr:
    return Var(lanes.arrived, U64)
