"""IR statements -> C statements, with declarations where C programmers put them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from falconc.emit.expressions import Expressions
from falconc.emit.lanes import as_shuffles
from falconc.emit.literals import PRIMARY, Text
from falconc.emit.sums import sums
from falconc.errors import InternalError, Unsupported
from falconc.ir import types
from falconc.ir.nodes import (
    Alloc,
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
    Let,
    Load,
    Return,
    Stmt,
    Store,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.walk import buffers_read, buffers_written, variables, walk

_COMPOUND = {"add": "+=", "sub": "-=", "mul": "*=", "div": "/=", "and": "&=", "or": "|=", "xor": "^="}
_STEP = "    "


@dataclass(slots=True)
class Statements:
    """Writes statements of one kernel; ``lines`` is what was written so far."""

    expressions: Expressions
    lines: list[str] = field(default_factory=list[str])
    depth: int = 0

    def line(self, text: str) -> None:
        self.lines.append(f"{_STEP * self.depth}{text}" if text and not text.startswith("#") else text)

    def open(self, head: str) -> None:
        self.line(f"{head} {{")
        self.depth += 1

    def close(self, tail: str = "") -> None:
        self.depth -= 1
        self.line("}" + tail)

    # --- bodies ------------------------------------------------------------------------------------------------

    def body(self, body: Body) -> None:
        waiting: dict[str, Buffer] = {}
        for place, statement in enumerate(body):
            if isinstance(statement, Alloc) and _starts_with_store(statement.buffer, body[place + 1 :]):
                waiting[statement.buffer.name] = statement.buffer
            elif isinstance(statement, Collective):
                for buffer in waiting.values():
                    self._declare(buffer)
                self.body(self.exchange(statement, body[place + 1 :]))
                return
            elif isinstance(statement, Store) and statement.buffer in waiting:
                self._initialised(waiting.pop(statement.buffer), statement.value)
            else:
                self.statement(statement)

    def exchange(self, s: Collective, rest: Body) -> Body:
        """Prints the collective; the statements after it, with what they read of it replaced."""
        e, exchange = self.expressions, as_shuffles(s, rest)
        mask = e.full(Cast(types.U32, s.mask) if s.width <= 32 else s.mask) if s.mask is not None else None
        active = mask or Text(e.word("lane.active", s.where), PRIMARY, types.U32)
        kind = e.type_name(s.value.dtype)
        for name, lane in exchange.reads:
            args = active, e.full(s.value), e.lean(lane)
            moved = e.fill(f"lane.exchange.{s.width}", args, s.value.dtype, s.where)
            self.line(f"const {kind} {name} = {moved.code};")
        return exchange.rest

    def block(self, head: str, body: Body) -> None:
        self.open(head)
        self.body(body)
        self.close()

    def statement(self, s: Stmt) -> None:
        self.expressions.place = s.where or self.expressions.place
        match s:
            case For():
                self.loop(s)
            case While():
                self.block(f"while ({self.expressions.condition(s.cond)})", s.body)
            case If():
                self._branch(s)
            case Let():
                self._let(s)
            case Alloc():
                self._declare(s.buffer)
            case View():
                self._view(s)
            case Store():
                self._store(s)
            case Update():
                self._update(s)
            case Collective():
                raise Unsupported("lanes cannot exchange values here", "apply loop-recovery first", s.where)
            case Barrier():
                self.line(self.expressions.word(f"barrier.{s.scope}", s.where))
            case Break():
                self.line("break;")
            case Return():
                self.line("return;")
            case _:
                assert_never(s)

    # --- declarations ------------------------------------------------------------------------------------------

    def _name(self, name: str) -> str:
        return self.expressions.names.get(name, name)

    def _let(self, s: Let) -> None:
        kind = self.expressions.type_name(s.value.dtype)
        self.line(f"const {kind} {self._name(s.name)} = {self.expressions.text(s.value)};")

    def _initialised(self, buffer: Buffer, value: Expr) -> None:
        self.expressions.buffers[buffer.name] = buffer
        kind = self.expressions.type_name(buffer.dtype)
        self.line(f"{kind} {self._name(buffer.name)} = {self.expressions.text(value)};")

    def _declare(self, buffer: Buffer) -> None:
        self.expressions.buffers[buffer.name] = Buffer(buffer.name, buffer.dtype, buffer.shape, "register")
        qualifier = self.expressions.word(f"space.{buffer.space}", buffer.where)
        extents = ""
        for extent in buffer.shape:
            if extent is None:
                raise InternalError(f"array '{buffer.name}' has no extent")
            if not isinstance(extent, Const):
                self.expressions.word("array.dynamic", buffer.where)
            extents += f"[{self.expressions.text(extent)}]"
        kind = self.expressions.type_name(buffer.dtype)
        self.line(f"{qualifier + ' ' if qualifier else ''}{kind} {self._name(buffer.name)}{extents};")

    def _view(self, s: View) -> None:
        """A typed pointer into another array's bytes."""
        e = self.expressions
        kind = e.type_name(s.buffer.dtype)
        base = self._name(s.base)
        offset = "" if s.byte_offset == Const(0, s.byte_offset.dtype) else f" + {e.text(s.byte_offset)}"
        const = "const " if s.buffer.readonly else ""
        if len(s.buffer.shape) > 1:
            raise Unsupported(f"view '{s.buffer.name}' has several dimensions", "give the view one dimension", s.where)
        byte = f"({const}char *){base}"
        self.line(f"{const}{kind} *{self._name(s.buffer.name)} = ({const}{kind} *)({byte}{offset});")
        e.buffers[s.buffer.name] = s.buffer

    # --- effects -----------------------------------------------------------------------------------------------

    def _store(self, s: Store) -> None:
        target = self.expressions.index(s.buffer, s.index)
        value = s.value
        if isinstance(value, Binary) and value.op in _COMPOUND and value.dtype.bits >= 32:
            here = Load(s.buffer, s.index, value.dtype)
            if value.left == here and here.dtype != types.BOOL:
                self.line(f"{target} {_COMPOUND[value.op]} {self.expressions.text(value.right)};")
                return
        self.line(f"{target} = {self.expressions.text(value)};")

    def _update(self, s: Update) -> None:
        e = self.expressions
        target = e.index(s.buffer, s.index)
        dtype = s.args[0].dtype
        bound = f"const {e.type_name(dtype)} {self._name(s.old)} = " if s.old else ""
        if s.atomic and not s.old and "pragma.atomic" in e.words:
            self.line(e.word("pragma.atomic"))
            self._store(Store(s.buffer, s.index, _updated(s, Load(s.buffer, s.index, dtype)), where=s.where))
            return
        if s.atomic:
            address = Text(f"&{target}", PRIMARY, dtype)
            call = e.fill(f"atomic.{s.op}.{dtype.name}", (address, *(e.full(a) for a in s.args)), dtype, s.where)
            self.line(f"{bound}{call.code};")
            return
        if s.old:
            self.line(f"{bound}{target};")
        self._store(Store(s.buffer, s.index, _updated(s, Load(s.buffer, s.index, dtype)), where=s.where))

    # --- control -----------------------------------------------------------------------------------------------

    def _branch(self, s: If) -> None:
        head = f"if ({self.expressions.condition(s.cond)})"
        while True:
            self.open(head)
            self.body(s.then)
            match s.orelse:
                case ():
                    self.close()
                    return
                case (If() as nested,):
                    self.depth -= 1
                    s = nested
                    head = f"}} else if ({self.expressions.condition(s.cond)})"
                case _:
                    self.depth -= 1
                    self.open("} else")
                    self.body(s.orelse)
                    self.close()
                    return

    def loop(self, s: For) -> None:
        match s.kind.name:
            case "serial":
                totals = sums(s) if "pragma.sum" in self.expressions.words else []
                if totals:
                    names = ", ".join(self._name(t) for t in totals)
                    self.line(self.expressions.word("pragma.sum").format(names))
            case "parallel" if s.kind.axis == "data":
                pass
            case "parallel" | "unrolled" | "vector":
                self.line(self._pragma(s))
            case "pipelined":
                raise Unsupported("a pipelined loop cannot be printed for this target", "leave it serial", s.where)
            case _:
                assert_never(s.kind.name)
        self.plain_loop(s)

    def _pragma(self, s: For) -> str:
        key = s.kind.axis if s.kind.name == "parallel" else s.kind.name
        depth = collapsible(s)
        if s.kind.name == "parallel" and depth > 1:
            return self.expressions.word(f"pragma.{key}.collapse", s.where).format(depth)
        return self.expressions.word(f"pragma.{key}", s.where)

    def plain_loop(self, s: For) -> None:
        e = self.expressions
        var = self._name(s.var)
        hi = s.hi
        if _changes(s):
            hi = Var(self._fresh(f"{var}_end"), s.dtype)
            self.line(f"const {e.type_name(s.dtype)} {hi.name} = {e.text(s.hi)};")
        in_range = e.condition(Binary("lt", Var(s.var, s.dtype), hi))
        advance = f"++{var}" if s.step == Const(1, s.step.dtype) else f"{var} += {e.text(s.step)}"
        self.open(f"for ({e.type_name(s.dtype)} {var} = {e.text(s.lo)}; {in_range}; {advance})")
        body = s.body
        if s.kind.name == "parallel" and s.kind.axis != "data" and len(body) == 1 and _same_kind(s, body[0]):
            inner = body[0]
            assert isinstance(inner, For)
            self.plain_loop(inner)
            self.close()
            return
        self.body(body)
        self.close()

    def _fresh(self, name: str) -> str:
        taken = set(self.expressions.names.values())
        while name in taken:
            name += "_"
        self.expressions.names[name] = name
        return name


def collapsible(s: For) -> int:
    """How many perfectly nested loops of one parallel kind start here, none with bounds over an outer one."""
    depth, outer, loop = 1, {s.var}, s
    while len(loop.body) == 1 and _same_kind(s, loop.body[0]):
        inner = loop.body[0]
        assert isinstance(inner, For)
        if (variables(inner.lo) | variables(inner.hi) | variables(inner.step)) & outer:
            break
        depth, loop = depth + 1, inner
        outer.add(inner.var)
    return depth


def _same_kind(s: For, other: Stmt) -> bool:
    return isinstance(other, For) and other.kind == s.kind


def _changes(s: For) -> bool:
    """Whether the body writes what the upper bound or step reads (the IR evaluates both once)."""
    return bool((buffers_read(s.hi) | buffers_read(s.step)) & buffers_written(s.body))


def _starts_with_store(buffer: Buffer, rest: Body) -> bool:
    """Whether the first mention of a scalar is a store at this level that does not read it."""
    if buffer.shape or buffer.space != "register":
        return False
    for statement in rest:
        if isinstance(statement, Store) and statement.buffer == buffer.name:
            return buffer.name not in buffers_read(statement.value)
        if any(getattr(n, "buffer", None) == buffer.name or getattr(n, "base", None) == buffer.name
               for n in walk(statement)):  # fmt: skip
            return False
    return False


def _updated(s: Update, old: Expr) -> Expr:
    """The value after a plain (not atomic) update."""
    match s.op:
        case "add" | "sub" | "mul" | "min" | "max" | "and" | "or" | "xor":
            return Binary(s.op, old, s.args[0])
        case "exchange":
            return s.args[0]
        case "inc" | "dec" | "cas":
            raise Unsupported(f"a plain '{s.op}' update cannot be printed", "make it atomic", s.where)
    assert_never(s.op)


__all__ = ["Statements", "Var", "collapsible"]
