"""Scalar types of the IR: C's, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TypeKind = Literal["bool", "int", "uint", "float"]


@dataclass(frozen=True, slots=True)
class DType:
    """A scalar type. ``bits`` is its storage width; ``name`` is its one spelling in falconc."""

    name: str
    kind: TypeKind
    bits: int

    def __str__(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        """Storage size in bytes."""
        return self.bits // 8

    @property
    def is_float(self) -> bool:
        return self.kind == "float"

    @property
    def is_integer(self) -> bool:
        """True for signed and unsigned integers and bool."""
        return self.kind != "float"

    @property
    def is_signed(self) -> bool:
        return self.kind in ("int", "float")

    @property
    def lowest(self) -> int:
        """Smallest value of an integer type."""
        assert self.is_integer, self
        return -(1 << (self.bits - 1)) if self.kind == "int" else 0

    @property
    def highest(self) -> int:
        """Largest value of an integer type."""
        assert self.is_integer, self
        if self.kind == "bool":
            return 1
        return (1 << (self.bits - 1)) - 1 if self.kind == "int" else (1 << self.bits) - 1

    def wrap(self, value: int) -> int:
        """``value`` reduced into this integer type, two's complement."""
        if self.kind == "bool":
            return int(value != 0)
        value &= (1 << self.bits) - 1
        return value - (1 << self.bits) if value > self.highest else value


BOOL = DType("bool", "bool", 8)
I8 = DType("i8", "int", 8)
U8 = DType("u8", "uint", 8)
I16 = DType("i16", "int", 16)
U16 = DType("u16", "uint", 16)
I32 = DType("i32", "int", 32)
U32 = DType("u32", "uint", 32)
I64 = DType("i64", "int", 64)
U64 = DType("u64", "uint", 64)
F16 = DType("f16", "float", 16)
BF16 = DType("bf16", "float", 16)
F32 = DType("f32", "float", 32)
F64 = DType("f64", "float", 64)

ALL: tuple[DType, ...] = (BOOL, I8, U8, I16, U16, I32, U32, I64, U64, F16, BF16, F32, F64)
BY_NAME: dict[str, DType] = {t.name: t for t in ALL}
