"""Declarations of local variables: names, mutable scalars, pointers, arrays, structs, registers, shared memory."""

from __future__ import annotations

from falconc.frontend import (
    lift_collective,
    lift_construct,
    lift_convert,
    lift_expr,
    lift_lists,
    lift_memory,
    lift_pointers,
    lift_rows,
)
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import cast, integer, known
from falconc.frontend.lift_state import Late, State
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
from falconc.frontend.lift_types import flat_dtype as flat_of
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import (
    ZERO,
    Array,
    Base,
    Bound,
    Cell,
    Closure,
    Flat,
    LazyRegister,
    Members,
    Null,
    Number,
    Place,
    Pointer,
    Row,
    Spread,
    Value,
    single,
)
from falconc.ir.nodes import Apply, Buffer, Const, Expr, View
from falconc.ir.types import I32, I64, U8, DType

REFERENCES = ("LVALUEREFERENCE", "RVALUEREFERENCE")


def declare(s: State, c: Cursor) -> None:
    """One VAR_DECL of a function body."""
    with s.at(c):
        s.env[c.key] = _declared(s, c)


def _declared(s: State, c: Cursor) -> Place:
    t = type_of(c.type)
    if c.has("CUDASHARED_ATTR"):
        return shared(s, c, t)
    if c.storage == "STATIC" and not c.type.is_const and "const" not in c.written_type:
        raise s.unsupported(c, "a static local variable", "make it a parameter")
    if lift_collective.is_lanes(c.type):
        return lift_collective.declare(s, c)
    init = c.initializer
    if c.type.kind in REFERENCES:
        if init is None:
            raise s.defect(c, f"the reference '{c.spelling}' has no initialiser")
        return lift_expr.place(s, init)
    if isinstance(t, ArrayType):
        return array(s, c, t)
    if init is not None and isinstance(t, RecordType) and lift_construct.is_trivial(init):
        init = None
    s.declares = c.spelling if isinstance(t, PointerType) and not s.frames else ""
    v = None if init is None else lift_expr.value(s, init)
    s.declares = ""
    return bind(s, c.spelling, t, v, mutable=c.key in s.modified, addressed=c.key in s.addressed, at=c)


def bind(
    s: State, name: str, t: CType, v: Value | None, *, mutable: bool, at: Cursor | None, addressed: bool = False
) -> Place:
    """A variable of type ``t`` called ``name`` with value ``v`` (None: not initialised)."""
    if isinstance(v, Closure):
        return Bound(v)
    match t:
        case ScalarType(dtype):
            if v is not None and not mutable:
                assert isinstance(v, Number), v
                return Bound(Number(s.named(name, cast(dtype, v.expr))))
            place = Cell(s.variable(name, dtype), ZERO, dtype)
            if v is not None:
                lift_memory.store(s, place, v, at)
            return place
        case PointerType():
            return _pointer(s, name, t, v, mutable, at)
        case RecordType():
            return _record(s, name, t, v, mutable, addressed, at)
        case VectorType():
            return _register(s, name, t, v, mutable, at)
        case OpaqueType():
            if v is not None:
                return Bound(v)
            raise opaque(s, at, t)
        case ArrayType():
            if isinstance(v, Row):
                return Bound(v)
            raise s.unsupported(at, "an array here", "use a pointer")


def opaque(s: State, at: Cursor | None, t: OpaqueType) -> Exception:
    """The refusal of a variable whose type has no meaning here."""
    advice = t.next_step or "its definition is not in this file, or it is no plain struct"
    return s.unsupported(at, t.what or f"a variable of type '{t.name}'", advice)


def _pointer(s: State, name: str, t: PointerType, v: Value | None, mutable: bool, at: Cursor | None) -> Place:
    if isinstance(v, Closure):
        return Bound(v)
    if v is not None and not isinstance(v, Pointer | Row | Null):
        raise s.unsupported(at, "a pointer to what is no memory of the kernel", "use numbers, or pass a buffer")
    if v is not None and not mutable and not isinstance(v, Null):
        pointer = v.pointer if isinstance(v, Row) else v
        settled = lift_memory.settle(s, pointer, name)
        assert isinstance(settled, Pointer)
        return Bound(_carved(s, name, t, settled))
    if v is not None and isinstance(v, Null) and not mutable:
        return Bound(v)
    place = lift_pointers.pointer_variable(s, name, t.to)
    if isinstance(v, Pointer):
        lift_memory.store(s, place, v, at)
    return place


def _carved(s: State, name: str, t: PointerType, pointer: Pointer) -> Pointer:
    """A typed part of a byte pool becomes a buffer of its own."""
    dtype = flat_of(t.to)
    if len(pointer.choices) != 1 or dtype is None:
        return pointer
    base, offset = pointer.one.base, pointer.one.offset
    if not isinstance(base, Flat) or base.dtype.size == dtype.size or base.rank == 0 or base.dtype != U8:
        return pointer
    view = Flat(s.fresh(name), dtype, base.space, 1, None, base.readonly)
    shape: tuple[Expr | None, ...] = (None,)
    if base.extent is not None and not offset.terms:
        shape = (integer(max(0, base.extent - offset.const) // dtype.size),)
    buffer = Buffer(view.name, dtype, shape, base.space, base.readonly)
    s.emit(View(buffer, base.name, offset.index(1), where=s.where(None)))
    return single(view, t.to)


def _record(
    s: State, name: str, t: RecordType, v: Value | None, mutable: bool, addressed: bool, at: Cursor | None
) -> Place:
    if v is not None and not mutable:
        return Bound(lift_memory.settle(s, lift_convert.convert(s, v, t, at) if at else v, name))
    place = storage(s, name, t, in_memory=addressed, holding=_moved_type(v))
    if v is not None:
        lift_memory.store(s, place, v, at)
    return place


def _moved_type(v: Value | None) -> DType | None:
    """The float type of a struct of integers whose members are floats' bits."""
    numbers = [] if v is None else lift_memory.numbers(v)
    kinds = {e.args[0].dtype if isinstance(e, Apply) and e.function == "bitcast" else e.dtype for e in numbers}
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind is not None and kind.is_float else None


def storage(
    s: State, name: str, t: CType, in_memory: bool = False, at: Cursor | None = None, holding: DType | None = None
) -> Place:
    """Uninitialised storage for an object. holding: what its numbers are, where the type says integers."""
    dtype = flat_of(t)
    if holding is not None and dtype is not None and dtype.size == holding.size:
        dtype = holding
    if in_memory and dtype and not isinstance(t, ScalarType | VectorType):
        flat = s.array(name, dtype, t.size // dtype.size)
        return lift_memory.place_at(s, flat, ZERO, t, at)
    match t:
        case ScalarType(kind):
            return Cell(s.variable(name, kind), ZERO, kind)
        case RecordType():
            return Members(t, {m.name: storage(s, f"{name}_{m.name}", m.type, False, at) for m in t.members})
        case VectorType():
            return register(s, name, t)
        case PointerType():
            return lift_pointers.pointer_variable(s, name, t.to)
        case ArrayType():
            return Array(array_base(s, name, t, at), ZERO, t)
        case OpaqueType():
            raise opaque(s, at, t)


def register(s: State, name: str, t: VectorType) -> LazyRegister:
    place = LazyRegister(s.fresh(name), t)
    late = Late(where=s.where(None))
    s.private_late[place.name] = late
    s.arrays.append(place.name)
    s.emit(late)
    if t.of != I64:  # a 64-bit element is how untyped integer registers are declared
        lift_rows.bind_register(s, place, t.of)
    return place


def _register(s: State, name: str, t: VectorType, v: Value | None, mutable: bool, at: Cursor | None) -> Place:
    if isinstance(v, Row) and v.pointer.selector is None and isinstance(v.pointer.one.base, Flat):
        base, offset = v.pointer.one.base, v.pointer.one.offset
        if not mutable and (v.fresh or v.steady):
            return Bound(v)
        if v.fresh and offset.is_zero and base.dtype.size == t.of.size:
            return Array(base, ZERO, t)
    place = register(s, name, t)
    if v is not None:
        lift_memory.store(s, place, lift_convert.convert(s, v, t, at) if at else v, at)
    return place


# --- arrays --------------------------------------------------------------------------------------------------------


def array(s: State, c: Cursor, t: ArrayType) -> Place:
    """A local array and its initialiser."""
    init = c.initializer
    base = array_base(s, c.spelling, t, c, _run_time_extent(s, c, t))
    place = Array(base, ZERO, t)
    if init is not None and init.kind == "CALL_EXPR":
        _construct_each(s, place, t, c)
    elif init is not None:
        lift_lists.fill(s, place, init, c)
    return place


def _construct_each(s: State, place: Array, t: ArrayType, c: Cursor) -> None:
    """T a[n];"""
    element, extents = innermost(t)
    if not isinstance(element, RecordType) or not lift_construct.does_something(element):
        return
    count = 1
    for e in extents:
        count *= e or 0
    for k in range(count):
        one = lift_memory.place_at(s, place.base, place.offset.shifted(k * element.size), element, c)
        lift_memory.store(s, one, lift_construct.default(s, c, element), c)


def _run_time_extent(s: State, c: Cursor, t: ArrayType) -> Expr | None:
    if t.count is not None:
        return None
    sizes = [x for x in c.children if x.kind not in ("TYPE_REF", "NAMESPACE_REF") and "ATTR" not in x.kind]
    if c.type.kind != "VARIABLEARRAY" or not sizes:
        raise s.unsupported(c, f"the array '{c.spelling}' without an extent")
    if len(sizes) > 1 and not isinstance(t.of, ScalarType | ArrayType):
        raise s.unsupported(c, "an array of this element type with a run-time extent")
    if isinstance(t.of, ArrayType) and t.of.count is None:
        raise s.unsupported(c, "a run-time inner extent", "use one dimension and compute the index")
    return s.settle(lift_expr.number(s, sizes[0]), f"{c.spelling}_size")


def array_base(s: State, name: str, t: ArrayType, at: Cursor | None, extent: Expr | None = None) -> Base:
    """Storage of an array (or table of structs)."""
    element, extents = innermost(t)
    dtype = flat_of(element)
    if extent is not None:
        if dtype is None:
            raise s.unsupported(at, "an array of structs with a run-time extent", "use one array per member")
        row = t.of.size // dtype.size
        from falconc.frontend.lift_ops import binary

        wide = extent if extent.dtype in (I32, I64) else cast(I64, extent)
        return s.array(name, dtype, binary("mul", wide, integer(row, wide.dtype)))
    if dtype is not None:
        if isinstance(element, VectorType) and dtype == I64:
            dtype = I32
        return s.array(name, dtype, t.size // dtype.size)
    count = 1
    for e in extents:
        count *= e or 0
    if isinstance(element, RecordType):
        parts = {m.name: array_base(s, f"{name}_{m.name}", ArrayType(m.type, count), at) for m in element.members}
        return Spread(element, parts, name)
    raise s.unsupported(at, f"an array '{name}' of this element type", "use separate variables")


# --- shared memory -------------------------------------------------------------------------------------------------


def shared(s: State, c: Cursor, t: CType) -> Place:
    """A variable of the block; an array without extent takes the dynamic bytes of the launch."""
    if c.key in s.block_variables:
        return s.block_variables[c.key]
    if isinstance(t, ArrayType) and t.count is None:
        place = _dynamic(s, c, t)
    else:
        dtype = flat_of(t)
        if dtype is None:
            place = _shared_record(s, c, t)
        else:
            flat = s.array(c.spelling, dtype, t.size // dtype.size, "shared")
            place = lift_memory.place_at(s, flat, ZERO, t, c)
    s.block_variables[c.key] = place
    return place


def _shared_record(s: State, c: Cursor, t: CType) -> Place:
    """A struct (or array of structs) in shared memory: one array per member."""
    element, extents = innermost(t)
    if not isinstance(element, RecordType):
        raise s.unsupported(c, f"the shared variable '{c.spelling}' of this type")
    count = 1
    for e in extents:
        count *= e or 0

    def parts(name: str, record: RecordType) -> Base:
        out: dict[str, Base] = {}
        for m in record.members:
            inner, _ = innermost(m.type)
            dtype = flat_of(m.type)
            if dtype is None:
                if not isinstance(inner, RecordType) or isinstance(m.type, ArrayType):
                    raise s.unsupported(c, f"the member '{m.name}' in shared memory")
                out[m.name] = parts(f"{name}_{m.name}", inner)
            else:
                out[m.name] = s.array(f"{name}_{m.name}", dtype, count * (m.type.size // dtype.size), "shared")
        return Spread(record, out, name)

    return lift_memory.place_at(s, parts(c.spelling, element), ZERO, t, c)


def _dynamic(s: State, c: Cursor, t: ArrayType) -> Place:
    """extern __shared__ T name[]: all such names are the same bytes."""
    launch = s.launch
    size = launch.shared_bytes if launch else integer(0)
    dtype = flat_of(t.of)
    if dtype is None:
        raise s.unsupported(c, f"dynamic shared memory '{c.spelling}' of this element type")
    if s.dynamic is None:
        total = known(size)
        if total == 0:
            from falconc.errors import UsageError

            raise UsageError(
                f"the launch gives '{c.spelling}' no dynamic shared memory",
                "pass --shared BYTES, or launch with a third <<< >>> argument",
                s.where(c),
            )
        if dtype.size == 1:
            dtype = U8
        count: Expr = Const(total // dtype.size, I32) if total is not None else _quotient(size, dtype.size)
        s.dynamic = s.array(c.spelling, dtype, count, "shared")
    return Array(s.dynamic, ZERO, t)


def _quotient(size: Expr, unit: int) -> Expr:
    from falconc.frontend.lift_ops import binary

    return binary("div", size, integer(unit, size.dtype))
