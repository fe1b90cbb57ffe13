"""Well-formedness of kernels: what every pass may take for granted, checked after every step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NoReturn, assert_never

from falconc.errors import InternalError
from falconc.ir import functions
from falconc.ir.nodes import (
    COMPARE_OPS,
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
    Node,
    Return,
    Scalar,
    Select,
    Stmt,
    Store,
    Unary,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.types import BOOL, I64, U64, DType

_INTEGER_ONLY = frozenset({"mod", "floordiv", "floormod", "and", "or", "xor", "shl", "shr"})
_AXES = frozenset({f"{unit}.{axis}" for unit in ("block", "thread") for axis in "xyz"} | {"core", "data"})


@dataclass(slots=True)
class _Scope:
    """What is visible at a place: scalars, buffers, and the loops around it that matter to control flow."""

    names: dict[str, DType] = field(default_factory=dict[str, DType])
    buffers: dict[str, Buffer] = field(default_factory=dict[str, Buffer])
    in_threads: bool = False
    may_break: bool = False
    may_return: bool = True

    def inner(self) -> _Scope:
        return replace(self, names=dict(self.names), buffers=dict(self.buffers))


def check(kernel: Kernel) -> None:
    """Raises InternalError, naming the node, where ``kernel`` is not well formed."""
    _Checker(kernel.name, set()).kernel(kernel)


@dataclass(slots=True)
class _Checker:
    kernel_name: str
    bound: set[str]

    def fail(self, node: Node, what: str) -> NoReturn:
        text = repr(node)
        shown = text if len(text) <= 240 else text[:237] + "..."
        raise InternalError(f"kernel '{self.kernel_name}' is not well formed: {what} in {shown}", "", node.where)

    def need(self, holds: bool, node: Node, what: str) -> None:
        if not holds:
            self.fail(node, what)

    def bind(self, name: str, node: Node) -> None:
        self.need(name != "", node, "an empty name")
        self.need(name not in self.bound, node, f"'{name}' is bound twice")
        self.bound.add(name)

    def kernel(self, k: Kernel) -> None:
        scope = _Scope()
        for p in k.params:
            self.bind(p.name, p)
            if isinstance(p, Scalar):
                scope.names[p.name] = p.dtype
        for p in k.buffers:
            self.extents(p, scope)
            scope.buffers[p.name] = p
        if k.launch:
            for e in (*k.launch.grid, k.launch.shared_bytes):
                self.integer(e, scope, "a launch extent")
            self.need(all(b > 0 for b in k.launch.block), k.launch, "a block extent < 1")
        self.body(k.body, scope)

    def extents(self, b: Buffer, scope: _Scope) -> None:
        for extent in b.shape:
            if extent is not None:
                self.integer(extent, scope, "an extent")

    # --- statements ---------------------------------------------------------------------------------------------

    def body(self, body: Body, scope: _Scope) -> None:
        scope = scope.inner()
        for s in body:
            self.statement(s, scope)

    def statement(self, s: Stmt, scope: _Scope) -> None:
        match s:
            case For():
                self.loop(s, scope)
            case While():
                self.condition(s.cond, s, scope)
                self.body(s.body, replace(scope, may_break=True))
            case If():
                self.condition(s.cond, s, scope)
                self.body(s.then, scope)
                self.body(s.orelse, scope)
            case Let():
                self.expr(s.value, scope)
                self.bind(s.name, s)
                scope.names[s.name] = s.value.dtype
            case Alloc():
                self.need(None not in s.buffer.shape, s, "an allocation without extents")
                self.declare(s.buffer, s, scope)
            case View():
                self.need(s.base in scope.buffers, s, f"no buffer '{s.base}' in scope")
                self.integer(s.byte_offset, scope, "a byte offset")
                self.declare(s.buffer, s, scope)
            case Store():
                buffer = self.access(s, scope, written=True)
                self.typed(s.value, buffer.dtype, s, scope, "the stored value")
            case Update():
                self.update(s, scope)
            case Collective():
                self.collective(s, scope)
            case Barrier():
                self.need(scope.in_threads, s, "a barrier outside thread loops")
            case Break():
                self.need(scope.may_break, s, "a break outside a serial loop")
            case Return():
                self.need(scope.may_return, s, "a return across a parallel or vector loop")
            case _:
                assert_never(s)

    def declare(self, b: Buffer, s: Stmt, scope: _Scope) -> None:
        self.extents(b, scope)
        self.bind(b.name, s)
        scope.buffers[b.name] = b

    def loop(self, s: For, scope: _Scope) -> None:
        for e in (s.lo, s.hi, s.step):
            self.integer(e, scope, "a loop bound")
            self.need(e.dtype == s.dtype, s, "loop bounds of different types")
        self.need(not isinstance(s.step, Const) or s.step.value > 0, s, "a step that is not positive")
        self.need((s.kind.name == "parallel") == bool(s.kind.axis), s, "an axis without a parallel loop, or none with")
        self.need(not s.kind.axis or s.kind.axis in _AXES, s, f"an unknown axis '{s.kind.axis}'")
        self.bind(s.var, s)
        inner = scope.inner()
        inner.names[s.var] = s.dtype
        on_device = s.kind.axis.startswith(("thread.", "block."))
        inner.in_threads = scope.in_threads or on_device
        inner.may_break = s.kind.name in ("serial", "unrolled", "pipelined")
        inner.may_return = scope.may_return and (inner.may_break or on_device)
        self.body(s.body, inner)

    def update(self, s: Update, scope: _Scope) -> None:
        buffer = self.access(s, scope, written=True)
        self.need(len(s.args) == (2 if s.op == "cas" else 1), s, f"the number of arguments of {s.op}")
        for a in s.args:
            self.typed(a, buffer.dtype, s, scope, "an argument")
        integer_only = s.op in ("and", "or", "xor", "inc", "dec")
        self.need(not (integer_only and buffer.dtype.is_float), s, f"{s.op} of floats")
        if s.old:
            self.bind(s.old, s)
            scope.names[s.old] = buffer.dtype

    def collective(self, s: Collective, scope: _Scope) -> None:
        self.need(scope.in_threads, s, "a collective outside thread loops")
        self.need(s.width > 0, s, "a group without lanes")
        self.expr(s.value, scope)
        if s.mask is not None:
            self.typed(s.mask, U64, s, scope, "the mask")
        self.bind(s.result, s)
        shape = (Const(s.width, I64),)
        scope.buffers[s.result] = Buffer(s.result, s.value.dtype, shape, "register", readonly=True)
        if s.arrived:
            self.bind(s.arrived, s)
            scope.names[s.arrived] = U64

    def access(self, n: Load | Store | Update, scope: _Scope, *, written: bool) -> Buffer:
        buffer = scope.buffers.get(n.buffer)
        if buffer is None:
            self.fail(n, f"no buffer '{n.buffer}' in scope")
        self.need(len(n.index) == len(buffer.shape), n, f"{len(n.index)} indices for rank {len(buffer.shape)}")
        for i in n.index:
            self.integer(i, scope, "an index")
        self.need(not (written and buffer.readonly), n, f"a write to read-only '{n.buffer}'")
        return buffer

    # --- expressions --------------------------------------------------------------------------------------------

    def typed(self, e: Expr, dtype: DType, node: Node, scope: _Scope, what: str) -> None:
        self.expr(e, scope)
        self.need(e.dtype == dtype, node, f"{what} is {e.dtype}, not {dtype},")

    def condition(self, e: Expr, node: Node, scope: _Scope) -> None:
        self.typed(e, BOOL, node, scope, "the condition")

    def integer(self, e: Expr, scope: _Scope, what: str) -> None:
        self.expr(e, scope)
        self.need(e.dtype.is_integer and e.dtype != BOOL, e, f"{what} of type {e.dtype}")

    def expr(self, e: Expr, scope: _Scope) -> None:
        match e:
            case Const():
                fits = e.dtype.is_float or e.dtype.lowest <= e.value <= e.dtype.highest
                self.need(fits, e, f"a constant out of range for {e.dtype}")
            case Var():
                self.need(e.name in scope.names, e, f"no name '{e.name}' in scope")
                self.need(scope.names[e.name] == e.dtype, e, f"'{e.name}' is {scope.names[e.name]}, read as {e.dtype},")
            case Load():
                buffer = self.access(e, scope, written=False)
                self.need(buffer.dtype == e.dtype, e, f"'{e.buffer}' holds {buffer.dtype}, read as {e.dtype},")
            case Unary():
                self.expr(e.operand, scope)
                self.unary(e)
            case Binary():
                self.expr(e.left, scope)
                self.expr(e.right, scope)
                self.binary(e)
            case Select():
                self.condition(e.cond, e, scope)
                self.expr(e.then, scope)
                self.typed(e.orelse, e.then.dtype, e, scope, "the other side")
            case Cast():
                self.expr(e.operand, scope)
            case Apply():
                for a in e.args:
                    self.expr(a, scope)
                self.apply(e)
            case _:
                assert_never(e)

    def unary(self, e: Unary) -> None:
        dtype = e.operand.dtype
        match e.op:
            case "neg":
                self.need(dtype != BOOL, e, "minus of a bool")
            case "not":
                self.need(dtype.is_integer and dtype != BOOL, e, f"bitwise not of {dtype}")
            case "lnot":
                self.need(dtype == BOOL, e, f"logical not of {dtype}")

    def binary(self, e: Binary) -> None:
        dtype = e.left.dtype
        self.need(dtype == e.right.dtype, e, f"operands {dtype} and {e.right.dtype}")
        if e.op in ("land", "lor"):
            self.need(dtype == BOOL, e, f"{e.op} of {dtype}")
        elif e.op in _INTEGER_ONLY:
            self.need(dtype.is_integer, e, f"{e.op} of {dtype}")
        self.need(dtype != BOOL or e.op in _BOOL_OPS, e, f"{e.op} of bools")

    def apply(self, e: Apply) -> None:
        f = functions.TABLE.get(e.function)
        if f is None:
            self.fail(e, f"an unknown function '{e.function}'")
        self.need(len(e.args) == f.arity, e, f"{len(e.args)} arguments")
        sources = {a.dtype for a in e.args}
        self.need(len(sources) == 1, e, "arguments of different types")
        source = e.args[0].dtype
        match f.domain:
            case "float":
                self.need(source.is_float and e.dtype == source, e, "a type that is not one float type")
            case "test":
                self.need(source.is_float and e.dtype == BOOL, e, "a test that is not float -> bool")
            case "bits":
                self.need(source.bits == e.dtype.bits, e, "a bitcast between widths")
            case _:
                self.need(source.is_integer and e.dtype.is_integer, e, "a type that is no integer")


_BOOL_OPS = COMPARE_OPS | {"land", "lor", "and", "or", "xor"}
