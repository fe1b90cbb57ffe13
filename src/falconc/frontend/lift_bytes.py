"""Copies and fills that count in bytes: memcpy, memset, and registers loaded and stored whole."""

from __future__ import annotations

from collections.abc import Callable

from falconc.frontend import lift_access, lift_expr, lift_memory, lift_rows
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import binary, bitcast, cast, integer, known
from falconc.frontend.lift_state import Retry, State, body
from falconc.frontend.lift_types import PointerType, flat_dtype
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import (
    Array,
    Bound,
    Cell,
    Flat,
    LazyRegister,
    Members,
    Number,
    Pointer,
    Row,
    Single,
    Value,
    single,
)
from falconc.ir.nodes import SERIAL, UNROLLED, Binary, Cast, Expr, For, LoopKind, Store, Var
from falconc.ir.types import BOOL, BY_NAME, I32, I64, U8, DType

_UNROLLED_AT_MOST = 64  # elements of a copy that is one register or struct


def copy(s: State, c: Cursor) -> Value:
    """memcpy(to, from, bytes): element by element, in elements of the memory's own type."""
    to, source, size = lift_expr.values(s, c.arguments)
    left, right = lift_access.as_pointer(s, to, c), lift_access.as_pointer(s, source, c)
    dtype = _element(left) or _element(right) or flat_dtype(left.to) or flat_dtype(right.to)
    if dtype is None:
        raise s.unsupported(
            c, "a copy between objects of unknown type", "cast both pointers to a type with known layout"
        )
    _bind(s, left, dtype)
    _retype(s, left, _element(right))

    def element(k: Expr) -> None:
        v = lift_memory.load(s, lift_rows.at_index(s, right, k, dtype, c), c)
        lift_memory.store(s, lift_rows.at_index(s, left, k, dtype, c), v, c)

    apart = any(
        isinstance(b, Single) and isinstance(b.place, Members | Bound)
        for b in (left.choices[0].base, right.choices[0].base)
    )
    _each_element(s, c, size, dtype, element, apart)
    return to


def fill(s: State, c: Cursor) -> Value:
    """memset(to, byte, bytes)."""
    to, value, size = lift_expr.values(s, c.arguments)
    pointer = lift_access.as_pointer(s, to, c)
    dtype = _element(pointer) or flat_dtype(pointer.to)
    byte = known(value.expr) if isinstance(value, Number) else None
    if dtype is None or (byte is None and dtype.size > 1):
        raise s.unsupported(c, "a fill with a byte that is not constant", "assign the elements in a loop")
    _bind(s, pointer, dtype)
    if byte is None:
        assert isinstance(value, Number)
        pattern = s.settle(cast(dtype, cast(U8, value.expr)))
    else:
        bits = BY_NAME[f"u{dtype.bits}"] if dtype != BOOL else U8
        word = int.from_bytes(bytes([byte & 255]) * dtype.size, "little")
        pattern = cast(BOOL, integer(word, bits)) if dtype == BOOL else _of_bits(dtype, integer(word, bits))

    def element(k: Expr) -> None:
        lift_memory.store(s, lift_rows.at_index(s, pointer, k, dtype, c), Number(pattern), c)

    _each_element(s, c, size, dtype, element)
    return to


def heap(s: State, c: Cursor, callee: Cursor) -> Value:
    """p = malloc(bytes): an array of the thread, as long as the block that declares its pointer."""
    call = next((x for x in c.walk() if x.kind == "CALL_EXPR" and x.spelling.startswith("falcon_")), None)
    t = type_of(callee.type.result)
    dtype = flat_dtype(t.to) if isinstance(t, PointerType) else None
    if call is None or not isinstance(t, PointerType) or dtype is None:
        raise s.unsupported(c, "memory from the heap of this type", "pass the work buffer as a parameter")
    if not s.declares:
        raise s.unsupported(c, "malloc outside the declaration of its pointer", "write T *p = (T *)malloc(...)")
    zeroed = call.spelling == "falcon_calloc"
    parts = [cast(I64, lift_expr.number(s, a)) for a in call.arguments]
    size = binary("mul", parts[0], parts[1]) if zeroed else parts[-1]
    count = _elements(size, dtype.size)
    if count is None:
        raise s.unsupported(c, "a number of bytes that is not visibly whole elements", "write count * sizeof(type)")
    count = s.settle(count, f"{s.declares}_size")
    flat = s.array(s.declares, dtype, known(count) or count)
    if zeroed:
        zero = cast(dtype, integer(0))
        _loop(s, c, count, SERIAL, lambda k: s.emit(Store(flat.name, (k,), zero, where=s.where(c))))
    return single(flat, t.to)


def _of_bits(dtype: DType, word: Expr) -> Expr:
    if known(word) == 0:
        return cast(dtype, integer(0))
    return bitcast(dtype, word)


def _each_element(
    s: State, c: Cursor, size: Value, dtype: DType, element: Callable[[Expr], None], apart: bool = False
) -> None:
    """Runs ``element`` for each of the elements in ``size`` bytes. apart: each by itself, its number a constant."""
    if not isinstance(size, Number):
        raise s.unsupported(c, "a size that is no number")
    count = known(size.expr)
    if count is None:
        total = _elements(size.expr, dtype.size)
        if total is None:
            raise s.unsupported(
                c, f"a copy of a run-time number of bytes that is no multiple of {dtype.size}", "copy in a loop"
            )
        _loop(s, c, s.settle(total, "count"), SERIAL, element)
        return
    if count % dtype.size:
        raise s.unsupported(c, "a copy of part of an element", "copy whole elements")
    elements = count // dtype.size
    if elements == 1 or (apart and elements <= _UNROLLED_AT_MOST):
        for k in range(elements):
            element(integer(k))
    else:
        _loop(s, c, integer(elements), UNROLLED if elements <= _UNROLLED_AT_MOST else SERIAL, element)


def _loop(s: State, c: Cursor, count: Expr, kind: LoopKind, element: Callable[[Expr], None]) -> None:
    wide = I32 if count.dtype == I32 else I64
    k = Var(s.fresh("e"), wide)
    s.nonnegative.add(k.name)
    with s.collect() as items:
        element(k)
    s.emit(For(k.name, integer(0, wide), cast(wide, count), integer(1, wide), body(items), kind, where=s.where(c)))


def _elements(size: Expr, unit: int) -> Expr | None:
    """size / unit, where the size is visibly a multiple of the unit (a valid size does not wrap)."""
    if unit == 1:
        return size
    if isinstance(size, Binary) and size.op == "mul":
        for factor, other in ((size.right, size.left), (size.left, size.right)):
            value = known(factor)
            if value is not None and value % unit == 0:
                return binary("mul", other, integer(value // unit, other.dtype))
            inner = _elements(factor, unit)
            if value is None and inner is not None:
                return binary("mul", other, inner)
    if isinstance(size, Binary) and size.op in ("add", "sub"):
        a, b = _elements(size.left, unit), _elements(size.right, unit)
        return binary(size.op, a, b) if a is not None and b is not None else None
    if isinstance(size, Cast) and size.operand.dtype.is_integer and size.operand.dtype.bits <= size.dtype.bits:
        inner = _elements(size.operand, unit)
        return None if inner is None else cast(size.dtype, inner)
    value = known(size)
    return integer(value // unit, size.dtype) if value is not None and value % unit == 0 else None


def _element(pointer: Pointer) -> DType | None:
    """The type of what lies behind a pointer, where its memory has one."""
    base = pointer.choices[0].base
    if isinstance(base, Flat):
        return base.dtype
    if isinstance(base, Single):
        place = base.place
        if isinstance(place, LazyRegister):
            return place.array.base.dtype if place.array and isinstance(place.array.base, Flat) else None
        if isinstance(place, Cell):
            return place.base.dtype
        if isinstance(place, Array) and isinstance(place.base, Flat):
            return place.base.dtype
        if isinstance(place, Bound) and isinstance(place.value, Row):
            return _element(place.value.pointer)
    return None


def _retype(s: State, pointer: Pointer, dtype: DType | None) -> None:
    """A local array of integers that floats are copied into as they are holds floats."""
    base = pointer.choices[0].base
    if not isinstance(base, Flat) or dtype is None or base.space != "register" or base.rank != 1:
        return
    if base.dtype.is_integer and dtype.is_float and base.dtype.size == dtype.size and base.name not in s.known.types:
        s.known.types[base.name] = dtype
        raise Retry


def _bind(s: State, pointer: Pointer, dtype: DType) -> None:
    base = pointer.choices[0].base
    if isinstance(base, Single) and isinstance(base.place, LazyRegister) and base.place.array is None:
        lift_rows.bind_register(s, base.place, dtype)
