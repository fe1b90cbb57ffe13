"""Places in memory: what lies at an address, reading and writing it, moving pointers."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from falconc.frontend import lift_pointers, lift_rows
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import binary, bitcast, cast, constant, integer, select
from falconc.frontend.lift_state import State, body
from falconc.frontend.lift_types import (
    ArrayType,
    CType,
    OpaqueType,
    PointerType,
    RecordType,
    ScalarType,
    VectorType,
    innermost,
)
from falconc.frontend.lift_values import (
    ZERO,
    Aggregate,
    Array,
    Base,
    Bound,
    Cell,
    Choice,
    Flat,
    Lanes,
    LazyRegister,
    Members,
    Null,
    Number,
    Offset,
    Options,
    Place,
    Pointer,
    PointerVariable,
    Row,
    Single,
    Spread,
    Value,
    single,
)
from falconc.ir.nodes import Expr, If, Load, Store
from falconc.ir.types import BOOL
from falconc.ir.walk import walk


def place_at(s: State, base: Base, offset: Offset, t: CType, at: Cursor | None) -> Place:
    """The object of type ``t`` at ``offset`` bytes from ``base``."""
    match base:
        case Single(place, held):
            return _in_single(s, place, held, offset, t, at)
        case Spread(record, parts):
            if isinstance(t, ArrayType) and innermost(t)[0] == record:
                return Array(base, offset, t)  # rows of structs
            return _in_spread(s, record, parts, offset, t, at)
        case Flat():
            pass
        case _:
            assert_never(base)
    match t:
        case ScalarType(dtype):
            return Cell(base, offset, dtype)
        case RecordType():
            return Members(t, {m.name: place_at(s, base, offset.shifted(m.offset), m.type, at) for m in t.members})
        case ArrayType() | VectorType():
            return Array(base, offset, t)
        case PointerType():
            raise s.unsupported(at, "a pointer that is stored in memory", "pass the pointers as separate parameters")
        case OpaqueType(name):
            advice = t.next_step or "cast the pointer to a type with known layout first"
            raise s.unsupported(at, t.what or f"an access of type '{name}'", advice)
        case _:
            assert_never(t)


def _in_single(s: State, place: Place, held: CType, offset: Offset, t: CType, at: Cursor | None) -> Place:
    if offset.is_zero and held == t:
        return place
    if isinstance(place, Cell):
        return place_at(s, place.base, place.offset.add(offset), t, at)
    if isinstance(place, Array):
        return place_at(s, place.base, place.offset.add(offset), t, at)
    if isinstance(place, LazyRegister) and place.array:
        return place_at(s, place.array.base, place.array.offset.add(offset), t, at)
    if isinstance(place, Members) and not offset.terms:
        for m in place.type.members:
            if m.offset <= offset.const < m.offset + max(1, m.type.size):
                return _in_single(s, place.parts[m.name], m.type, offset.shifted(-m.offset), t, at)
    raise s.unsupported(at, "a variable accessed as a type it does not have", "copy its members one by one")


def _in_spread(
    s: State, record: RecordType, parts: dict[str, Base], offset: Offset, t: CType, at: Cursor | None
) -> Place:
    """Element of an array of structs kept member by member: offset = element * size + offset in the struct."""
    size = record.size
    inside = offset.const % size
    terms = [(e, k) for e, k in offset.terms if k % size == 0]
    rest = tuple((e, k) for e, k in offset.terms if k % size != 0)

    def element(width: int) -> Offset:
        """The same element in an array of ``width`` bytes an element."""
        return Offset(tuple((e, k // size * width) for e, k in terms), offset.const // size * width)

    if t == record and inside == 0 and not rest:
        return Members(
            record, {m.name: place_at(s, parts[m.name], element(m.type.size), m.type, at) for m in record.members}
        )
    for m in record.members:
        if m.offset <= inside < m.offset + m.type.size:
            inner = element(m.type.size).add(Offset(rest, inside - m.offset))
            return place_at(s, parts[m.name], inner, t, at)
    raise s.unsupported(at, "an access that crosses the members of a struct", "access the members by name")


# --- reading -------------------------------------------------------------------------------------------------------


def _cell(s: State, cell: Cell, at: Cursor | None) -> tuple[Flat, tuple[Expr, ...]]:
    """Buffer and index of a cell; a view where widths differ."""
    base = cell.base
    if cell.dtype.size != base.dtype.size:
        base = s.view(base, cell.dtype)
    if base.rank == 0:
        if not cell.offset.is_zero:
            raise s.defect(at, f"access beyond the variable '{base.name}'", "a pointer to one variable cannot be moved")
        return base, ()
    return base, (cell.offset.index(base.dtype.size),)


def load(s: State, place: Place, at: Cursor | None = None) -> Value:
    """The value at a place now."""
    match place:
        case Cell():
            base, index = _cell(s, place, at)
            raw = Load(base.name, index, base.dtype, where=s.where(at))
            return Number(cast(BOOL, raw) if place.dtype == BOOL else bitcast(place.dtype, raw))
        case Bound(value):
            named = isinstance(value, Row) and value.fresh
            return replace(value, fresh=False, steady=True) if named else value
        case Members():
            return Aggregate(place.type, {n: load(s, p, at) for n, p in place.parts.items()})
        case Array(base, offset, t):
            return Row(single(base, _element(t), offset), t)
        case LazyRegister():
            if place.array is None:
                raise s.defect(at, f"'{place.name}' is read before it has a value", "give it a value first")
            return load(s, place.array, at)
        case Options(selector, places):
            return choose(s, selector, [load(s, p, at) for p in places], at)
        case PointerVariable():
            bases = s.bases_of(place.name)
            if not bases:
                name = place.name.removesuffix("_at")
                raise s.defect(at, f"'{name}' is used before it points anywhere", "initialise it")
            distance = ZERO.plus(s.get(place.distance), place.unit)
            sel = s.get(place.selector) if len(bases) > 1 else None
            return Pointer(tuple(Choice(b, distance) for b in bases), place.to, sel)
        case Lanes():
            raise s.unsupported(at, "the lanes of a collective used as a value", "read one lane: V[k]")
        case _:
            assert_never(place)


def _element(t: ArrayType | VectorType) -> CType:
    return t.of if isinstance(t, ArrayType) else ScalarType(t.of)


def choose(s: State, selector: Expr, values: list[Value], at: Cursor | None) -> Value:
    """values[selector]; selector is an I32 expression."""
    if len(values) == 1:
        return values[0]
    first, rest = values[0], values[1:]
    if isinstance(first, Number):
        numbers = [v.expr for v in values if isinstance(v, Number)]
        out = numbers[-1]
        for k in range(len(numbers) - 2, -1, -1):
            out = select(binary("eq", selector, integer(k)), numbers[k], out)
        return Number(out)
    if isinstance(first, Aggregate):
        others = [v for v in rest if isinstance(v, Aggregate)]
        names = first.members
        parts = {n: choose(s, selector, [first.members[n], *(o.members[n] for o in others)], at) for n in names}
        return Aggregate(first.type, parts)
    if isinstance(first, Pointer) and all(isinstance(v, Pointer) and v.selector is None for v in rest):
        pointers = [v for v in values if isinstance(v, Pointer)]
        return Pointer(tuple(p.one for p in pointers), first.to, selector)
    raise s.unsupported(at, "a choice between objects of this kind", "write an if with two accesses")


# --- writing -------------------------------------------------------------------------------------------------------


def store(s: State, place: Place, value: Value, at: Cursor | None = None) -> None:
    """Puts ``value`` at ``place``."""
    match place, value:
        case Cell(), Number(expr):
            base, index = _cell(s, place, at)
            if base.readonly:
                raise s.defect(at, f"'{base.name}' is read-only", "drop const, or write elsewhere")
            stored = cast(base.dtype, expr) if BOOL in (expr.dtype, base.dtype) else bitcast(base.dtype, expr)
            s.emit(Store(base.name, index, stored, where=s.where(at)))
        case Members(), Aggregate():
            parts = value.members
            if _reads_what_is_written(s, place, value):
                settled = settle(s, value)
                assert isinstance(settled, Aggregate)
                parts = settled.members
            for name, part in place.parts.items():
                store(s, part, parts[name], at)
        case Array(), Row():
            lift_rows.copy_row(s, place, value, at)
        case LazyRegister(), Row():
            if place.array is None:
                lift_rows.bind_register(s, place, lift_rows.row_dtype(value))
            assert place.array
            lift_rows.copy_row(s, place.array, value, at)
        case PointerVariable(), Pointer():
            lift_pointers.store(s, place, value, at)
        case Options(selector, places), _:
            held = settle(s, value)
            for k, p in enumerate(places):
                with s.collect() as branch:
                    store(s, p, held, at)
                s.emit(If(binary("eq", selector, integer(k)), body(branch), where=s.where(at)))
        case _:
            raise s.unsupported(at, "an assignment to something that is no variable", "assign to a local variable")


def _reads_what_is_written(s: State, place: Members, value: Aggregate) -> bool:
    written = {c.base.name for c in _cells(place)}
    read = {n.buffer for e in numbers(value) for n in walk(e) if isinstance(n, Load)}
    return bool(written & read) and len(place.parts) > 1


def _cells(place: Place) -> list[Cell]:
    if isinstance(place, Cell):
        return [place]
    return [c for p in place.parts.values() for c in _cells(p)] if isinstance(place, Members) else []


def numbers(value: Value) -> list[Expr]:
    """The scalar expressions in a value."""
    match value:
        case Number(expr):
            return [expr]
        case Aggregate(_, members):
            return [e for m in members.values() for e in numbers(m)]
        case Pointer(choices, _, selector):
            found = [e for c in choices for e, _ in c.offset.terms]
            return found + ([selector] if selector is not None else [])
        case _:
            return []


def settle(s: State, value: Value, name: str = "t") -> Value:
    """``value`` as something later stores do not change; an array, which only decays to its address, stays."""
    match value:
        case Number(expr):
            return Number(s.settle(expr, name))
        case Aggregate(t, members):
            kept = {n: (m, f"{name}_{n}") for n, m in members.items()}
            held = {
                n: lift_rows.copied(s, m, k) if isinstance(m, Row) else settle(s, m, k) for n, (m, k) in kept.items()
            }
            return Aggregate(t, held)
        case Row(_, VectorType()):
            return lift_rows.copied(s, value, name)
        case Pointer(choices, to, selector):
            kept = tuple(Choice(c.base, settle_offset(s, c.offset, name)) for c in choices)
            return Pointer(kept, to, None if selector is None else s.settle(selector, f"{name}_base"))
        case _:
            return value


def settle_offset(s: State, offset: Offset, name: str) -> Offset:
    return replace(offset, terms=tuple((s.settle(e, f"{name}_at"), k) for e, k in offset.terms))


# --- pointers ------------------------------------------------------------------------------------------------------


def dereference(s: State, pointer: Pointer, at: Cursor | None, t: CType | None = None) -> Place:
    """The object a pointer points to."""
    kind = t or pointer.to
    places = tuple(place_at(s, c.base, c.offset, kind, at) for c in pointer.choices)
    if pointer.selector is None:
        return places[0]
    return Options(pointer.selector, places)


def address(s: State, place: Place, t: CType, at: Cursor | None) -> Pointer:
    """&place."""
    match place:
        case Cell(base, offset, _):
            return single(base, t, offset)
        case Array(base, offset, _):
            return single(base, t, offset)
        case Members(record, parts):
            first = parts[record.members[0].name] if record.members else None
            if first is not None and (start := _contiguous(place)) is not None:
                return single(start.base, t, start.offset)
            return single(Single(place, t), t)
        case Options(selector, places):
            inner = [address(s, p, t, at) for p in places]
            return Pointer(tuple(p.one for p in inner), t, selector)
        case Bound(Row(pointer)):
            return replace(pointer, to=t)
        case LazyRegister() | Bound():
            return single(Single(place, t), t)
        case PointerVariable() | Lanes():
            raise s.unsupported(at, "the address of a pointer variable", "pass the pointer by reference or return it")
        case _:
            assert_never(place)


def _contiguous(place: Members) -> Cell | Array | None:
    """First cell of a struct whose members lie side by side in one buffer."""
    start: Cell | Array | None = None
    for m in place.type.members:
        part = place.parts[m.name]
        here = _contiguous(part) if isinstance(part, Members) else part
        if not isinstance(here, Cell | Array):
            return None
        if start is None:
            start = here
        if here.base != start.base or here.offset.shifted(-m.offset) != start.offset:
            return None
    return start


def zero(s: State, t: CType, at: Cursor | None) -> Value:
    """T{}."""
    match t:
        case ScalarType(dtype):
            return Number(constant(0, dtype))
        case RecordType():
            return Aggregate(t, {m.name: zero(s, m.type, at) for m in t.members})
        case PointerType():
            return Null()
        case _:
            raise s.unsupported(at, "a zero value of this type", "set its elements in a loop")
