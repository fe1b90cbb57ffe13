"""What lanes of a warp tell each other: falcon::lanes in a meaning becomes a Collective."""

from __future__ import annotations

from falconc.frontend import lift_expr
from falconc.frontend.clang import Cursor, Type
from falconc.frontend.lift_ops import binary, cast, integer
from falconc.frontend.lift_state import State
from falconc.frontend.lift_values import Aggregate, Lanes, Members, Number, Place, Value
from falconc.ir.nodes import Collective, Expr, Load, Var
from falconc.ir.types import I32, I64, U64


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
    v = lift_expr.value(s, arguments[0])
    mask = cast(U64, lift_expr.number(s, arguments[1])) if len(arguments) > 1 else None
    return _exchange(s, c, v, mask)


def _exchange(s: State, c: Cursor, v: Value, mask: Expr | None) -> Place:
    """One collective for each number in ``v``."""
    match v:
        case Aggregate(t, members):
            return Members(t, {n: _exchange(s, c, m, mask) for n, m in members.items()})
        case Number(expr):
            return _exchange_number(s, c, expr, mask)
        case _:
            raise s.unsupported(c, "a collective over values that are no numbers", "exchange the elements one by one")


def _exchange_number(s: State, c: Cursor, v: Expr, mask: Expr | None) -> Place:
    width = s.platform.lane_width
    result, arrived = s.fresh(c.spelling.lower() if len(c.spelling) > 1 else "lanes"), s.fresh("arrived")
    s.emit(Collective(result, width, v, mask, arrived, where=s.where(None)))
    return Lanes(result, v.dtype, width, arrived)


def lanes_of(place: Place) -> bool:
    """Whether a place is what lanes passed to a collective."""
    return isinstance(place, Lanes) or (isinstance(place, Members) and any(map(lanes_of, place.parts.values())))


def lane_value(s: State, lanes: Place, k: Expr, c: Cursor) -> Value:
    """V[k] of a collective."""
    if isinstance(lanes, Members):
        return Aggregate(lanes.type, {n: lane_value(s, p, k, c) for n, p in lanes.parts.items()})
    assert isinstance(lanes, Lanes), lanes
    return Number(Load(lanes.buffer, (cast(I32, k) if k.dtype != I64 else k,), lanes.dtype, where=s.where(c)))


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


def arrived(lanes: Place) -> Expr:
    """The lanes that took part, as bits."""
    while isinstance(lanes, Members):
        lanes = next(iter(lanes.parts.values()))
    assert isinstance(lanes, Lanes), lanes
    return Var(lanes.arrived, U64)
