"""Pointers that move: steps in elements, and variables that point into one of several buffers."""

from __future__ import annotations

from dataclasses import replace

from falconc.frontend import lift_memory
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import binary, cast, integer
from falconc.frontend.lift_state import Retry, State
from falconc.frontend.lift_types import ArrayType, CType, OpaqueType
from falconc.frontend.lift_types import flat_dtype as flat_of
from falconc.frontend.lift_values import Choice, Flat, Number, Pointer, PointerVariable
from falconc.ir.nodes import Alloc, Buffer, Expr, Load
from falconc.ir.types import I32, I64
from falconc.ir.walk import walk


def store(s: State, variable: PointerVariable, value: Pointer, at: Cursor | None) -> None:
    bases = s.bases_of(variable.name)
    new = [c.base for c in value.choices if c.base not in bases]
    if new:
        first = not bases
        bases += [b for i, b in enumerate(new) if b not in new[:i]]
        if not first or len(bases) > 1:
            raise Retry
    distances = [cast(I64, c.offset.index(variable.unit)) for c in value.choices]
    picks: list[Expr] = [integer(bases.index(c.base)) for c in value.choices]
    distance, pick = distances[0], picks[0]
    if value.selector is not None:
        selector = s.settle(value.selector)
        chosen = lift_memory.choose(s, selector, [Number(d) for d in distances], at)
        picked = lift_memory.choose(s, selector, [Number(p) for p in picks], at)
        assert isinstance(chosen, Number) and isinstance(picked, Number)
        distance, pick = chosen.expr, picked.expr
    if len(bases) > 1:
        pick = s.settle(pick) if any(isinstance(n, Load) for n in walk(distance)) else pick
        distance = s.settle(distance)
        s.set(variable.selector, pick)
    s.set(variable.distance, distance)


def pointer_variable(s: State, name: str, to: CType) -> PointerVariable:
    """Declares a pointer that will be assigned to."""
    dtype = flat_of(to)
    unit = dtype.size if dtype else max(1, to.size)
    distance = Flat(s.fresh(f"{name}_at"), I64, "register", 0, 1)
    selector = Flat(s.fresh(f"{name}_base"), I32, "register", 0, 1)
    s.emit(Alloc(Buffer(distance.name, I64, (), "register"), where=s.where(None)))
    key = distance.name
    if len(s.bases_of(key)) > 1:
        s.emit(Alloc(Buffer(selector.name, I32, (), "register"), where=s.where(None)))
    return PointerVariable(key, to, distance, selector, unit)


def moved(pointer: Pointer, by: Expr, scale: int) -> Pointer:
    return replace(pointer, choices=tuple(Choice(c.base, c.offset.plus(by, scale)) for c in pointer.choices))


def advance(s: State, pointer: Pointer, by: Expr, at: Cursor | None) -> Pointer:
    """pointer + by, in elements."""
    if isinstance(pointer.to, OpaqueType) and not pointer.to.is_void:
        raise s.unsupported(at, f"arithmetic on a pointer to '{pointer.to.name}'", "cast it to a known type first")
    rows, unit = _row(pointer.to)
    for extent in rows:  # rows of a run-time size: the step is a product
        wide = I32 if by.dtype == I32 and extent.dtype == I32 else I64
        by = binary("mul", cast(wide, by), cast(wide, extent))
    return moved(pointer, by, unit)


def _row(t: CType) -> tuple[list[Expr], int]:
    """The run-time extents inside ``t`` and the bytes that they multiply."""
    extents: list[Expr] = []
    while isinstance(t, ArrayType) and t.extent is not None:
        extents.append(t.extent)
        t = t.of
    return extents, t.size
