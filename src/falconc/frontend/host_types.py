"""Sizes and integer kinds of the C types that host code names."""

from __future__ import annotations

from collections.abc import Sequence

from falconc.ir import types
from falconc.ir.types import DType

INTEGERS: dict[str, DType] = {
    "int": types.I32, "unsigned": types.U32, "unsigned int": types.U32, "int32_t": types.I32, "uint32_t": types.U32,
    "long": types.I64, "long long": types.I64, "unsigned long": types.U64, "unsigned long long": types.U64,
    "size_t": types.U64, "int64_t": types.I64, "uint64_t": types.U64, "ptrdiff_t": types.I64, "short": types.I16,
    "unsigned short": types.U16, "signed int": types.I32, "long int": types.I64, "long long int": types.I64,
    "int16_t": types.I16, "uint16_t": types.U16, "int8_t": types.I8, "uint8_t": types.U8, "unsigned char": types.U8,
}  # fmt: skip
SIZES = {
    "char": 1, "bool": 1, "int8_t": 1, "uint8_t": 1, "short": 2, "int16_t": 2, "uint16_t": 2, "half": 2, "__half": 2,
    "int": 4, "unsigned": 4, "float": 4, "int32_t": 4, "uint32_t": 4, "long": 8, "double": 8, "size_t": 8, "int64_t": 8,
    "uint64_t": 8, "half2": 4, "__half2": 4, "float2": 8, "float3": 12, "float4": 16, "int2": 8, "int4": 16,
}  # fmt: skip


def size_of(texts: Sequence[str]) -> int | None:
    """The size in bytes of the type that ``texts`` spell; None if it is not known."""
    if "*" in texts:
        return 8
    words = [t for t in texts if t not in ("const", "std", "::", "signed", "volatile")]
    if len(words) > 1 and words[0] in ("unsigned", "long"):
        words = words[1:] if words[0] == "unsigned" else ["double" if "double" in words else "long"]
    return SIZES.get(words[0]) if len(words) == 1 else None
