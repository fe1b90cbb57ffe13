"""What the lifter's expressions evaluate to: values, places, pointers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import binary, index_type, integer, known, scaled
from falconc.frontend.lift_types import ArrayType, CType, RecordType, VectorType
from falconc.ir.nodes import Expr
from falconc.ir.types import DType


@dataclass(frozen=True, slots=True)
class Offset:
    """A distance in bytes: the sum of expr * scale over ``terms``, plus ``const``."""

    terms: tuple[tuple[Expr, int], ...] = ()
    const: int = 0

    def plus(self, e: Expr, scale: int) -> Offset:
        value = known(e)
        if value is not None:
            return replace(self, const=self.const + value * scale)
        for i, (term, factor) in enumerate(self.terms):
            if term == e:
                rest = self.terms[:i] + self.terms[i + 1 :]
                return replace(self, terms=(*rest, (e, factor + scale)) if factor + scale else rest)
        return replace(self, terms=(*self.terms, (e, scale)))

    def shifted(self, count: int) -> Offset:
        return replace(self, const=self.const + count)

    def add(self, other: Offset) -> Offset:
        out = self.shifted(other.const)
        for e, scale in other.terms:
            out = out.plus(e, scale)
        return out

    def index(self, unit: int) -> Expr:
        """The distance in units of ``unit`` bytes; exact for valid programs (addresses are aligned)."""
        dtype = index_type([e for e, _ in self.terms])
        if self.const % unit or any(scale % unit for _, scale in self.terms):
            whole = Offset(self.terms, self.const).index(1)
            return binary("div", whole, integer(unit, whole.dtype))
        total: Expr | None = None
        for e, scale in self.terms:
            factor = scale // unit
            if total is not None and factor < 0:
                total = binary("sub", total, scaled(e, -factor, dtype))
            else:
                part = scaled(e, factor, dtype)
                total = part if total is None else binary("add", total, part)
        const = self.const // unit
        if total is None:
            return integer(const, dtype)
        if const < 0:
            return binary("sub", total, integer(-const, dtype))
        return binary("add", total, integer(const, dtype))

    @property
    def is_zero(self) -> bool:
        return not self.terms and self.const == 0


ZERO = Offset()


@dataclass(frozen=True, slots=True)
class Flat:
    """A buffer of scalars. rank 0: a single mutable scalar. extent: elements, where known."""

    name: str
    dtype: DType
    space: str
    rank: int = 1
    extent: int | None = None
    readonly: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """An array of structs kept as one base per member."""

    type: RecordType
    parts: dict[str, Base] = field(hash=False)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Single:
    """One object that is no array: the address of a variable."""

    place: Place
    type: CType


Base = Flat | Spread | Single


@dataclass(frozen=True, slots=True)
class Choice:
    base: Base
    offset: Offset


@dataclass(frozen=True, slots=True)
class Pointer:
    """An address: one of ``choices``, picked by ``selector`` (an I32 expression; None with one choice)."""

    choices: tuple[Choice, ...]
    to: CType
    selector: Expr | None = None

    @property
    def one(self) -> Choice:
        assert self.selector is None
        return self.choices[0]


@dataclass(frozen=True, slots=True)
class Number:
    """A scalar value."""

    expr: Expr


@dataclass(frozen=True, slots=True)
class Null:
    """The null pointer."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The value of a void expression."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A struct value."""

    type: RecordType
    members: dict[str, Value] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Row:
    """The value of a vector register or array: what lies at an address now. fresh: nobody else knows the place, a new
    variable may live there. steady: nobody will write there."""

    pointer: Pointer
    type: VectorType | ArrayType
    fresh: bool = False
    steady: bool = False


@dataclass(frozen=True, slots=True)
class Closure:
    """A lambda, or a function used as a value. captures: copies made at its creation, by declaration key."""

    cursor: Cursor
    captures: dict[int, Place] = field(hash=False)


Value = Number | Null | Nothing | Aggregate | Row | Closure | Pointer


@dataclass(frozen=True, slots=True)
class Cell:
    """A scalar in memory: element of ``base`` at ``offset`` seen as ``dtype``."""

    base: Flat
    offset: Offset
    dtype: DType


@dataclass(frozen=True, slots=True)
class Bound:
    """A name for a value that never changes."""

    value: Value


@dataclass(frozen=True, slots=True)
class Members:
    """A struct variable, member by member."""

    type: RecordType
    parts: dict[str, Place] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Array:
    """An array or vector register in memory."""

    base: Base
    offset: Offset
    type: ArrayType | VectorType


@dataclass(frozen=True, slots=True)
class Options:
    """One of several places, picked by a selector."""

    selector: Expr
    places: tuple[Place, ...]


@dataclass(slots=True)
class PointerVariable:
    """A pointer that is assigned to: fixed bases, a mutable distance, and which base where there are several."""

    name: str
    to: CType
    distance: Flat
    selector: Flat
    unit: int = 0


@dataclass(slots=True)
class LazyRegister:
    """A vector register whose element type is that of the first value put into it."""

    name: str
    type: VectorType
    array: Array | None = None


@dataclass(frozen=True, slots=True)
class Lanes:
    """What every lane of the group passed to a collective."""

    buffer: str
    dtype: DType
    width: int
    arrived: str


Place = Cell | Bound | Members | Array | Options | PointerVariable | LazyRegister | Lanes


def single(base: Base, to: CType, offset: Offset = ZERO) -> Pointer:
    return Pointer((Choice(base, offset),), to)
