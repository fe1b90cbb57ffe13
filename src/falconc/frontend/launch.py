"""Finds the launches of kernels in host code and says their geometry in terms of the kernels' parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from falconc.frontend.host_constants import constants
from falconc.frontend.host_definitions import Param, definitions, kernels, parameter, split_angles
from falconc.frontend.host_flow import Allocation, Flow
from falconc.frontend.host_types import INTEGERS, SIZES
from falconc.frontend.host_values import (
    Extents,
    Names,
    Number,
    Value,
    combine,
    evaluate,
    extents,
    number,
    split,
    text_of,
    whole,
)
from falconc.frontend.launch_calls import Call, find
from falconc.frontend.launch_terms import Terms, symbol
from falconc.frontend.tokens import Token, closing, tokenize
from falconc.frontend.unit import LaunchSite, Unit
from falconc.ir import walk
from falconc.ir.nodes import Binary, Const, Expr, Launch, Var
from falconc.ir.types import I64
from falconc.source import Source

_ALLOCATORS = ("malloc", "malloc_managed", "malloc_async", "malloc_host", "host_alloc")
_TEMPLATE_HEADS = frozenset(["typename", "class", "int", "bool", "size_t", "unsigned"])
_BLOCK_LIMIT = 1 << 16


def launches(unit: Unit) -> tuple[LaunchSite, ...]:
    """Every launch of a kernel of ``unit``, in the order of the text."""
    tokens = [t for t in tokenize(unit.source) if t.kind not in ("comment", "header")]
    return _Finder(unit, tokens).sites()


class _Finder:
    """The tokens of one file with what they define."""

    def __init__(self, unit: Unit, tokens: Sequence[Token]) -> None:
        self.unit = unit
        self.source = unit.source
        self.code = [t for t in tokens if not t.directive]
        self.kernels = kernels(self.code)
        for info in unit.kernels:  # kernels that a macro writes
            if info.name not in self.kernels:
                self.kernels[info.name] = [parameter(list(tokenize(Source("", p)))) for p in info.parameters]
        written, self.functions = definitions(tokens, self.code)
        self.constants = written | (constants(unit.tree) if unit.tree is not None else {})
        self.spaces = frozenset(b.text for a, b in pairwise(self.code) if a.text == "namespace")
        table = unit.platform.words.table
        words = [table.get(f"kin.host.{name}", "") for name in _ALLOCATORS]
        self.types = {w for k, v in table.items() if k.startswith("kin.type.") for w in v.split(" | ")}
        self.allocators = {word: (0, 1) for word in words if word}

    def sites(self) -> tuple[LaunchSite, ...]:
        calls = find(self.code, self.kernels, self.unit.platform.words.table)
        return tuple(self._site(c) for c in calls)

    # --- explaining --------------------------------------------------------------------------------------------

    def _site(self, call: Call) -> LaunchSite:
        params = self.kernels[call.kernel]
        where = self.source.span(self.code[call.at].start, self.code[min(call.end, len(self.code) - 1)].end)
        function = self._function_around(call.at)
        plain = self._flow(function, call, {})
        template = self._template_args(call.template, plain, function)
        if len(call.config) < 2 or function is None:
            return LaunchSite(call.kernel, template, None, where, "the launch is not inside a function body")
        sizes = _constant_arguments(params, call.args, plain.names)
        block, reason = self._block(call, plain)
        flow = self._flow(function, call, self._fixed(params, call, function))
        terms = Terms.of(params, call.args, flow.names)
        launch = self._launch(call, block, terms, flow) if block else None
        extents_of = self._extents(params, call.args, flow, terms)
        if block and not launch:
            written = ", ".join(text_of(c) for c in call.config[:3])
            reason = f"the launch extents '{written}' are not understood"
        return LaunchSite(call.kernel, template, launch, where, reason, sizes, extents_of)

    def _launch(self, call: Call, block: tuple[int, int, int], terms: Terms, flow: Flow) -> Launch | None:
        """Grid over the kernel's parameters, and over free names where it does not get a host value."""
        grid = _three(call.config[0], flow.names)
        shared = evaluate(call.config[2], flow.names) if len(call.config) > 2 else Number(number(0))
        if not grid or not isinstance(shared, Number):
            return None
        if isinstance(grid[0].value, Var) and not self._is_integer(grid[0].value, call.config[0], flow):
            return None
        parts = [terms.express(whole(p), True) for p in grid]
        size = terms.express(whole(shared), False)
        if size is None:
            return None
        x, y, z = (p for p in parts if p is not None)
        return Launch((x, y, z), block, size)

    def _is_integer(self, value: Var, written: Sequence[Token], flow: Flow) -> bool:
        """Whether a grid given as one host value is sure to be a number, not a three-part extent."""
        return value.name.startswith("@") or value.name in flow.integers or text_of(written) != value.name

    def _flow(self, function: tuple[int, int] | None, call: Call, fixed: Mapping[str, Value]) -> Flow:
        names = Names({}, self.constants, self.functions, fixed, spaces=self.spaces)
        flow = Flow(self.code, names, self.allocators)
        if function:
            host = self._host_parameters(function)
            flow.integers |= {p.name for p in host if p.dtype}
            names.values |= {p.name: Number(Var(p.name, I64)) for p in host if p.name}
            flow.follow(function[0] + 1, function[1], call.at)
        return flow

    def _host_parameters(self, function: tuple[int, int]) -> list[Param]:
        """Parameters of the host function; they hide constants of their names."""
        close = function[0] - 1
        while self.code[close].text != ")":
            close -= 1
        depth, opening = 0, close
        while opening > 0:
            depth += (self.code[opening].text == ")") - (self.code[opening].text == "(")
            if depth == 0:
                break
            opening -= 1
        return [parameter(part) for part in split(self.code[opening + 1 : close]) if part]

    def _function_around(self, at: int) -> tuple[int, int] | None:
        """Brace indices of the outermost function body around a token."""
        stack: list[int] = []
        for k in range(at):
            if self.code[k].text == "{":
                stack.append(k)
            elif self.code[k].text == "}" and stack:
                stack.pop()
        for brace in stack:
            before = brace - 1
            while before > 0 and self.code[before].text in ("const", "noexcept", "override"):
                before -= 1
            if self.code[before].text == ")":
                return brace, closing(self.code, brace)
        return None

    def _block(self, call: Call, flow: Flow) -> tuple[tuple[int, int, int] | None, str]:
        parts = _three(call.config[1], flow.names)
        if parts:
            values = [whole(p) for p in parts]
            if all(isinstance(v, Const) for v in values):
                x, y, z = (int(v.value) if isinstance(v, Const) else 0 for v in values)
                if 0 < x * y * z < _BLOCK_LIMIT:
                    return (x, y, z), ""
        return None, f"the block extent '{text_of(call.config[1])}' is not a constant"

    def _fixed(self, params: Sequence[Param], call: Call, function: tuple[int, int]) -> dict[str, Value]:
        """Host names that are passed as they are: they stand for the kernel's parameter. Not names that are assigned
        again, nor those that the block extent depends on."""
        out: dict[str, Value] = {}
        for param, arg in zip(params, call.args, strict=False):
            bare = _bare(arg)
            if param.dtype and bare and bare not in out and self._assignments(bare, function, call.at) <= 1:
                out[bare] = Number(symbol(param))
        probe = self._flow(function, call, out)
        block = _three(call.config[1], probe.names) or ()
        used = {n for p in block for n in walk.variables(whole(p))}
        return {k: v for k, v in out.items() if not (isinstance(v, Number) and walk.variables(v.value) & used)}

    def _assignments(self, name: str, function: tuple[int, int], at: int) -> int:
        count = 0
        for k in range(function[0], min(function[1], len(self.code) - 1)):
            if self.code[k].text == name and self.code[k].kind == "name":
                following = self.code[k + 1].text
                count += following in ("=", "+=", "-=", "*=", "/=", "++", "--") or self.code[k - 1].text in ("++", "--")
        return count

    def _extents(
        self, params: Sequence[Param], args: Sequence[Sequence[Token]], flow: Flow, terms: Terms
    ) -> dict[str, Expr]:
        """Element counts of pointer parameters whose allocation was seen."""
        out: dict[str, Expr] = {}
        for param, arg in zip(params, args, strict=False):
            found = flow.allocations.get(_pointer_name(arg)) if param.pointee else None
            count = _elements(found, param.pointee) if found else None
            expr = terms.express(count, False) if count is not None else None
            if expr is not None:
                out[param.name] = expr
        return out

    def _template_args(self, template: Sequence[Token], flow: Flow, function: tuple[int, int] | None) -> str:
        """Template arguments as text: constants by value, types by name; "" where one of them is not known here."""
        out: list[str] = []
        for part in split_angles(template):
            value = evaluate(part, flow.names)
            if isinstance(value, Number) and isinstance(value.value, Const):
                shown = value.value.value
                out.append(
                    str(shown).lower()
                    if isinstance(shown, bool)
                    else part[0].text
                    if part[0].text in ("true", "false")
                    else str(shown)
                )
            elif self._is_parameter_of_host(part, function):
                return ""
            else:
                out.append(" ".join(t.text for t in part).replace(" :: ", "::"))
        return ", ".join(out)

    def _is_parameter_of_host(self, part: Sequence[Token], function: tuple[int, int] | None) -> bool:
        """Whether the argument is a template parameter of the host code around, or a name declared nowhere."""
        if len(part) != 1 or part[0].kind != "name" or function is None:
            return False
        name = part[0].text
        if name in SIZES or name in INTEGERS or name in self.types:
            return False
        heads = [t.text for t in self.code[max(0, function[0] - 120) : function[0]]]
        templated = any(a in _TEMPLATE_HEADS and b == name for a, b in pairwise(heads))
        return templated or sum(t.text == name for t in self.code) == sum(
            t.text == name for t in self.code[function[0] : function[1]]
        )


def _bare(arg: Sequence[Token]) -> str:
    """The name that an argument is, through casts and brackets; "" if it is more than a name."""
    names = [t for t in arg if t.kind == "name"]
    others = [t.text for t in arg if t.kind != "name" and t.text not in ("(", ")")]
    casts = [t.text for t in names[:-1]]
    return names[-1].text if names and not others and all(c in INTEGERS or c == "const" for c in casts) else ""


def _pointer_name(arg: Sequence[Token]) -> str:
    """The variable that a pointer argument comes from: ``p``, ``(T *)p``, ``v.data()``, ``v.get()``."""
    texts = [t.text for t in arg]
    if "+" in texts or "[" in texts:
        return ""
    if "data" in texts and texts.index("data") > 1:
        return texts[texts.index("data") - 2]
    if "get" in texts and texts.index("get") > 1:
        return texts[texts.index("get") - 2]
    names = [t.text for t in arg if t.kind == "name"]
    return names[-1] if names else ""


def _three(config: Sequence[Token], names: Names) -> tuple[Number, Number, Number] | None:
    value = extents([config], names)
    return value.parts if isinstance(value, Extents) else None


def _constant_arguments(params: Sequence[Param], args: Sequence[Sequence[Token]], names: Names) -> dict[str, int]:
    out: dict[str, int] = {}
    for param, arg in zip(params, args, strict=False):
        value = evaluate(arg, names) if param.dtype else None
        if isinstance(value, Number) and value.over is None and isinstance(value.value, Const):
            out[param.name] = int(value.value.value)
    return out


def _elements(found: Allocation, pointee: str) -> Expr | None:
    """The number of elements in an allocation."""
    if found.elements:
        return found.amount
    size = SIZES.get(pointee)
    factors = _factors(found.amount)
    sized = f"sizeof({pointee})"
    named = next((f for f in factors if isinstance(f, Var) and f.name.replace(" ", "") == sized.replace(" ", "")), None)
    if named:
        rest = [f for f in factors if f is not named]
        return _product(rest)
    known = 1
    for factor in factors:
        known *= int(factor.value) if isinstance(factor, Const) else 1
    if not size or known % size:
        return None
    return combine("mul", _product([f for f in factors if not isinstance(f, Const)]), number(known // size))


def _factors(expr: Expr) -> list[Expr]:
    if isinstance(expr, Binary) and expr.op == "mul":
        return _factors(expr.left) + _factors(expr.right)
    return [expr]


def _product(factors: Sequence[Expr]) -> Expr:
    out: Expr = number(1)
    for factor in factors:
        out = combine("mul", out, factor)
    return out
