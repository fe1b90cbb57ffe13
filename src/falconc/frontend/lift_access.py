"""Names, members, subscripts and pointer operators."""

from __future__ import annotations

from falconc.frontend import lift_convert, lift_expr, lift_globals, lift_memory, lift_pointers, lift_rows
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import FALSE, TRUE, binary, both, cast, either, integer, negate
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import RecordType, ScalarType, VectorType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import (
    Aggregate,
    Array,
    Base,
    Bound,
    Cell,
    Closure,
    LazyRegister,
    Members,
    Null,
    Number,
    Options,
    Place,
    Pointer,
    Row,
    Value,
)
from falconc.ir.nodes import Const, Expr
from falconc.ir.types import I32, I64, U32, DType

REFERENCES = ("LVALUEREFERENCE", "RVALUEREFERENCE")
AXES = {"threadIdx": "thread", "blockIdx": "block", "blockDim": "thread", "gridDim": "block"}


def declared(s: State, c: Cursor) -> Place:
    """What a name stands for."""
    declaration = c.referenced
    if declaration is None or (not c.spelling and c.children and declaration.kind != "VAR_DECL"):
        if c.children:  # a substituted template argument
            return Bound(lift_expr.value(s, c.children[-1]))
        raise s.defect(c, f"'{c.spelling}' is not declared")
    if declaration.key in s.env:
        return s.env[declaration.key]
    if declaration.kind in ("FUNCTION_DECL", "CXX_METHOD"):
        return Bound(Closure(declaration, {}))
    builtin = note(declaration, "ir:builtin")
    if builtin:
        return Bound(built_in(s, builtin, c))
    if declaration.kind in ("VAR_DECL", "ENUM_CONSTANT_DECL", "NON_TYPE_TEMPLATE_PARAMETER"):
        return lift_globals.file_scope(s, declaration, c)
    raise s.unsupported(c, f"the name '{c.spelling}' here")


def note(declaration: Cursor, word: str) -> str:
    """What follows ``word`` in the notes of a declaration; "" if it is not there."""
    for text in declaration.notes:
        words = text.split()
        if word in words:
            i = words.index(word)
            return words[i + 1] if i + 1 < len(words) else "yes"
    return ""


def built_in(s: State, name: str, c: Cursor) -> Value:
    """threadIdx and its like: "threadIdx" (a struct), "threadIdx.x" or "warpSize"."""
    if name == "warpSize":
        return Number(integer(s.platform.lane_width))
    head, _, axis = name.partition(".")
    if head not in AXES:
        raise s.unsupported(c, f"the built-in '{name}'")
    if axis:
        return Number(_coordinate(s, head, axis, c))
    t = type_of(c.type)
    assert isinstance(t, RecordType)
    return Aggregate(t, {m.name: Number(_coordinate(s, head, m.name, c)) for m in t.members})


def _coordinate(s: State, head: str, axis: str, c: Cursor) -> Expr:
    if s.launch is None:
        raise s.unsupported(c, f"'{head}' outside a kernel launch", "pass --grid and --block")
    name = f"{AXES[head]}.{axis}"
    if head.endswith("Dim"):
        return cast(U32, s.extents[name])
    var = s.axes[name][1]
    return cast(U32, var)


# --- members -------------------------------------------------------------------------------------------------------


def member(s: State, c: Cursor) -> Place:
    """object.name, pointer->name, and a bare name inside a method."""
    field = c.referenced
    if field is not None and field.kind == "VAR_DECL":
        return lift_globals.file_scope(s, field, c)
    if field is not None and field.kind in ("CXX_METHOD", "FUNCTION_DECL"):
        return Bound(Closure(field, {}))
    objects = [x for x in c.children if x.kind not in ("TYPE_REF", "NAMESPACE_REF", "TEMPLATE_REF")]
    if not objects:
        this = s.frames[-1].this if s.frames else None
        if this is None:
            raise s.unsupported(c, f"the member '{c.spelling}' without an object")
        return _through_reference(s, part(s, this, c.spelling, c), c)
    holder = objects[0]
    if field is not None and (builtin := note(field, "ir:builtin")):
        return Bound(built_in(s, builtin, c))
    if holder.kind == "DECL_REF_EXPR" and holder.referenced and (name := note(holder.referenced, "ir:builtin")):
        s.axes_read.add(f"{AXES.get(name, name)}.{c.spelling}")
    if holder.type.kind == "POINTER":
        owner = target(s, lift_expr.value(s, holder), holder)
    else:
        owner = lift_expr.place(s, holder)
    return _through_reference(s, part(s, owner, c.spelling, c), c)


def _through_reference(s: State, found: Place, c: Cursor) -> Place:
    """A member that is a reference stands for what it refers to."""
    if c.referenced is None or c.referenced.kind != "FIELD_DECL" or c.referenced.type.kind not in REFERENCES:
        return found
    return target(s, lift_memory.load(s, found, c), c)


def part(s: State, owner: Place, name: str, c: Cursor) -> Place:
    """The member ``name`` of a struct."""
    match owner:
        case Members(_, parts) if name in parts:
            return parts[name]
        case Bound(Aggregate(_, members)) if name in members:
            return Bound(members[name])
        case Options(selector, places):
            return Options(selector, tuple(part(s, p, name, c) for p in places))
        case Array() | LazyRegister() | Bound() | Cell():
            raise s.unsupported(c, f"the member '{name}' of this object")
        case _:
            raise s.unsupported(c, f"the member '{name}' of this object")


# --- subscripts and dereferences -----------------------------------------------------------------------------------


def subscript(s: State, c: Cursor) -> Place:
    """base[index]."""
    base, index = c.children[0], c.children[-1]
    if base.type.kind not in ("POINTER", "VECTOR", "EXTVECTOR") and index.type.kind == "POINTER":
        base, index = index, base
    t = type_of(base.type)
    if isinstance(t, VectorType):
        pointer = register_pointer(s, lift_expr.place(s, base), t, c)
        k = lift_expr.number(s, index)
        return lift_memory.dereference(s, lift_pointers.moved(pointer, k, t.of.size), c, ScalarType(t.of))
    found, k = lift_expr.values(s, [base, index])
    if not isinstance(k, Number):
        raise s.unsupported(c, "a subscript that is no number")
    pointer = as_pointer(s, found, base)
    return lift_memory.dereference(s, lift_pointers.advance(s, pointer, k.expr, c), c)


def register_pointer(s: State, place: Place, t: VectorType, c: Cursor) -> Pointer:
    """Address of a vector register's first lane, its elements seen as ``t`` says."""
    if isinstance(place, LazyRegister) and place.array is None:
        lift_rows.bind_register(s, place, t.of)
    if isinstance(place, LazyRegister):
        assert place.array
        place = place.array
    if isinstance(place, Array):
        return lift_memory.single(place.base, ScalarType(t.of), place.offset)
    if isinstance(place, Bound) and isinstance(place.value, Row):
        return place.value.pointer
    raise s.unsupported(c, "a lane of this object")


def as_pointer(s: State, v: Value, c: Cursor) -> Pointer:
    match v:
        case Pointer():
            return v
        case Row(pointer):
            return pointer
        case Null():
            raise s.defect(c, "the null pointer is dereferenced")
        case _:
            raise s.unsupported(c, "this kind of pointer", "use a pointer to plain data")


def target(s: State, v: Value, c: Cursor) -> Place:
    """*v."""
    if isinstance(v, Closure):
        return Bound(v)
    return lift_memory.dereference(s, as_pointer(s, v, c), c)


def address_of(s: State, c: Cursor) -> Value:
    """&x."""
    inner = c.children[0]
    while inner.kind == "PAREN_EXPR":
        inner = inner.children[0]
    place = lift_expr.place(s, inner)
    if isinstance(place, Bound) and isinstance(place.value, Closure):
        return place.value
    return lift_memory.address(s, place, type_of(inner.type), c)


# --- pointer arithmetic --------------------------------------------------------------------------------------------


def pointer_operation(s: State, op: str, a: Value, b: Value, c: Cursor) -> Value:
    """p + i, p - i, p - q and comparisons."""
    if op in ("==", "!=") and (isinstance(a, Null) or isinstance(b, Null)):
        return _null_test(s, op, a, b)
    if isinstance(b, Number) and isinstance(a, Pointer) and op in ("+", "-"):
        by = b.expr
        if op == "-":
            by = (
                integer(-int(by.value), by.dtype if by.dtype.is_signed else I64)
                if isinstance(by, Const)
                else binary("sub", integer(0, _wide(by.dtype)), cast(_wide(by.dtype), by))
            )
        return lift_pointers.advance(s, a, by, c)
    if isinstance(a, Number) and isinstance(b, Pointer) and op == "+":
        return lift_pointers.advance(s, b, a.expr, c)
    if isinstance(a, Pointer) and isinstance(b, Pointer):
        return _two_pointers(s, op, a, b, c)
    raise s.unsupported(c, f"operator '{op}' on pointers")


def _wide(dtype: DType) -> DType:
    return I32 if dtype == I32 else I64


def _null_test(s: State, op: str, a: Value, b: Value) -> Value:
    other = b if isinstance(a, Null) else a
    if isinstance(other, Null):
        return Number(TRUE if op == "==" else FALSE)
    present = lift_convert.not_null(s, other) if isinstance(other, Pointer | Row) else TRUE
    return Number(present if op == "!=" else negate(present))


def _two_pointers(s: State, op: str, a: Pointer, b: Pointer, c: Cursor) -> Value:
    bases: list[Base] = []
    for choice in (*a.choices, *b.choices):
        if choice.base not in bases:
            bases.append(choice.base)
    apart = not any(x.base == y.base for x in a.choices for y in b.choices)
    if apart and op in ("==", "!="):
        return Number(TRUE if op == "!=" else FALSE)
    if apart or op not in (*lift_expr.BINARY, "-"):
        raise s.unsupported(c, "two pointers into different buffers compared", "compare indices instead")
    x, y = _distance(s, a, c), _distance(s, b, c)
    if op == "-":
        return Number(binary("sub", x, y))
    found = binary(lift_expr.BINARY[op], x, y)
    if op in ("==", "!=") and len(bases) > 1:
        one = binary("eq", _which(s, a, bases, c), _which(s, b, bases, c))
        found = both(one, found) if op == "==" else either(negate(one), found)
    return Number(found)


def _distance(s: State, p: Pointer, c: Cursor) -> Expr:
    """How far ``p`` is from the start of its buffer, in elements."""
    return _chosen(s, p, [cast(I64, x.offset.index(p.to.size)) for x in p.choices], c)


def _which(s: State, p: Pointer, bases: list[Base], c: Cursor) -> Expr:
    """The number of the buffer that ``p`` points into."""
    return _chosen(s, p, [integer(bases.index(x.base)) for x in p.choices], c)


def _chosen(s: State, p: Pointer, parts: list[Expr], c: Cursor) -> Expr:
    if p.selector is None:
        return parts[0]
    found = lift_memory.choose(s, p.selector, [Number(e) for e in parts], c)
    assert isinstance(found, Number)
    return found.expr
