"""IR expression -> C expression: few parentheses, few casts, and exactly the IR's meaning.

Every printed text carries the C type it has, so that a cast is dropped only where C's own conversions give the same
value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from falconc.emit import literals
from falconc.emit.conversions import holds, promote, usual
from falconc.emit.literals import LOWEST, PRIMARY, UNARY, Text
from falconc.emit.refusals import no_word
from falconc.ir import types
from falconc.ir.nodes import (
    COMPARE_OPS,
    Apply,
    Binary,
    Buffer,
    Cast,
    Const,
    Expr,
    Load,
    Select,
    Unary,
    Var,
)
from falconc.ir.types import DType
from falconc.source import Span

# C operator and precedence; higher binds tighter.
OPERATORS: dict[str, tuple[str, int]] = {
    "mul": ("*", 13), "div": ("/", 13), "mod": ("%", 13),
    "add": ("+", 12), "sub": ("-", 12),
    "shl": ("<<", 11), "shr": (">>", 11),
    "lt": ("<", 10), "le": ("<=", 10), "gt": (">", 10), "ge": (">=", 10),
    "eq": ("==", 9), "ne": ("!=", 9),
    "and": ("&", 8), "xor": ("^", 7), "or": ("|", 6),
    "land": ("&&", 5), "lor": ("||", 4),
}  # fmt: skip
CONDITIONAL = 3
# Where C's precedence surprises readers (and compilers warn), an operand of these levels gets parentheses.
_SURPRISING = {11: range(12, 14), 8: range(9, 13), 7: range(8, 13), 6: range(7, 13), 4: range(5, 6)}


@dataclass(slots=True)
class Expressions:
    """Prints expressions with the words of one dialect.

    names: IR name -> identifier. fixed: IR names that print as a given text (hardware indices). buffers: how each
    buffer is declared. used: the keys of words with a definition of their own that were printed.
    """

    words: Mapping[str, str]
    names: dict[str, str] = field(default_factory=dict[str, str])
    fixed: dict[str, Text] = field(default_factory=dict[str, Text])
    buffers: dict[str, Buffer] = field(default_factory=dict[str, Buffer])
    used: set[str] = field(default_factory=set[str])
    place: Span | None = None

    # --- words -------------------------------------------------------------------------------------------------

    def word(self, key: str, where: Span | None = None) -> str:
        """The dialect's word for ``key``.

        Raises:
            Unsupported: the dialect has none.
        """
        if key not in self.words:
            raise no_word(key, where or self.place)
        self.used.add(key)
        return self.words[key]

    def type_name(self, dtype: DType) -> str:
        return self.word(f"type.{dtype.name}")

    def fill(self, key: str, args: tuple[Text, ...], result: DType, where: Span | None) -> Text:
        """A pattern with its holes filled; the text binds like a call, or not at all where the pattern is in
        parentheses: they are added where they are needed."""
        pattern = self.word(key, where)
        if pattern.startswith("(1") and pattern.endswith(")"):
            return Text(pattern[1:-1].format(*(a.code for a in args)), LOWEST, result)
        return Text(pattern.format(*(a.code for a in args)), PRIMARY, result)

    # --- entry points ------------------------------------------------------------------------------------------

    def text(self, e: Expr) -> str:
        """``e`` where C converts to the declared type anyway: an initialiser, an assignment, a loop bound."""
        return self.assigned(e).code

    def assigned(self, e: Expr) -> Text:
        if e.dtype.is_integer and e.dtype.bits >= 32 and _is_ring(e):
            loose = self._ring(e)
            if promote(loose.ctype).bits == e.dtype.bits:
                return loose
        return self.lean(e)

    def condition(self, e: Expr) -> str:
        return self.full(e).code

    def index(self, buffer: str, index: tuple[Expr, ...]) -> str:
        """``name[i][j]`` of a declared array, ``name[i * n + j]`` of a pointer, ``name`` of a scalar."""
        name = self.names.get(buffer, buffer)
        if not index:
            return name
        declared = self.buffers.get(buffer)
        if declared is not None and declared.space == "global" and len(index) > 1:
            return f"{name}[{self._subscript(_flat(declared, index))}]"
        return name + "".join(f"[{self._subscript(i)}]" for i in index)

    def _subscript(self, e: Expr) -> str:
        """An index is never negative, so unsigned arithmetic of the same width gives the same element."""
        while isinstance(e, Cast) and (
            (_is_ring(e.operand) and (_same_width(e) or holds(e.dtype, e.operand.dtype)))
            or (isinstance(e.operand, Var) and _same_width(e))
        ):
            e = e.operand
        return self._ring(e).code if _is_ring(e) else self.lean(e).code

    # --- the two readings of an expression ---------------------------------------------------------------------

    def lean(self, e: Expr) -> Text:
        """``e`` without conversions that keep every value: for places where C converts back by itself."""
        while isinstance(e, Cast) and holds(e.dtype, e.operand.dtype) and e.operand.dtype != types.BOOL:
            e = e.operand
        if isinstance(e, Var):
            return self._variable(e)
        if (
            isinstance(e, Const)
            and e.dtype.is_integer
            and e.dtype != types.BOOL
            and holds_value(types.I32, int(e.value))
        ):
            return literals.constant(int(e.value), types.I32)
        return self.full(e)

    def full(self, e: Expr) -> Text:
        """``e`` with the C type that the IR says (narrow integers: a type that promotes to the same value)."""
        match e:
            case Const():
                return self._constant(e)
            case Var():
                return self._typed(self._variable(e), e.dtype)
            case Load():
                return Text(self.index(e.buffer, e.index), PRIMARY, e.dtype)
            case Unary():
                return self._unary(e)
            case Binary():
                return self._binary(e)
            case Select():
                return self._select(e)
            case Cast():
                return self._cast(e)
            case Apply():
                return self._apply(e)
        assert_never(e)

    # --- node by node ------------------------------------------------------------------------------------------

    def _variable(self, e: Var) -> Text:
        return self.fixed.get(e.name) or Text(self.names.get(e.name, e.name), PRIMARY, e.dtype)

    def _constant(self, e: Const) -> Text:
        if e.dtype.is_float and e.dtype.bits == 16:
            return self.converted(literals.constant(float(e.value), types.F32), e.dtype)
        if e.dtype.is_integer and e.dtype.bits < 32 and e.dtype != types.BOOL:
            return literals.constant(int(e.value), types.I32)
        return literals.constant(e.value, e.dtype)

    def _unary(self, e: Unary) -> Text:
        if self._by_function(e.dtype):
            return self.full(Cast(e.dtype, Unary(e.op, Cast(types.F32, e.operand))))
        symbol = {"neg": "-", "not": "~", "lnot": "!"}[e.op]
        operand = self.full(e.operand)
        code = self.closed(operand, UNARY)
        space = "" if not code.startswith(symbol) else " "
        result = Text(f"{symbol}{space}{code}", UNARY, e.dtype if e.op == "lnot" else promote(operand.ctype))
        return self._narrowed(result, e.dtype)

    def _narrowed(self, text: Text, dtype: DType) -> Text:
        """C computes narrow integers in int; the IR in their own width."""
        return text if text.ctype == dtype else self.converted(text, dtype)

    def converted(self, text: Text, dtype: DType) -> Text:
        """An explicit conversion."""
        if self._by_function(dtype) or self._by_function(text.ctype):
            return self.fill(f"convert.{dtype.name}.{text.ctype.name}", (text,), dtype, None)
        return Text(f"({self.type_name(dtype)}){self.closed(text, UNARY)}", UNARY, dtype)

    def _by_function(self, dtype: DType) -> bool:
        """Whether the dialect has no such number type: values are kept as bits and computed with as f32."""
        return f"convert.{dtype.name}.f32" in self.words

    def closed(self, text: Text, level: int) -> str:
        return text.code if text.level >= level else f"({text.code})"

    def _select(self, e: Select) -> Text:
        if e.dtype == types.BOOL and e.orelse == Const(False, types.BOOL):
            return self._joined("land", self.full(e.cond), self.full(e.then))
        if e.dtype == types.BOOL and e.then == Const(True, types.BOOL):
            return self._joined("lor", self.full(e.cond), self.full(e.orelse))
        then, orelse = self._agreeing(e.then, e.orelse, e.dtype)
        cond = self.closed(self.full(e.cond), CONDITIONAL + 1)
        ctype = then.ctype if then.ctype == orelse.ctype else usual(then.ctype, orelse.ctype) or e.dtype
        code = f"{cond} ? {self.closed(then, CONDITIONAL + 1)} : {self.closed(orelse, CONDITIONAL)}"
        return Text(code, CONDITIONAL, ctype)

    def _agreeing(self, a: Expr, b: Expr, dtype: DType) -> tuple[Text, Text]:
        """Both operands, as lean as C's conversions allow for them to be combined in ``dtype``."""
        full = self.full(a), self.full(b)
        if not dtype.is_integer or dtype == types.BOOL:
            return full
        lean = self.lean(a), self.lean(b)
        for left, right in ((lean[0], lean[1]), (full[0], lean[1]), (lean[0], full[1])):
            if usual(left.ctype, right.ctype) == promote(dtype):
                return left, right
        return full

    def _binary(self, e: Binary) -> Text:
        dtype = e.left.dtype
        if e.op in ("min", "max", "floordiv", "floormod"):
            return self._call_binary(e, dtype)
        if self._by_function(dtype):
            wide = Binary(e.op, Cast(types.F32, e.left), Cast(types.F32, e.right), where=e.where)
            return self.full(wide if e.op in COMPARE_OPS else Cast(dtype, wide))
        if e.op in COMPARE_OPS:
            return self._comparison(e)
        if e.op in ("shl", "shr"):
            left, right = self.full(e.left), self.lean(_count(e.right))
            return self._narrowed(self._joined(e.op, left, right, promote(left.ctype)), dtype)
        e = _flipped(e)
        left, right = self._agreeing(e.left, e.right, dtype)
        if e.op in ("land", "lor") or dtype == types.BOOL:
            return self._joined(e.op, left, right, types.BOOL)
        ctype = usual(left.ctype, right.ctype)
        if ctype is None or ctype != promote(dtype):
            left, right = self._typed(left, dtype), self._typed(right, dtype)
        return self._narrowed(self._joined(e.op, left, right, promote(dtype)), dtype)

    def _typed(self, text: Text, dtype: DType) -> Text:
        return text if text.ctype == dtype else self.converted(text, dtype)

    def _joined(self, op: str, left: Text, right: Text, ctype: DType = types.BOOL) -> Text:
        symbol, level = OPERATORS[op]
        surprising = _SURPRISING.get(level, range(0))
        a = f"({left.code})" if left.level < level or left.level in surprising else left.code
        b = f"({right.code})" if right.level <= level or right.level in surprising else right.code
        if right.level == level and op in ("land", "lor"):
            b = right.code
        if b.startswith("-") and op in ("add", "sub"):
            b = f"({b})"
        return Text(f"{a} {symbol} {b}", level, ctype)

    def _comparison(self, e: Binary) -> Text:
        """Values decide a comparison: any common type that holds both sides' values will do."""
        candidates = [(self.lean(e.left), self.lean(e.right)), (self.full(e.left), self.full(e.right))]
        left, right = candidates[1]
        if e.left.dtype.is_integer and e.left.dtype != types.BOOL:
            for a, b in candidates:
                ctype = usual(a.ctype, b.ctype)
                if ctype is not None and _kept(a, ctype) and _kept(b, ctype):
                    left, right = a, b
                    break
        return self._joined(e.op, left, right, types.BOOL)

    def _call_binary(self, e: Binary, dtype: DType) -> Text:
        if dtype.bits < 32:
            wide = types.F32 if dtype.is_float else types.I32
            inner = Binary(e.op, Cast(wide, e.left), Cast(wide, e.right), where=e.where)
            return self.full(Cast(dtype, inner))
        if e.op in ("floordiv", "floormod") and dtype.kind == "uint":
            return self.full(Binary("div" if e.op == "floordiv" else "mod", e.left, e.right))
        args = self._typed(self.full(e.left), dtype), self._typed(self.full(e.right), dtype)
        return self.fill(f"{e.op}.{dtype.name}", args, dtype, e.where)

    def _cast(self, e: Cast) -> Text:
        source = e.operand.dtype
        if source == e.dtype:
            return self.full(e.operand)
        if e.dtype == types.BOOL:
            return self.full(Binary("ne", e.operand, Const(0.0 if source.is_float else 0, source)))
        if isinstance(e.operand, Const) and e.dtype in _FLOATS and literals.is_exact(e.operand, e.dtype):
            return literals.constant(float(e.operand.value), e.dtype)
        wide_source = source.is_float and source.bits > 16
        if _is_half(e.dtype) and not wide_source:
            return self.converted(self.full(Cast(types.F32, e.operand)), e.dtype)
        if _is_half(source) and e.dtype != types.F32:
            return self.converted(self.full(Cast(types.F32, e.operand)), e.dtype)
        operand = self.full(e.operand)
        if operand.ctype == e.dtype:
            return operand
        if holds(e.dtype, source) and source != types.BOOL:
            operand = self.lean(e.operand)
        return self.converted(operand, e.dtype)

    def _apply(self, e: Apply) -> Text:
        if e.function == "bitcast":
            if e.args[0].dtype == e.dtype:
                return self.full(e.args[0])
            key = f"bitcast.{e.dtype.name}.{e.args[0].dtype.name}"
            if {e.dtype.kind, e.args[0].dtype.kind} == {"int", "uint"}:
                return self.full(Cast(e.dtype, e.args[0]))
            return self.fill(key, (self.full(e.args[0]),), e.dtype, e.where)
        source = e.args[0].dtype
        key = f"math.{e.function}.{source.name}"
        if _is_half(source) and key not in self.words:
            wide = tuple(Cast(types.F32, a) for a in e.args)
            result = e.dtype if not _is_half(e.dtype) else types.F32
            return self.full(Cast(e.dtype, Apply(e.function, wide, result, where=e.where)))
        if e.dtype == types.BOOL:
            return self.fill(f"test.{e.function}", tuple(self.full(a) for a in e.args), e.dtype, e.where)
        args = tuple(self._typed(self.full(a), a.dtype) if a.dtype.bits >= 32 else self.full(a) for a in e.args)
        return self.fill(key, args, e.dtype, e.where)

    # --- additions and products modulo 2^n ---------------------------------------------------------------------

    def _ring(self, e: Expr) -> Text:
        """An integer + - * tree in whatever signedness its leaves have: the low bits are the same."""
        if not (isinstance(e, Binary) and e.op in ("add", "sub", "mul")):
            return self.lean(e)
        e = _flipped(e)
        if (shared := self._one_unsigned(e)) is not None:
            return shared
        left, right = self._ring(e.left), self._ring(e.right)
        ctype = usual(left.ctype, right.ctype)
        if ctype is None or ctype.bits != e.dtype.bits:
            left, right = self._agreeing(e.left, e.right, e.dtype)
            ctype = e.dtype
        return self._joined(e.op, left, right, ctype)

    def _one_unsigned(self, e: Binary) -> Text | None:
        """An unsigned operation of which C converts one operand by itself."""
        if e.dtype.kind != "uint":
            return None
        bare = [_without_sign(x) for x in (e.left, e.right)]
        left, right = (self._ring(x) for x in bare)
        if usual(left.ctype, right.ctype) != e.dtype:
            left = self._ring(e.left)
        return self._joined(e.op, left, right, e.dtype) if usual(left.ctype, right.ctype) == e.dtype else None


_FLOATS = (types.F32, types.F64)


def _is_half(dtype: DType) -> bool:
    return dtype.is_float and dtype.bits == 16


def _is_ring(e: Expr) -> bool:
    return isinstance(e, Binary) and e.op in ("add", "sub", "mul")


def _same_width(e: Cast) -> bool:
    """A conversion between the signed and the unsigned type of 64 bits."""
    return e.operand.dtype.is_integer and e.operand.dtype.bits == e.dtype.bits == 64


def _without_sign(e: Expr) -> Expr:
    """``e`` before a conversion that only changes how its highest bit is read."""
    if isinstance(e, Cast) and e.dtype.is_integer and e.operand.dtype.is_integer and e.dtype.bits >= 32:
        return e.operand if e.operand.dtype.bits == e.dtype.bits else e
    return e


def _flipped(e: Binary) -> Binary:
    """a + -5 reads better as a - 5, and is the same."""
    c = e.right
    if e.op not in ("add", "sub") or not isinstance(c, Const) or not c.dtype.is_signed or not c.value < 0:
        return e
    if c.dtype.is_integer and int(c.value) == c.dtype.lowest:
        return e
    return Binary("sub" if e.op == "add" else "add", e.left, Const(-c.value, c.dtype), where=e.where)


def _count(e: Expr) -> Expr:
    """A shift count is small and not negative, so widening it changes nothing."""
    while isinstance(e, Cast) and e.operand.dtype.is_integer and e.operand.dtype.bits <= e.dtype.bits:
        e = e.operand
    return e


def holds_value(dtype: DType, value: int) -> bool:
    return dtype.lowest < value <= dtype.highest


def _kept(text: Text, dtype: DType) -> bool:
    if text.value is not None:
        return holds_value(dtype, text.value) or text.value == dtype.lowest
    return dtype.is_integer and holds(dtype, text.ctype)


def _flat(buffer: Buffer, index: tuple[Expr, ...]) -> Expr:
    """The row-major element number of ``index``."""
    flat = index[0]
    for extent, i in zip(buffer.shape[1:], index[1:], strict=True):
        assert extent is not None, buffer.name
        wide = flat.dtype if flat.dtype.bits >= i.dtype.bits else i.dtype
        scaled = Binary("mul", _as(wide, flat), _as(wide, extent))
        flat = Binary("add", scaled, _as(wide, i))
    return flat


def _as(dtype: DType, e: Expr) -> Expr:
    if isinstance(e, Const):
        return Const(e.value, dtype)
    return e if e.dtype == dtype else Cast(dtype, e)


__all__ = ["CONDITIONAL", "LOWEST", "OPERATORS", "Expressions"]
