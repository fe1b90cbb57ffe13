"""C types as the lifter uses them, made from libclang's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from falconc.frontend.clang import Cursor, Type
from falconc.ir import types as ir
from falconc.ir.nodes import Expr
from falconc.ir.types import DType


@dataclass(frozen=True, slots=True)
class ScalarType:
    dtype: DType

    @property
    def size(self) -> int:
        return self.dtype.size


@dataclass(frozen=True, slots=True)
class PointerType:
    """``const`` and ``restrict``: of the pointee, of the pointer."""

    to: CType
    const: bool = False
    restrict: bool = False
    size: int = 8


@dataclass(frozen=True, slots=True)
class ArrayType:
    """count None: run-time or unknown extent; ``extent``: the run-time one, where known."""

    of: CType
    count: int | None
    extent: Expr | None = None

    @property
    def size(self) -> int:
        return self.of.size * (self.count or 0)


@dataclass(frozen=True, slots=True)
class VectorType:
    """A register of lanes (GNU vector_size)."""

    of: DType
    count: int

    @property
    def size(self) -> int:
        return self.of.size * self.count


@dataclass(frozen=True, slots=True)
class Member:
    """``reference``: kept as a pointer to what it refers to."""

    name: str
    type: CType
    offset: int
    reference: bool = False


@dataclass(frozen=True, slots=True)
class RecordType:
    """A struct. ``key``: identity of its declaration, so that equal-looking structs stay apart."""

    name: str
    members: tuple[Member, ...]
    size: int
    key: int
    declaration: Cursor = field(compare=False, repr=False)

    def member(self, name: str) -> Member | None:
        return next((m for m in self.members if m.name == name), None)


@dataclass(frozen=True, slots=True)
class OpaqueType:
    """Something a kernel may mention but not hold: void, a function, a lambda, a type we do not know.

    what, next_step: how a refusal calls it, and what it advises.
    """

    name: str
    size: int = 1
    what: str = ""
    next_step: str = ""

    @property
    def is_void(self) -> bool:
        return self.name == "void"


CType = ScalarType | PointerType | ArrayType | VectorType | RecordType | OpaqueType
VOID = OpaqueType("void")

_SCALARS: dict[str, DType] = {
    "BOOL": ir.BOOL,
    "CHAR_U": ir.I8,
    "CHAR_S": ir.I8,
    "SCHAR": ir.I8,
    "UCHAR": ir.U8,
    "SHORT": ir.I16,
    "USHORT": ir.U16,
    "INT": ir.I32,
    "UINT": ir.U32,
    "LONG": ir.I64,
    "ULONG": ir.U64,
    "LONGLONG": ir.I64,
    "ULONGLONG": ir.U64,
    "CHAR16": ir.U16,
    "CHAR32": ir.U32,
    "WCHAR": ir.I32,
    "HALF": ir.F16,
    "FLOAT16": ir.F16,
    "BFLOAT16": ir.BF16,
    "IBM128": ir.F64,
    "FLOAT": ir.F32,
    "DOUBLE": ir.F64,
}
_BY_SPELLING = {"_Float16": ir.F16, "__bf16": ir.BF16, "__fp16": ir.F16}
_ARRAYS = ("CONSTANTARRAY", "INCOMPLETEARRAY", "VARIABLEARRAY")


def of(t: Type) -> CType:
    """The lifter's type for a libclang type; a reference becomes what it refers to."""
    kind = t.kind
    if kind in ("LVALUEREFERENCE", "RVALUEREFERENCE"):
        return of(t.pointee)
    spelling = t.spelling.removeprefix("const ").removeprefix("volatile ")
    if spelling in _BY_SPELLING:
        return ScalarType(_BY_SPELLING[spelling])
    if kind in _SCALARS:
        return ScalarType(_SCALARS[kind])
    if kind == "POINTER":
        return PointerType(of(t.pointee), t.pointee.is_const, t.is_restrict)
    if kind in _ARRAYS:
        return ArrayType(of(t.element), t.count if kind == "CONSTANTARRAY" else None)
    if kind in ("VECTOR", "EXTVECTOR"):
        element = of(t.element)
        return VectorType(element.dtype, t.count) if isinstance(element, ScalarType) else OpaqueType(t.spelling)
    if kind == "ENUM":
        return _enum(t.declaration)
    if kind == "RECORD":
        return _record(t)
    return VOID if kind == "VOID" else OpaqueType(spelling)


def _enum(declaration: Cursor) -> CType:
    return of(Type(declaration.raw.enum_type))


def noted_scalar(declaration: Cursor) -> DType | None:
    """The scalar that a class of meaning.h stands for (FALCON_NOTE("ir:type f16"))."""
    for note in declaration.notes:
        words = note.split()
        if "ir:type" in words:
            return ir.BY_NAME[words[words.index("ir:type") + 1]]
    return None


def _record(t: Type) -> CType:
    declaration = t.declaration
    if (dtype := noted_scalar(declaration)) is not None:
        return ScalarType(dtype)
    if declaration.kind == "UNION_DECL":
        return OpaqueType(t.spelling, max(1, t.size), f"the union '{t.spelling}'", "convert bits with memcpy")
    if t.size < 0:
        return OpaqueType(t.spelling, 1)
    members: list[Member] = []
    for base in declaration.children:
        if base.kind == "CXX_BASE_SPECIFIER":
            inherited = of(base.type)
            if not isinstance(inherited, RecordType) or members:
                return OpaqueType(t.spelling, t.size)
            members += inherited.members
    for name, field_type, offset, bits in t.fields():
        if bits:
            return OpaqueType(t.spelling, t.size, f"the bit fields of '{t.spelling}'", "use masks and shifts")
        if not name:
            return OpaqueType(t.spelling, t.size)
        refers = field_type.kind in ("LVALUEREFERENCE", "RVALUEREFERENCE")
        member = PointerType(of(field_type), field_type.pointee.is_const) if refers else of(field_type)
        members.append(Member(name, member, offset, refers))
    return RecordType(declaration.spelling or "struct", tuple(members), t.size, declaration.key, declaration)


def leaves(t: CType, offset: int = 0) -> Iterator[tuple[DType | None, int]]:
    """(dtype, byte offset) of every scalar in a type; dtype None for what is no number (pointers, opaque)."""
    match t:
        case ScalarType(dtype):
            yield dtype, offset
        case VectorType(dtype, count):
            for i in range(count):
                yield dtype, offset + i * dtype.size
        case ArrayType(element, count):
            for i in range(count or 0):
                yield from leaves(element, offset + i * element.size)
        case RecordType():
            for m in t.members:
                yield from leaves(m.type, offset + m.offset)
        case PointerType() | OpaqueType():
            yield None, offset
        case _:
            assert_never(t)


def flat_dtype(t: CType) -> DType | None:
    """The one scalar type that a value of type ``t`` is a dense row of; None if there is none."""
    match t:
        case ScalarType(dtype) | VectorType(dtype, _):
            return dtype
        case ArrayType(element, _):
            return flat_dtype(element)
        case RecordType():
            found = [flat_dtype(m.type) for m in t.members]
            if not found or found[0] is None or any(f != found[0] for f in found):
                return None
            dense = sum(m.type.size for m in t.members) == t.size
            return found[0] if dense else None
        case PointerType() | OpaqueType():
            return None
        case _:
            assert_never(t)


def innermost(t: CType) -> tuple[CType, list[int | None]]:
    """Element type and extents of a (nested) array."""
    extents: list[int | None] = []
    while isinstance(t, ArrayType):
        extents.append(t.count)
        t = t.of
    return t, extents
