"""Built-ins whose meaning is one IR node, told by the notes in meaning.h."""

from __future__ import annotations

from typing import cast as typed
from typing import get_args

from falconc.frontend import lift_access, lift_bytes, lift_expr
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import apply, binary, bitcast, cast
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import ScalarType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import (
    Aggregate,
    Cell,
    Members,
    Nothing,
    Number,
    Place,
    Value,
)
from falconc.ir.functions import TABLE
from falconc.ir.nodes import ArithmeticOp, Barrier, BinaryOp, Expr, Update, UpdateOp, Var
from falconc.ir.types import BOOL, I32, DType


def by_note(s: State, c: Cursor, callee: Cursor) -> Value | None:
    """The value of a call to a function with an ir: note; None if it has none."""
    words = [w for text in callee.notes for w in text.split()]
    for i, word in enumerate(words):
        if not word.startswith("ir:"):
            continue
        operand = words[i + 1] if i + 1 < len(words) else ""
        match word:
            case "ir:apply":
                return _apply(s, c, callee, operand)
            case "ir:binary":
                kind = _scalar(s, callee, c)
                a, b = lift_expr.values(s, c.arguments[:2])
                return Number(binary(typed(BinaryOp, operand), _as(s, a, kind, c), _as(s, b, kind, c)))
            case "ir:barrier":
                for argument in c.arguments:
                    lift_expr.effect(s, argument)
                if operand == "grid":
                    raise s.unsupported(c, "a barrier of the whole grid", "split the kernel at it")
                assert operand in ("block", "warp"), operand
                s.emit(Barrier(operand, where=s.where(c)))
                return Nothing()
            case "ir:update":
                return _update(s, c, callee, typed(UpdateOp, operand))
            case "ir:fence":
                s.fences += 1
                return Nothing()
            case "ir:drop":
                s.assume(f"{callee.spelling} has no effect on results")
                return Nothing()
            case "ir:cast":
                return Number(cast(_scalar(s, callee, c), lift_expr.number(s, c.arguments[0])))
            case "ir:bitcast":
                return Number(bitcast(_scalar(s, callee, c), lift_expr.number(s, c.arguments[0])))
            case "ir:builtin":
                return lift_access.built_in(s, operand, c)
            case "ir:copy":
                return lift_bytes.copy(s, c)
            case "ir:fill":
                return lift_bytes.fill(s, c)
            case "ir:heap":
                return lift_bytes.heap(s, c, callee)
            case "ir:type":
                continue
            case _:
                raise s.unsupported(c, f"'{callee.spelling}' (its note '{word}' is not known)")
    return None


def _scalar(s: State, callee: Cursor, c: Cursor) -> DType:
    t = type_of(callee.type.result)
    if not isinstance(t, ScalarType):
        raise s.unsupported(c, f"'{callee.spelling}' on this type")
    return t.dtype


def _as(s: State, v: Value, dtype: DType, c: Cursor) -> Expr:
    if not isinstance(v, Number):
        raise s.unsupported(c, "an argument that is no number")
    return cast(dtype, v.expr)


def _apply(s: State, c: Cursor, callee: Cursor, name: str) -> Value:
    if name in get_args(ArithmeticOp):
        kind = _scalar(s, callee, c)
        a, b = lift_expr.values(s, c.arguments[:2])
        return Number(binary(typed(BinaryOp, name), _as(s, a, kind, c), _as(s, b, kind, c)))
    if name not in TABLE:
        raise s.unsupported(c, f"'{callee.spelling}' (its function '{name}' is not known)")
    function = TABLE[name]
    result = _scalar(s, callee, c)
    found = lift_expr.values(s, c.arguments[: function.arity])
    args = [v.expr for v in found if isinstance(v, Number)]
    match function.domain:
        case "float":
            return Number(apply(name, [cast(result, a) for a in args], result))
        case "test":
            return Number(cast(result, apply(name, args, BOOL)))
        case "bits":
            return Number(bitcast(result, args[0]))
        case _:
            counts = name in ("popcount", "clz", "ffs")
            return Number(cast(result, apply(name, args, I32 if counts else args[0].dtype)))


# --- atomics -------------------------------------------------------------------------------------------------------


def _update(s: State, c: Cursor, callee: Cursor, op: UpdateOp) -> Value:
    found = lift_expr.values(s, c.arguments)
    place = lift_access.target(s, found[0], c)
    arguments = found[1 : 3 if op == "cas" else 2]
    if isinstance(place, Members):
        olds: dict[str, Value] = {}
        for m in place.type.members:
            values = [v.members[m.name] for v in arguments if isinstance(v, Aggregate)]
            olds[m.name] = _update_cell(s, c, place.parts[m.name], op, values)
        return Aggregate(place.type, olds)
    return _update_cell(s, c, place, op, arguments)


def _update_cell(s: State, c: Cursor, place: Place, op: UpdateOp, arguments: list[Value]) -> Value:
    if not isinstance(place, Cell):
        raise s.unsupported(c, "an atomic operation on this object", "use a pointer into one buffer")
    base = place.base
    if base.dtype != place.dtype:
        base = s.view(base, place.dtype)
    if base.readonly:
        raise s.defect(c, f"'{base.name}' is read-only")
    index = () if base.rank == 0 else (place.offset.index(base.dtype.size),)
    args = tuple(_as(s, v, base.dtype, c) for v in arguments)
    old = s.fresh("old")
    s.emit(Update(base.name, index, op, args, atomic=True, old=old, where=s.where(c)))
    return Number(Var(old, base.dtype))
