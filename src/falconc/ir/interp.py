"""The definition of the IR: a small, slow interpreter over NumPy arrays. Everything else is tested against it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

import numpy as np

from falconc.errors import KernelFault
from falconc.ir import arithmetic
from falconc.ir.arithmetic import Value
from falconc.ir.nodes import (
    Alloc,
    Apply,
    Barrier,
    Binary,
    Body,
    Break,
    Buffer,
    Cast,
    Collective,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Let,
    Load,
    Return,
    Select,
    Stmt,
    Store,
    Unary,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.threads import Event, Thread, needs_threads, run_threads
from falconc.ir.types import I64, U64, DType

InterpError = KernelFault
Flow = Generator[Event, object, str]  # runs a body; ends with "" (fell through), "break" or "return"


@dataclass(frozen=True, slots=True)
class Poison:
    """A value nobody wrote: it may be copied, and any other use is a fault."""

    why: str


@dataclass(slots=True)
class Memory:
    """Bytes, and which of them were written. ``private``: uninitialised values may be copied into it."""

    data: Any  # writable uint8 array
    written: Any  # bool array
    private: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A buffer in memory: its first byte, its type, its extents (None: as far as memory reaches)."""

    buffer: Buffer
    memory: Memory
    offset: int
    extents: tuple[int | None, ...]


@dataclass(slots=True)
class Scope:
    """What names mean to one thread. A child sees its parent's names; names are bound once, so nothing is hidden."""

    values: dict[str, Value | Poison] = field(default_factory=dict[str, "Value | Poison"])
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    block: tuple[int, ...] = ()

    def child(self) -> Scope:
        return Scope(dict(self.values), dict(self.places), self.block)


def run(kernel: Kernel, args: Mapping[str, Any]) -> None:
    """Runs ``kernel`` on ``args``: arrays (C-contiguous; written in place) for buffers, numbers for scalars, by name.

    Raises:
        KernelFault: what the kernel did has no meaning in C: out of bounds, uninitialised or poisoned data, division by
            zero, a step <= 0, a divergent barrier, a lane that a collective waits for in vain.
    """
    scope = Scope()
    for scalar in kernel.scalars:
        raw: Any = args[scalar.name]
        value: Value = float(raw) if scalar.dtype.is_float else int(raw)
        scope.values[scalar.name] = _as_type(value, scalar.dtype)
    for buffer in kernel.buffers:
        data: Any = np.asarray(args[buffer.name])
        assert data.flags.c_contiguous, buffer.name
        raw_bytes = data.reshape(-1).view(np.uint8)
        memory = Memory(raw_bytes, np.ones(raw_bytes.size, np.bool_))
        scope.places[buffer.name] = Place(buffer, memory, 0, _extents(buffer, scope))
    for _ in _body(kernel.body, scope):
        raise KernelFault("a barrier or collective outside thread loops", "")


def _as_type(value: Value, dtype: DType) -> Value:
    return arithmetic.round_float(float(value), dtype) if dtype.is_float else dtype.wrap(int(value))


# --- expressions -----------------------------------------------------------------------------------------------


def _use(value: Value | Poison) -> Value:
    if isinstance(value, Poison):
        raise KernelFault(value.why, "write it before it is read")
    return value


def evaluate(e: Expr, scope: Scope) -> Value:
    """The value of an expression; a value nobody wrote is a fault."""
    return _use(_evaluate(e, scope))


def _evaluate(e: Expr, scope: Scope) -> Value | Poison:
    match e:
        case Const():
            return e.value if e.dtype.is_float else int(e.value)
        case Var():
            return scope.values[e.name]
        case Load():
            place = scope.places[e.buffer]
            return _read(place, _address(place, e.index, scope))
        case Unary():
            return arithmetic.unary(e.op, evaluate(e.operand, scope), e.operand.dtype)
        case Binary():
            return arithmetic.binary(e.op, evaluate(e.left, scope), evaluate(e.right, scope), e.left.dtype)
        case Select():
            return _evaluate(e.then if evaluate(e.cond, scope) else e.orelse, scope)
        case Cast():
            value = _evaluate(e.operand, scope)
            return value if isinstance(value, Poison) else arithmetic.convert(value, e.operand.dtype, e.dtype)
        case Apply():
            args = [evaluate(a, scope) for a in e.args]
            return arithmetic.apply(e.function, args, e.args[0].dtype, e.dtype)
        case _:
            assert_never(e)


# --- memory ----------------------------------------------------------------------------------------------------


def _extents(buffer: Buffer, scope: Scope) -> tuple[int | None, ...]:
    return tuple(None if e is None else int(evaluate(e, scope)) for e in buffer.shape)


def _address(place: Place, index: tuple[Expr, ...], scope: Scope) -> int:
    """The byte offset of an element, checked against its extents and against the memory."""
    name = place.buffer.name
    flat = 0
    for expr, extent in zip(index, place.extents, strict=True):
        i = int(evaluate(expr, scope))
        if i < 0 or (extent is not None and i >= extent):
            raise KernelFault(f"index {i} of '{name}' is out of bounds (extent {extent})", "guard the access")
        flat = flat * (extent or 0) + i
    size = place.buffer.dtype.size
    address = place.offset + flat * size
    if address < 0 or address + size > place.memory.data.size:
        held = (place.memory.data.size - place.offset) // size
        raise KernelFault(f"index {flat} of '{name}' is out of bounds ({held} elements)", "guard the access")
    if address % size:
        raise KernelFault(f"access to '{name}' at byte {address} is not aligned to {size}", "align the offset")
    return address


def _read(place: Place, address: int) -> Value | Poison:
    end = address + place.buffer.dtype.size
    if not place.memory.written[address:end].all():
        return Poison(f"'{place.buffer.name}' is read before it is written")
    return arithmetic.decode(place.memory.data[address:end].tobytes(), place.buffer.dtype)


def _write(place: Place, address: int, value: Value | Poison) -> None:
    if place.buffer.readonly:
        raise KernelFault(f"'{place.buffer.name}' is read-only", "write another buffer")
    end = address + place.buffer.dtype.size
    if isinstance(value, Poison) and place.memory.private:
        place.memory.written[address:end] = False
        return
    raw = arithmetic.encode(_use(value), place.buffer.dtype)
    place.memory.data[address:end] = np.frombuffer(raw, np.uint8)
    place.memory.written[address:end] = True


def _allocate(buffer: Buffer, scope: Scope) -> None:
    extents = _extents(buffer, scope)
    count = 1
    for extent in extents:
        if extent is None or extent < 0:
            raise KernelFault(f"extent {extent} of '{buffer.name}'", "give it a size")
        count *= extent
    size = count * buffer.dtype.size
    memory = Memory(np.zeros(size, np.uint8), np.zeros(size, np.bool_), private=True)
    scope.places[buffer.name] = Place(buffer, memory, 0, extents)


def _view(s: View, scope: Scope) -> None:
    base = scope.places[s.base]
    offset = base.offset + int(evaluate(s.byte_offset, scope))
    scope.places[s.buffer.name] = Place(s.buffer, base.memory, offset, _extents(s.buffer, scope))


# --- statements ------------------------------------------------------------------------------------------------


def _body(body: Body, scope: Scope) -> Flow:
    for s in body:
        try:
            left = yield from _statement(s, scope)
        except KernelFault as error:
            if error.where is None:
                error.where = s.where
            raise
        if left:
            return left
    return ""


def _statement(s: Stmt, scope: Scope) -> Flow:
    match s:
        case For():
            return (yield from _for(s, scope))
        case While():
            return (yield from _while(s, scope))
        case If():
            return (yield from _body(s.then if evaluate(s.cond, scope) else s.orelse, scope))
        case Let():
            scope.values[s.name] = _evaluate(s.value, scope)
        case Alloc():
            _allocate(s.buffer, scope)
        case View():
            _view(s, scope)
        case Store():
            place = scope.places[s.buffer]
            value = _evaluate(s.value, scope)
            _write(place, _address(place, s.index, scope), value)
        case Update():
            _update(s, scope)
        case Collective():
            yield from _collective(s, scope)
        case Barrier():
            yield Event(s, s.scope)
        case Break():
            return "break"
        case Return():
            return "return"
        case _:
            assert_never(s)
    return ""


def _range(loop: For, scope: Scope) -> range:
    lo, hi, step = (int(evaluate(e, scope)) for e in (loop.lo, loop.hi, loop.step))
    if step <= 0:
        raise KernelFault(f"loop over '{loop.var}' has step {step}", "loops count upwards")
    return range(lo, hi, step)


def _for(loop: For, scope: Scope) -> Flow:
    if loop.kind.name == "parallel" and needs_threads(loop):
        run_threads([Thread(s.block, _body(body, s)) for s, body in _spawn(loop, scope)])
        return ""
    thread = loop.kind.name == "parallel" and loop.kind.axis.startswith(("thread.", "block."))
    for i in _range(loop, scope):
        scope.values[loop.var] = i
        left = yield from _body(loop.body, scope)
        if left == "break":
            break
        if left == "return" and not thread:
            return left
    return ""


def _spawn(loop: For, scope: Scope) -> list[tuple[Scope, Body]]:
    """One scope for each thread of a nest of thread loops, in linear order (the innermost axis fastest)."""
    out: list[tuple[Scope, Body]] = []
    for i in _range(loop, scope):
        inner = scope.child()
        inner.values[loop.var] = i
        if loop.kind.axis.startswith("block."):
            inner.block = (*scope.block, i)
        *before, last = loop.body or (Return(),)
        nested = isinstance(last, For) and last.kind.axis.startswith(("thread.", "block."))
        if nested and isinstance(last, For) and all(isinstance(s, Let | Alloc | View) for s in before):
            for _ in _body(tuple(before), inner):
                pass
            out += _spawn(last, inner)
        else:
            out.append((inner, loop.body))
    return out


def _while(loop: While, scope: Scope) -> Flow:
    while evaluate(loop.cond, scope):
        left = yield from _body(loop.body, scope)
        if left == "break":
            break
        if left == "return":
            return left
    return ""


def _update(s: Update, scope: Scope) -> None:
    place = scope.places[s.buffer]
    dtype = place.buffer.dtype
    args = [evaluate(a, scope) for a in s.args]
    address = _address(place, s.index, scope)
    old = _use(_read(place, address)) if s.op != "exchange" or s.old else 0
    match s.op:
        case "exchange":
            new = args[0]
        case "inc":
            new = 0 if old >= args[0] else int(old) + 1
        case "dec":
            new = args[0] if old == 0 or old > args[0] else int(old) - 1
        case "cas":
            new = args[1] if old == args[0] else old
        case _:
            new = arithmetic.binary(s.op, old, args[0], dtype)
    _write(place, address, new)
    if s.old:
        scope.values[s.old] = old


def _collective(s: Collective, scope: Scope) -> Generator[Event, object, None]:
    value = _evaluate(s.value, scope)
    mask = None if s.mask is None else int(evaluate(s.mask, scope))
    answer: Any = yield Event(s, "lanes", s.width, value, mask)
    slots: dict[int, Value | Poison] = answer
    buffer = Buffer(s.result, s.value.dtype, (Const(s.width, I64),), "register")
    _allocate(buffer, scope)
    place = scope.places[s.result]
    for lane, slot in slots.items():
        _write(place, lane * buffer.dtype.size, slot)
    if s.arrived:
        scope.values[s.arrived] = U64.wrap(sum(1 << lane for lane in slots))
