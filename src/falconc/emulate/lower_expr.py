"""Expressions of a kernel as C++ over the value types of ``arith.h``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import assert_never

from falconc.emulate import constants
from falconc.emulate.taint import Taint
from falconc.ir import text
from falconc.ir.nodes import COMPARE_OPS, Apply, Binary, Cast, Const, Expr, Load, Node, Select, Unary, Update, Var
from falconc.ir.ranges import Ranges
from falconc.ir.types import ALL, BOOL, DType
from falconc.ir.walk import names_behind, walk
from falconc.source import Span

TAGS = {t.name: k for k, t in enumerate(ALL)}
_FLOAT_OPS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_INT_OPS = {"min": "i_min", "max": "i_max"} | {
    op: f"i{op}" for op in ("add", "sub", "mul", "div", "mod", "floordiv", "floormod", "and", "or", "xor", "shl", "shr")
}
_SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_OUTCOMES = {"lt": "LESS", "le": "(LESS | EQUAL)", "gt": "GREATER", "ge": "(GREATER | EQUAL)", "eq": "EQUAL"}
_WITH_SITE = frozenset(
    ["floor", "ceil", "trunc", "round", "rint", "fabs", "copysign", "fdim", "isnan", "isinf", "isfinite", "signbit"]
).union(["abs", "popcount", "clz", "ffs", "brev", "mulhi"])


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the text that counts or reports.

    kind: "choice" (a comparison, minimum, step ... on data; must be seen both ways), "sized" (the same on sizes, where
    sizes vary), "guard", "loop" (must be entered), "repeated" (a loop that must run twice),
        "covered" (one that hardly will: shapes where it does are looked for), "other".
    """

    kind: str
    what: str
    where: Span | None


@dataclass(frozen=True, slots=True)
class Home:
    """Where a buffer lives. form: "ref" (shadow cells), "one", "few" (private), "lanes"."""

    form: str
    dtype: DType
    shape: tuple[str | None, ...]


@dataclass(slots=True)
class Writer:
    """What is known while a kernel is written out.

    parameters: by position; constant: those that are never written. lets: what names stand for. ranges: what is certain
    about sizes at this place.
    """

    taint: Taint
    sites: list[Site] = field(default_factory=list[Site])
    homes: dict[str, Home] = field(default_factory=dict[str, Home])
    thread: str = "th0"
    parameters: tuple[str, ...] = ()
    constant: frozenset[str] = frozenset()
    place: Span | None = None
    lets: dict[str, Expr] = field(default_factory=dict[str, Expr])
    ranges: Ranges = field(default_factory=Ranges)

    def site(self, kind: str, what: str, node: Node) -> int:
        self.sites.append(Site(kind, what, node.where or self.place))
        return len(self.sites) - 1

    def type_of(self, dtype: DType, tainted: bool) -> str:
        return f"t{dtype.name}" if tainted and dtype.is_integer and dtype.kind != "bool" else dtype.name

    def element(self, buffer: str) -> str:
        """The C++ type of a buffer's elements."""
        return self.type_of(self.homes[buffer].dtype, buffer in self.taint.buffers)

    def sizes_of(self, e: Expr) -> set[str]:
        """Names that ``e`` depends on, by way of Lets or not."""
        return names_behind([e], self.lets) - self.lets.keys()

    # --- expressions ---------------------------------------------------------------------------------------------

    def typed(self, e: Expr, tainted: bool) -> str:
        """``e`` as a value of its type, with data form if ``tainted``."""
        code = self.expr(e)
        return f"{self.type_of(e.dtype, True)}({code})" if tainted and not self.taint.of(e) else code

    def index(self, e: Expr, site: int) -> str:
        return f"ix({self.expr(e)}, {site})"

    def native(self, e: Expr) -> str:
        """An integer as its C++ value."""
        return (
            f"plain({self.expr(e)}, {self.site('other', 'integer data as a bound', e)})"
            if self.taint.of(e)
            else self.expr(e)
        )

    def expr(self, e: Expr) -> str:
        match e:
            case Const():
                return _constant(e)
            case Var():
                return f"v_{e.name}"
            case Load():
                return self.load(e)
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
            case _:
                assert_never(e)

    def condition(self, e: Expr) -> str:
        """A condition that decides what runs: both outcomes count, where its parts do not count them already."""
        match e:
            case Unary(op="lnot"):
                return f"!({self.condition(e.operand)})"
            case Var() if e.name in self.lets:
                return self._counted(self.expr(e), e, "condition") if _is_opaque(self.lets[e.name]) else self.expr(e)
            case Load() if e.buffer not in self.parameters:
                return self._counted(self.expr(e), e, "condition")
            case Var() | Select():
                return self._counted(self.expr(e), e, "condition")
            case _:
                return self.expr(e)

    def _counted(self, code: str, e: Expr, what: str) -> str:
        """A condition over native values: data that chose them, or sizes, must lead to both outcomes."""
        if self.taint.data(e):
            return f"test_site({code}, {self.site('choice', what, e)})"
        if self.taint.by_size(e) and self._decided(e) is None:
            shown = f"condition {_shown(e)}"  # copies of one condition count together, others do not
            return f"test_site({code}, {self.site('sized', shown, e)})"
        return code

    def _decided(self, e: Expr) -> bool | None:
        """The outcome of a condition on sizes, where all sizes agree on it."""
        if isinstance(e, Binary) and e.op in ("land", "lor"):
            stops = e.op == "lor"
            parts = (self._decided(e.left), self._decided(e.right))
            if stops in parts:
                return stops
            return None if None in parts else not stops
        return self.ranges.decide(e)

    def _select(self, e: Select) -> str:
        tainted = self.taint.of(e)
        kind = self.type_of(e.dtype, tainted)
        code = f"({self.condition(e.cond)} ? {kind}({self.expr(e.then)}) : {kind}({self.expr(e.orelse)}))"
        if not (tainted and self.taint.data(e.cond)):
            return code
        spans = [self._span(x) for x in (e.then, e.orelse)]
        low, high = (
            f"__builtin_f{f}({a}, {b})"
            for f, a, b in (("min", *(s[0] for s in spans)), ("max", *(s[1] for s in spans)))
        )
        return f"hull({code}, {low}, {high})"

    def _span(self, e: Expr) -> tuple[str, str]:
        """C++ for the least and the largest value of an integer, whatever the data."""
        match e:
            case Var():
                return f"low_end(v_{e.name})", f"high_end(v_{e.name})"
            case Load() if e.buffer in self.constant:
                k = self.parameters.index(e.buffer)
                return f"S.range[{2 * k}]", f"S.range[{2 * k + 1}]"
            case _:
                low, high = _bounds(e)
                return f"{float(low)!r}", f"{float(high)!r}"

    def _cast(self, e: Cast) -> str:
        site = self.site("choice", f"conversion to {e.dtype}", e)
        inner = self.expr(e.operand)
        data = e.operand.dtype.is_float or self.taint.of(e.operand)
        code = f"to<{self.type_of(e.dtype, data)}>({inner}, {site})"
        if data or not e.operand.dtype.is_integer or e.dtype.is_float:
            return code
        if e.dtype == BOOL:
            return self._counted(code, e, "condition")
        if self.taint.data(e.operand):
            return f"to<{e.dtype.name}>(fitting<{e.dtype.name}>({inner}, {site}), {site})"
        if e.dtype.bits < 32 and e.dtype.bits < e.operand.dtype.bits and self.taint.by_size(e.operand) and not _bits(e):
            return f"({self._fits(e, inner)}, {code})"
        return code

    def _fits(self, e: Cast, inner: str) -> str:
        """Whether a value that sizes decide keeps its value in a small type: both outcomes count."""
        at = e.operand.dtype
        low, high = max(e.dtype.lowest, at.lowest), min(e.dtype.highest, at.highest)
        inside = Binary("ge", e.operand, Const(low, at)), Binary("le", e.operand, Const(high, at))
        if all(self.ranges.decide(c) for c in inside):
            return "0"
        site = self.site("sized", f"condition {_shown(e.operand)} fits {e.dtype}", e)
        return f"test_site(i64({inner}) == i64({e.dtype.name}({inner})), {site})"

    def _unary(self, e: Unary) -> str:
        inner = self.expr(e.operand)
        if e.op == "lnot" or e.dtype == BOOL:
            return f"!({inner})"
        if e.dtype.is_float:
            return f"fneg({inner})"
        return f"i{e.op}({inner}, {self.site('other', e.op, e)})"

    def _binary(self, e: Binary) -> str:
        if e.op in ("land", "lor"):
            sign = "&&" if e.op == "land" else "||"
            code = f"({self._chain(e.left, e.op)} {sign} {self.expr(e.right)})"
            return code if _picks(e) else self._counted(code, e, f"condition {sign}")
        operand = e.left.dtype
        tainted = self.taint.of(e.left) or self.taint.of(e.right)
        left, right = self.typed(e.left, tainted), self.typed(e.right, tainted)
        if e.op in COMPARE_OPS:
            return self._compare(e, left, right, operand.is_float or tainted)
        if operand.is_float:
            if e.op in ("min", "max"):
                return f"f_{e.op}({left}, {right}, {self.site('choice', e.op, e)})"
            return f"{_FLOAT_OPS[e.op]}({left}, {right})"
        code = f"{_INT_OPS[e.op]}({left}, {right}, {self.site(self._kind_of(e, tainted), e.op, e)})"
        return self._counted(code, e, f"condition {e.op}") if operand == BOOL else code

    def _chain(self, e: Expr, op: str) -> str:
        """The front of a && b && c, or of a || b || c: its parts count, and the whole does, but not what is between."""
        if not (isinstance(e, Binary) and e.op == op):
            return self.expr(e)
        return f"({self._chain(e.left, op)} {'&&' if op == 'land' else '||'} {self.expr(e.right)})"

    def _kind_of(self, e: Binary, tainted: bool) -> str:
        """The kind of site of an integer operation: minima and maxima choose."""
        if e.op not in ("min", "max"):
            return "other"
        if tainted or self.taint.data(e):
            return "choice"
        known = self.ranges.decide(Binary("le", e.left, e.right)), self.ranges.decide(Binary("ge", e.left, e.right))
        return "sized" if self.taint.by_size(e) and True not in known else "other"

    def _compare(self, e: Binary, left: str, right: str, data: bool) -> str:
        if not data:
            return self._counted(f"({left} {_SIGNS[e.op]} {right})", e, f"condition {_SIGNS[e.op]}")
        outcome = f"compare({left}, {right}, {self.site('choice', f'comparison {_SIGNS[e.op]}', e)})"
        return f"!({outcome} & EQUAL)" if e.op == "ne" else f"bool({outcome} & {_OUTCOMES[e.op]})"

    def _apply(self, e: Apply) -> str:
        if e.function == "bitcast":
            site = self.site("other", "bitcast", e)
            (arg,) = e.args
            kind = self.type_of(e.dtype, self.taint.of(e))
            return f"recast<{kind}, {TAGS[e.dtype.name]}, {TAGS[arg.dtype.name]}>(P::track, {self.expr(arg)}, {site})"
        if e.function == "fma":
            return f"ffma({', '.join(self.expr(a) for a in e.args)})"
        whole = e.args[0].dtype.is_integer
        tainted = any(self.taint.of(a) for a in e.args)
        args = [self.typed(a, tainted) for a in e.args]
        if e.function in _WITH_SITE:
            kind = "choice" if not whole or (tainted and e.function == "abs") else "other"
            args.append(str(self.site(kind, e.function, e)))
        return f"{'i' if whole else 'm'}_{e.function}({', '.join(args)})"

    # --- memory --------------------------------------------------------------------------------------------------

    def place_of(self, buffer: str, index: tuple[Expr, ...], site: int) -> str:
        """The flat element index."""
        home = self.homes[buffer]
        if not index:
            return "0"
        if len(index) == 1:
            return self.index(index[0], site)
        flat = ""
        for e, extent in zip(index, home.shape, strict=True):
            one = self.index(e, site)
            if extent is None:
                flat = one
                continue
            checked = f"dim({one}, {extent}, {site})"
            flat = f"({flat}) * ({extent}) + {checked}" if flat else checked
        return flat

    def load(self, e: Load) -> str:
        site = self.site("other", f"read of {e.buffer}", e)
        code = self.read(e.buffer, e.index, site)
        if e.dtype == BOOL and e.buffer in self.parameters:
            return f"test_site({code}, {self.site('choice', f'value of {e.buffer}', e)})"
        return code

    def read(self, buffer: str, index: tuple[Expr, ...], site: int, atomic: bool = False) -> str:
        home = self.homes[buffer]
        place = self.place_of(buffer, index, site)
        match home.form:
            case "one":
                return f"b_{buffer}.get({site})"
            case "few" | "lanes":
                return f"b_{buffer}.get({place}, {site})"
            case _:
                how = ", true" if atomic else ""
                kind = f"{self.element(buffer)}, {TAGS[home.dtype.name]}, {home.dtype.size}"
                return f"b_{buffer}.template get<{kind}>({self.thread}, {place}, {site}{how})"

    def write(self, buffer: str, index: tuple[Expr, ...], value: str, site: int, atomic: bool = False) -> str:
        home = self.homes[buffer]
        value = f"{self.element(buffer)}({value})"
        place = self.place_of(buffer, index, site)
        match home.form:
            case "one":
                return f"b_{buffer}.set({value});"
            case "few":
                return f"b_{buffer}.set({place}, {value}, {site});"
            case _:
                how = ", true" if atomic else ""
                kind = f"{self.element(buffer)}, {TAGS[home.dtype.name]}, {home.dtype.size}"
                return f"b_{buffer}.template set<{kind}>({self.thread}, {place}, {value}, {site}{how});"


def updated(s: Update, old: str, args: list[str], site: int, is_float: bool) -> str:
    """The new value as C++."""
    first = args[0]
    match s.op:
        case "add" | "sub" | "mul":
            return f"f{s.op}({old}, {first})" if is_float else f"i{s.op}({old}, {first}, {site})"
        case "min" | "max":
            return f"{'f' if is_float else 'i'}_{s.op}({old}, {first}, {site})"
        case "and" | "or" | "xor":
            return f"i{s.op}({old}, {first}, {site})"
        case "exchange":
            return first
        case "inc":
            zero, one = (f"decltype({old})({n})" for n in (0, 1))
            return f"((compare({old}, {first}, {site}) & LESS) ? iadd({old}, {one}, {site}) : {zero})"
        case "dec":
            zero, one = (f"decltype({old})({n})" for n in (0, 1))
            wraps = f"(compare({old}, {zero}, {site}) & EQUAL) || (compare({old}, {first}, {site}) & GREATER)"
            return f"(({wraps}) ? {first} : isub({old}, {one}, {site}))"
        case "cas":
            return f"((compare({old}, {first}, {site}) & EQUAL) ? {args[1]} : {old})"
        case _:
            assert_never(s.op)


def _is_opaque(e: Expr) -> bool:
    """True for a condition whose parts do not count outcomes."""
    return isinstance(e, Var | Load | Select) or (isinstance(e, Unary) and _is_opaque(e.operand))


def _bounds(e: Expr) -> tuple[int, int]:
    """What an integer expression lies between, by its form alone."""
    match e:
        case Const():
            return int(e.value), int(e.value)
        case Select():
            (a, b), (c, d) = _bounds(e.then), _bounds(e.orelse)
            return min(a, c), max(b, d)
        case Cast() if e.operand.dtype.is_integer:
            low, high = _bounds(e.operand)
            if e.dtype.lowest <= low and high <= e.dtype.highest:
                return low, high
        case Apply(function="popcount" | "clz" | "ffs"):
            return 0, 64
        case _:
            pass
    return e.dtype.lowest, e.dtype.highest


def _constant(e: Const) -> str:
    if e.dtype == BOOL:
        return "true" if e.value else "false"
    if e.dtype.is_integer:
        value = int(e.value)
        text = (
            "(-9223372036854775807LL - 1)" if value == -(1 << 63) else f"{value}{'ULL' if value >= 1 << 63 else 'LL'}"
        )
        return f"{e.dtype.name}({text})"
    value = float(e.value)
    if math.isnan(value):
        return f'{e.dtype.name}(P::special(__builtin_nan("")))'
    if math.isinf(value):
        return f"{e.dtype.name}(P::special({'-' if value < 0 else ''}__builtin_inf()))"
    x = constants.exact(value, e.dtype)
    return f"{e.dtype.name}(P::constant({x.p}ULL, {x.q}ULL, {x.value.hex()}))"


def _shown(e: Expr) -> str:
    """``e`` as text; names of copies ("i_1") as those of the first."""
    return re.sub(r"(?<=\w)_\d+\b", "", text.expression(e))


def _bits(e: Expr) -> bool:
    """Whether ``e`` is made with operations on bits: a mask, not a count."""
    return any(isinstance(n, Binary) and n.op in ("shl", "and", "or", "xor") for n in walk(e))


def _picks(e: Expr) -> bool:
    """Whether ``e`` is x == a || x == b ..., as the labels of a switch are: its parts say it all."""
    of: set[Expr] = set()
    pending: list[Expr] = [e]
    while pending:
        part = pending.pop()
        match part:
            case Binary("lor", left, right):
                pending += [left, right]
            case Binary("eq", left, Const()):
                of.add(left)
            case _:
                return False
    return len(of) == 1
