"""Initialiser lists: { ... } into arrays and structs, braces left out where C allows it."""

from __future__ import annotations

from falconc.frontend import lift_construct, lift_convert, lift_decl, lift_expr, lift_memory, lift_rows
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_scan import assigned
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import ArrayType, CType, PointerType, RecordType, ScalarType
from falconc.frontend.lift_types import flat_dtype as flat_of
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import ZERO, Aggregate, Array, Row, Value, single

_WRAPPERS = ("UNEXPOSED_EXPR", "PAREN_EXPR")
_LOOP_FROM = 16  # elements: fewer zeros are written one by one


class _Items:
    """The initialisers not used yet. effects: evaluating one of them may change what another one reads."""

    def __init__(self, cursors: list[Cursor]) -> None:
        self.left = list(cursors)
        self.effects = any(assigned(c) for c in cursors)


def value(s: State, c: Cursor, t: CType) -> Value:
    """The value of { ... } as a ``t``."""
    return _of_list(s, t, c, c)


def fill(s: State, place: Array, init: Cursor, at: Cursor) -> None:
    """{a, b, ...} into an array; missing elements are zero."""
    while init.kind in _WRAPPERS and len(init.children) == 1:
        init = init.children[0]
    if init.kind == "STRING_LITERAL":
        raise s.unsupported(at, "a string in a kernel")
    if init.kind != "INIT_LIST_EXPR":
        lift_memory.store(s, place, lift_expr.value(s, init), at)
        return
    _fill(s, place, _Items(init.children), at)


def _fill(s: State, place: Array, items: _Items, at: Cursor) -> None:
    t = place.type
    if not isinstance(t, ArrayType) or t.count is None:
        raise s.unsupported(at, "an initialiser of an array without an extent", "write the extent")
    if not items.left or (t.count > _LOOP_FROM and flat_of(t) is not None and all(_is_zero(i) for i in items.left)):
        items.left.clear()
        _zero_fill(s, place, at)
        return
    for k in range(t.count):
        inner = lift_memory.place_at(s, place.base, place.offset.shifted(k * t.of.size), t.of, at)
        if isinstance(inner, Array) and isinstance(inner.type, ArrayType):
            if items.left and items.left[0].kind == "INIT_LIST_EXPR":
                _fill(s, inner, _Items(items.left.pop(0).children), at)
            else:
                _fill(s, inner, items, at)
        else:
            lift_memory.store(s, inner, _next(s, t.of, items, at), at)


def _next(s: State, t: CType, items: _Items, at: Cursor) -> Value:
    """The value of the next element of type ``t``."""
    if not items.left:
        return _zero(s, t, at)
    first = items.left[0]
    if first.kind == "INIT_LIST_EXPR":
        return _of_list(s, t, items.left.pop(0), at)
    if isinstance(t, RecordType) and type_of(first.type) != t:
        return _record(s, t, items, at)
    if isinstance(t, ArrayType):
        return _array(s, t, items, at)
    items.left.pop(0)
    found = lift_convert.convert(s, lift_expr.value(s, first), t, at)
    return lift_memory.settle(s, found) if items.effects else found


def _of_list(s: State, t: CType, c: Cursor, at: Cursor) -> Value:
    items = _Items(c.children)
    match t:
        case RecordType():
            if len(items.left) == 1 and type_of(items.left[0].type) == t:
                return _next(s, t, items, at)
            return _record(s, t, items, at)
        case ArrayType():
            return _array(s, t, items, at)
        case ScalarType() | PointerType():
            return _next(s, t, items, at)
        case _:
            raise s.unsupported(at, "an initialiser list here", "use a named variable")


def _record(s: State, t: RecordType, items: _Items, at: Cursor) -> Value:
    given = lift_construct.defaults(t.declaration)
    members: dict[str, Value] = {}
    for m in t.members:
        if m.reference and items.left:
            members[m.name] = lift_construct.initial(s, items.left.pop(0), m, at)
        elif not items.left and m.name in given:
            members[m.name] = lift_construct.initial(s, given[m.name], m, at)
        else:
            members[m.name] = _next(s, m.type, items, at)
    return Aggregate(t, members)


def _array(s: State, t: ArrayType, items: _Items, at: Cursor) -> Value:
    """A new array with the next elements."""
    place = Array(lift_decl.array_base(s, "list", t, at), ZERO, t)
    _fill(s, place, items, at)
    return Row(single(place.base, t.of), t, fresh=True)


def _zero(s: State, t: CType, at: Cursor) -> Value:
    if isinstance(t, ArrayType):
        return _array(s, t, _Items([]), at)
    if isinstance(t, RecordType):
        return _record(s, t, _Items([]), at)
    return lift_memory.zero(s, t, at)


def _is_zero(c: Cursor) -> bool:
    return c.evaluate() in (0, 0.0) or (c.kind == "INIT_LIST_EXPR" and all(_is_zero(x) for x in c.children))


def _zero_fill(s: State, place: Array, at: Cursor) -> None:
    dtype, t = flat_of(place.type), place.type
    if dtype is None:
        assert isinstance(t, ArrayType)
        for k in range(t.count or 0):
            inner = lift_memory.place_at(s, place.base, place.offset.shifted(k * t.of.size), t.of, at)
            lift_memory.store(s, inner, _zero(s, t.of, at), at)
        return
    k = lift_rows.each(s, 0)
    with s.collect() as items:
        cell = lift_memory.place_at(s, place.base, place.offset.plus(k, dtype.size), ScalarType(dtype), at)
        lift_memory.store(s, cell, lift_memory.zero(s, ScalarType(dtype), at), at)
    lift_rows.loop(s, k, t.size // dtype.size, list(items), at)
