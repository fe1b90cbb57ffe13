"""The loop IR: one grammar on one screen.

    Kernel = name, params, body, launch
    Param  = Buffer | Scalar
    Stmt   = For | While | If | Let | Alloc | View | Store | Update | Collective | Barrier | Break | Return
    Expr   = Const | Var | Load | Unary | Binary | Select | Cast | Apply

Nodes are frozen, compared by structure; ``where`` (the place in the user's text) is carried, not
compared. The meaning of every node is ``interp.py``; well-formedness is ``spec.py``.

Rules that hold everywhere:

- A name (parameter, loop variable, Let, Alloc, View, Collective result, Update.old) is bound once in a kernel.
- Every expression has a dtype; the operands of a Binary have the same dtype (casts are explicit). Integers
  wrap in two's complement, except that a source-level signed overflow is undefined as in C.
- A mutable scalar is a rank-0 Buffer (shape ``()``) in space ``register``. Let names never change.
- Buffers that come from lifted text are flat (rank 1): one index, in elements, dtype I64 or I32. Passes may give
  them a shape.
- Where a Buffer is allocated says who shares it: an Alloc inside the block loops and outside the thread loops is
  one per block; inside the thread loops, one per thread.
- A thread-parallel kernel is a nest of For(kind=parallel axis) around the body of one thread, outermost first:
  block.z block.y block.x thread.z thread.y thread.x (axes with extent 1 that the text never reads are left out).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Literal

from falconc.ir.types import BOOL, I32, DType
from falconc.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    where: Span | None = field(default=None, compare=False, repr=False, kw_only=True)


# --- expressions -----------------------------------------------------------------------------------------------

UnaryOp = Literal["neg", "not", "lnot"]  # arithmetic minus; bitwise ~ (integers); logical ! (bool -> bool)
ArithmeticOp = Literal[
    "add", "sub", "mul",
    "div", "mod",  # C's: truncating for integers; mod is integer only
    "floordiv", "floormod",  # integer only, rounding toward minus infinity
    "min", "max",  # integers exactly; floats as C's fmin / fmax (a NaN operand loses)
    "and", "or", "xor", "shl", "shr",  # integers; shr is arithmetic for signed types; shl/shr: count in the same dtype
    "land", "lor",  # bool, not short-circuit: operands of a valid program may both be evaluated
]  # fmt: skip
CompareOp = Literal["lt", "le", "gt", "ge", "eq", "ne"]
BinaryOp = ArithmeticOp | CompareOp
COMPARE_OPS: frozenset[str] = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})


@dataclass(frozen=True, slots=True, eq=False)
class Const(Node):
    """A constant. Floats compare by bits (so -0.0 differs from 0.0 and NaN equals itself)."""

    value: int | float | bool
    dtype: DType

    def _key(self) -> tuple[DType, object]:
        bits = struct.pack("<d", self.value) if self.dtype.is_float else int(self.value)
        return self.dtype, bits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@dataclass(frozen=True, slots=True)
class Var(Node):
    """A scalar parameter, loop variable, Let name or Update.old."""

    name: str
    dtype: DType


@dataclass(frozen=True, slots=True)
class Load(Node):
    """buffer[index...]; a rank-0 buffer has no index. ``dtype`` is the buffer's."""

    buffer: str
    index: tuple[Expr, ...]
    dtype: DType


@dataclass(frozen=True, slots=True)
class Unary(Node):
    op: UnaryOp
    operand: Expr

    @property
    def dtype(self) -> DType:
        return self.operand.dtype


@dataclass(frozen=True, slots=True)
class Binary(Node):
    op: BinaryOp
    left: Expr
    right: Expr

    @property
    def dtype(self) -> DType:
        return BOOL if self.op in COMPARE_OPS else self.left.dtype


@dataclass(frozen=True, slots=True)
class Select(Node):
    """cond ? then : orelse. Only the chosen side is evaluated (a Load in the other side is not performed)."""

    cond: Expr
    then: Expr
    orelse: Expr

    @property
    def dtype(self) -> DType:
        return self.then.dtype


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """C's conversion: integer wrap, float -> int truncation (out of range is undefined), round to nearest even."""

    dtype: DType
    operand: Expr


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A pure function from ``functions.py``'s table (exp, sqrt, fma, bitcast, popcount ...) of result type dtype."""

    function: str
    args: tuple[Expr, ...]
    dtype: DType


Expr = Const | Var | Load | Unary | Binary | Select | Cast | Apply

# --- data ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Buffer(Node):
    """An array in a named space. shape () is a mutable scalar; a None extent is not known.

    ``space``: "global" (parameters; visible to all), "shared", "constant", "register" (private) - names that a platform
    explains.
    """

    name: str
    dtype: DType
    shape: tuple[Expr | None, ...]
    space: str
    readonly: bool = False
    restrict: bool = False


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A scalar parameter."""

    name: str
    dtype: DType


Param = Buffer | Scalar

# --- statements ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoopKind:
    """How the iterations run.

    axis (parallel only): "block.x" ... "thread.z" (GPU axes), "core" (CPU threads), "data" (known to be independent,
    not bound to hardware yet). stages (pipelined only): how many.
    """

    name: Literal["serial", "parallel", "unrolled", "vector", "pipelined"]
    axis: str = ""
    stages: int = 0


SERIAL = LoopKind("serial")
UNROLLED = LoopKind("unrolled")
VECTOR = LoopKind("vector")


def parallel(axis: str) -> LoopKind:
    return LoopKind("parallel", axis)


@dataclass(frozen=True, slots=True)
class For(Node):
    """for (var = lo; var < hi; var += step) body. lo, hi, step have dtype ``dtype`` (integer); step > 0.

    Bounds are evaluated once, before the first iteration; the body cannot change var.
    """

    var: str
    lo: Expr
    hi: Expr
    step: Expr
    body: tuple[Stmt, ...]
    kind: LoopKind = SERIAL

    @property
    def dtype(self) -> DType:
        return self.lo.dtype


@dataclass(frozen=True, slots=True)
class While(Node):
    """while (cond) body; cond is bool and evaluated before each iteration."""

    cond: Expr
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class If(Node):
    cond: Expr
    then: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()


@dataclass(frozen=True, slots=True)
class Let(Node):
    """const dtype name = value; for the rest of the enclosing body."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Alloc(Node):
    """Declares ``buffer``, uninitialised, for the rest of the enclosing body."""

    buffer: Buffer


@dataclass(frozen=True, slots=True)
class View(Node):
    """``buffer`` names the bytes of ``base`` from byte_offset on, read as another dtype or shape."""

    buffer: Buffer
    base: str
    byte_offset: Expr


@dataclass(frozen=True, slots=True)
class Store(Node):
    buffer: str
    index: tuple[Expr, ...]
    value: Expr


UpdateOp = Literal["add", "sub", "mul", "min", "max", "and", "or", "xor", "exchange", "inc", "dec", "cas"]


@dataclass(frozen=True, slots=True)
class Update(Node):
    """buffer[index] = op(buffer[index], *args), as one step when ``atomic``.

    args is (value,), for cas (expected, desired); inc/dec wrap as CUDA's atomicInc/atomicDec. ``old`` (may be "") binds
    the value before, as Let does.
    """

    buffer: str
    index: tuple[Expr, ...]
    op: UpdateOp
    args: tuple[Expr, ...]
    atomic: bool = False
    old: str = ""


@dataclass(frozen=True, slots=True)
class Collective(Node):
    """All lanes of a group exchange one value each.

    The threads of a block, in linear order (x fastest), form groups of ``width``. Each lane that arrives publishes
    ``value``; afterwards ``result`` names a read-only register array of shape (width,) and value's dtype, element k
    being what lane k of the group published. The element of a lane that did not arrive is poison (an error if it is
    used). ``arrived`` (may be "") binds a U64 Let: the bit set of lanes that arrived. ``mask`` (U64, or None for
    "whoever arrives") lists the lanes that must arrive; a missing one is a defect. Shuffles, votes and reductions are
    plain expressions and loops over ``result``.
    """

    result: str
    width: int
    value: Expr
    mask: Expr | None = None
    arrived: str = ""


@dataclass(frozen=True, slots=True)
class Barrier(Node):
    """All threads of the scope wait for each other. "block" orders shared and global memory in the block."""

    scope: Literal["block", "warp", "grid"] = "block"


@dataclass(frozen=True, slots=True)
class Break(Node):
    """Leaves the innermost serial For or While."""


@dataclass(frozen=True, slots=True)
class Return(Node):
    """This thread ends; later barriers do not wait for it. Lift leaves it only where a barrier or collective can
    still run after it in other threads; elsewhere guards replace it."""


Stmt = For | While | If | Let | Alloc | View | Store | Update | Collective | Barrier | Break | Return
Body = tuple[Stmt, ...]

# --- kernel ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Launch(Node):
    """Launch geometry: grid extents over the scalar parameters, constant block extents, dynamic shared bytes."""

    grid: tuple[Expr, Expr, Expr]
    block: tuple[int, int, int]
    shared_bytes: Expr = Const(0, I32)


@dataclass(frozen=True, slots=True)
class Kernel(Node):
    """One kernel. ``launch`` is None for plain C functions."""

    name: str
    params: tuple[Param, ...]
    body: Body
    launch: Launch | None = None

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        return tuple(p for p in self.params if isinstance(p, Buffer))

    @property
    def scalars(self) -> tuple[Scalar, ...]:
        return tuple(p for p in self.params if isinstance(p, Scalar))
