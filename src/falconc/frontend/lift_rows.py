"""Vector registers and arrays as values: element loops, copies, and the type that a register's elements get."""

from __future__ import annotations

from typing import Any
from typing import cast as typed

from falconc.frontend import lift_memory, lift_pointers
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import integer
from falconc.frontend.lift_state import State, body
from falconc.frontend.lift_types import ArrayType, ScalarType, VectorType
from falconc.frontend.lift_types import flat_dtype as flat_of
from falconc.frontend.lift_values import ZERO, Array, Flat, LazyRegister, Place, Pointer, Row, single
from falconc.ir.nodes import UNROLLED, Alloc, Buffer, Const, Expr, For, Var
from falconc.ir.types import I32, DType


def row_dtype(row: Row) -> DType:
    base = row.pointer.choices[0].base
    return base.dtype if isinstance(base, Flat) and row.type.size % base.dtype.size == 0 else _leaf(row.type)


def _leaf(t: ArrayType | VectorType) -> DType:
    dtype = flat_of(t)
    assert dtype, t
    return dtype


def bind_register(s: State, place: LazyRegister, dtype: DType) -> None:
    """Gives a register its element type; its declaration stands where the variable's does."""
    count = place.type.size // dtype.size
    late = s.private_late.pop(place.name)
    late.held.append(Alloc(Buffer(place.name, dtype, (Const(count, I32),), "register"), where=late.where))
    place.array = Array(Flat(place.name, dtype, "register", 1, count), ZERO, place.type)


def each(s: State, count: int) -> Expr:
    """A new loop variable over [0, count); used with ``loop``."""
    name = s.fresh("e")
    s.nonnegative.add(name)
    return Var(name, I32)


def loop(s: State, var: Expr, count: int, items: list[object], at: Cursor | None) -> None:
    assert isinstance(var, Var)
    made = body(typed(Any, items))
    s.emit(For(var.name, integer(0), integer(count), integer(1), made, UNROLLED, where=s.where(at)))


def copy_row(s: State, target: Array, row: Row, at: Cursor | None) -> None:
    """Copies an array or register element by element."""
    if isinstance(row.type, ArrayType) and flat_of(row.type) is None:
        raise s.unsupported(at, "copying an array of structs", "copy its elements in a loop")
    leaf = row_dtype(row)
    if isinstance(target.base, Flat) and target.base.dtype.size == leaf.size:
        leaf = target.base.dtype
    k = each(s, 0)
    count = target.type.size // leaf.size
    with s.collect() as inner:
        value = lift_memory.load(s, at_index(s, row.pointer, k, leaf, at), at)
        lift_memory.store(
            s, lift_memory.place_at(s, target.base, target.offset.plus(k, leaf.size), ScalarType(leaf), at), value, at
        )
    loop(s, k, count, list(inner), at)


def at_index(s: State, pointer: Pointer, k: Expr, dtype: DType, at: Cursor | None) -> Place:
    """Scalar k of what ``pointer`` points to, as ``dtype``."""
    return lift_memory.dereference(s, lift_pointers.moved(pointer, k, dtype.size), at, ScalarType(dtype))


def copied(s: State, row: Row, name: str) -> Row:
    """A row that nobody else will write to."""
    base = row.pointer.choices[0].base
    if row.fresh or row.steady or (row.pointer.selector is None and isinstance(base, Flat) and base.readonly):
        return row
    dtype = row_dtype(row)
    flat = s.array(name, dtype, row.type.size // dtype.size)
    copy_row(s, Array(flat, ZERO, row.type), row, None)
    return Row(single(flat, row.pointer.to), row.type, fresh=True)
