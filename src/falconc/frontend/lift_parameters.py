"""Parameters of a kernel: pointers become buffers, numbers scalars, structs their members one by one."""

from __future__ import annotations

from falconc.frontend import lift_expr, lift_memory
from falconc.frontend.clang import Cursor, Type
from falconc.frontend.lift_ops import integer
from falconc.frontend.lift_scan import assigned
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import (
    ArrayType,
    CType,
    OpaqueType,
    PointerType,
    RecordType,
    ScalarType,
    VectorType,
    flat_dtype,
    leaves,
)
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import (
    ZERO,
    Aggregate,
    Array,
    Bound,
    Flat,
    Number,
    Place,
    Row,
    Value,
    single,
)
from falconc.frontend.unit import CParam
from falconc.ir.nodes import Alloc, Buffer, Param, Scalar, Store, Var
from falconc.ir.types import U8, DType


def _innermost_const(t: Type) -> bool:
    while t.kind in _DECAYED:
        t = t.element
    return t.is_const


_DECAYED = ("CONSTANTARRAY", "INCOMPLETEARRAY", "VARIABLEARRAY")


def bind(s: State, function: Cursor) -> tuple[list[Param], list[CParam]]:
    """Gives each parameter of ``function`` its place, and what the Kernel takes for it."""
    params: list[Param] = []
    c_params: list[CParam] = []
    s.taken |= {p.spelling for p in function.arguments}
    changed = assigned(function)
    for i, p in enumerate(function.arguments):
        name = p.spelling or s.fresh(f"unused_{i}")
        made = _Parameter(s, p, name)
        with s.collect() as items:
            value = made.value(type_of(p.type), "", name)
            s.env[p.key] = _place(s, p, name, value, p.key in changed)
        s.prologue += items
        params += made.params
        kind = "struct" if made.paths != [""] else "pointer" if isinstance(made.params[0], Buffer) else "scalar"
        names = tuple(x.name for x in made.params)
        c_params.append(CParam(name, p.written_type, kind, names, tuple(made.paths) if kind == "struct" else ()))
    return params, c_params


def _place(s: State, p: Cursor, name: str, value: Value, changes: bool) -> Place:
    """Where the parameter lives: a name for its value, or storage that starts with it."""
    if not changes or p.type.kind in _DECAYED:
        return Bound(value)
    from falconc.frontend import lift_decl

    return lift_decl.bind(s, name, type_of(p.type), value, mutable=True, at=p)


class _Parameter:
    """One C parameter being taken apart."""

    def __init__(self, s: State, cursor: Cursor, name: str) -> None:
        self.s, self.cursor, self.name = s, cursor, name
        self.params: list[Param] = []
        self.paths: list[str] = []

    def _fresh(self, name: str, path: str) -> str:
        return name if not path else self.s.fresh(name)

    def value(self, t: CType, path: str, name: str) -> Value:
        """The value of the part at ``path``; ``name`` is what it is called."""
        s = self.s
        match t:
            case ScalarType(dtype):
                return Number(self._scalar(dtype, path, name))
            case PointerType(to, const, restrict):
                return self._buffer(to, const, restrict, path, name)
            case ArrayType() if not path and self.cursor.type.kind in _DECAYED:
                element = self.cursor.type.element
                return self._buffer(self._rows(t.of), _innermost_const(element), False, path, name)
            case ArrayType(element, count) if count is not None:
                return self._array(t, element, count, path, name)
            case RecordType():
                parts = {m.name: self.value(m.type, f"{path}.{m.name}", f"{name}_{m.name}") for m in t.members}
                return Aggregate(t, parts)
            case VectorType():
                raise s.unsupported(self.cursor, f"the parameter '{self.name}', a vector register", "pass a pointer")
            case OpaqueType() | ArrayType():
                shown = self.cursor.written_type
                raise s.unsupported(
                    self.cursor,
                    f"the parameter '{self.name}' of type '{shown}'",
                    "its definition is not in this file, or it is no plain struct; pass pointers and numbers",
                )

    def _scalar(self, dtype: DType, path: str, name: str) -> Var:
        named = self._fresh(name, path)
        self.params.append(Scalar(named, dtype))
        self.paths.append(path)
        return Var(named, dtype)

    def _buffer(self, to: CType, const: bool, restrict: bool, path: str, name: str) -> Value:
        named = self._fresh(name, path)
        dtype = flat_dtype(to) or next((d for d, _ in leaves(to) if d is not None), U8)
        self.params.append(Buffer(named, dtype, (None,), "global", const, restrict))
        self.paths.append(path)
        return single(Flat(named, dtype, "global", 1, None, const), to)

    def _rows(self, t: CType) -> CType:
        """``t`` with the run-time extents that the declaration gives (float a[h][w])."""
        sizes = [x for x in self.cursor.children if x.kind.endswith(("EXPR", "LITERAL", "OPERATOR"))]
        depth, inner = 0, t
        while isinstance(inner, ArrayType):
            depth, inner = depth + 1, inner.of
        sizes.sort(key=lambda x: x.offset)  # clang gives them innermost first
        known = sizes[len(sizes) - depth :][::-1] if depth <= len(sizes) else sizes[::-1]

        def build(part: CType, left: list[Cursor]) -> CType:
            if not isinstance(part, ArrayType):
                return part
            of = build(part.of, left[:-1])
            if part.count is not None:
                return ArrayType(of, part.count)
            if not left:
                raise self.s.unsupported(
                    self.cursor, f"the extents of '{self.name}'", "pass a pointer and compute the index"
                )
            return ArrayType(of, None, lift_expr.number(self.s, left[-1]))

        return build(t, known)

    def _array(self, t: ArrayType, element: CType, count: int, path: str, name: str) -> Value:
        """A fixed array inside a struct: one parameter an element, gathered into an array of the thread."""
        s = self.s
        values = [self.value(element, f"{path}[{k}]", f"{name}_{k}") for k in range(count)]
        dtype = flat_dtype(t)
        if dtype is None or not isinstance(element, ScalarType):
            raise s.unsupported(self.cursor, f"the member '{path}' of '{self.name}'", "pass its elements one by one")
        flat = Flat(s.fresh(name), dtype, "register", 1, count)
        s.emit(Alloc(Buffer(flat.name, dtype, (integer(count),), "register")))
        for k, v in enumerate(values):
            assert isinstance(v, Number)
            s.emit(Store(flat.name, (integer(k),), v.expr))
        held = lift_memory.load(s, Array(flat, ZERO, t))
        assert isinstance(held, Row)
        return held
