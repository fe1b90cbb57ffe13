"""Expressions of a kernel as C++ over the value types of ``arith.h``."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import assert_never

from falconc.emulate import constants
from falconc.emulate.taint import Taint
from falconc.ir.nodes import COMPARE_OPS, Apply, Binary, Cast, Const, Expr, Load, Node, Select, Unary, Var
from falconc.ir.types import ALL, BOOL, DType
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
    """A place in the text that counts or reports. kind: "choice" (a comparison, minimum, step ... on data; must be seen
    both ways), "guard", "loop" (must be entered), "other"."""

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
    """What is known while a kernel is written out: sites, buffers in scope, and the name of the running thread."""

    taint: Taint
    sites: list[Site] = field(default_factory=list[Site])
    homes: dict[str, Home] = field(default_factory=dict[str, Home])
    thread: str = "th0"
    parameters: frozenset[str] = frozenset()
    place: Span | None = None

    def site(self, kind: str, what: str, node: Node) -> int:
        self.sites.append(Site(kind, what, node.where or self.place))
        return len(self.sites) - 1

    def type_of(self, dtype: DType, tainted: bool) -> str:
        return f"t{dtype.name}" if tainted and dtype.is_integer and dtype.kind != "bool" else dtype.name

    def element(self, buffer: str) -> str:
        """The C++ type of a buffer's elements."""
        return self.type_of(self.homes[buffer].dtype, buffer in self.taint.buffers)

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
                tainted = self.taint.of(e)
                kind = self.type_of(e.dtype, tainted)
                return f"({self.expr(e.cond)} ? {kind}({self.expr(e.then)}) : {kind}({self.expr(e.orelse)}))"
            case Cast():
                site = self.site("choice", f"conversion to {e.dtype}", e)
                data = e.operand.dtype.is_float or self.taint.of(e.operand)
                return f"to<{self.type_of(e.dtype, data)}>({self.expr(e.operand)}, {site})"
            case Apply():
                return self._apply(e)
            case _:
                assert_never(e)

    def _unary(self, e: Unary) -> str:
        inner = self.expr(e.operand)
        if e.op == "lnot" or e.dtype == BOOL:
            return f"!({inner})"
        if e.dtype.is_float:
            return f"fneg({inner})"
        return f"i{e.op}({inner}, {self.site('other', e.op, e)})"

    def _binary(self, e: Binary) -> str:
        if e.op in ("land", "lor"):
            return f"({self.expr(e.left)} {'&&' if e.op == 'land' else '||'} {self.expr(e.right)})"
        operand = e.left.dtype
        tainted = self.taint.of(e.left) or self.taint.of(e.right)
        left, right = self.typed(e.left, tainted), self.typed(e.right, tainted)
        if e.op in COMPARE_OPS:
            return self._compare(e, left, right, operand.is_float or tainted)
        if operand.is_float:
            if e.op in ("min", "max"):
                return f"f_{e.op}({left}, {right}, {self.site('choice', e.op, e)})"
            return f"{_FLOAT_OPS[e.op]}({left}, {right})"
        kind = "choice" if tainted and e.op in ("min", "max") else "other"
        return f"{_INT_OPS[e.op]}({left}, {right}, {self.site(kind, e.op, e)})"

    def _compare(self, e: Binary, left: str, right: str, data: bool) -> str:
        if not data:
            return f"({left} {_SIGNS[e.op]} {right})"
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
