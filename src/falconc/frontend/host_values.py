"""Values of host expressions, read from tokens: integers as IR expressions over host names, and three-part extents.

The host code of a kernel file may use headers that are not on this machine (a tensor library, a test framework), so it
is read token by token: what is not understood becomes an opaque value named by its own text, equal to itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from falconc.frontend.host_types import size_of
from falconc.frontend.tokens import CLOSE, OPEN, Token, closing
from falconc.ir.nodes import Binary, Const, Expr, Select, Unary, Var
from falconc.ir.types import BOOL, I64

_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="), ("<<", ">>"), ("+", "-"),
    ("*", "/", "%"),
)  # fmt: skip
_IR_OPS = {
    "|": "or", "^": "xor", "&": "and", "==": "eq", "!=": "ne", "<": "lt", ">": "gt", "<=": "le", ">=": "ge",
    "<<": "shl", ">>": "shr", "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod",
}  # fmt: skip
_FOLD: dict[str, Callable[[int, int], int]] = {
    "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b, "and": lambda a, b: a & b,
    "shl": lambda a, b: a << b, "shr": lambda a, b: a >> b, "add": lambda a, b: a + b, "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b, "div": lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
    "mod": lambda a, b: a - b * (abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)),
    "min": min, "max": max,
}  # fmt: skip
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "lt": lambda a, b: a < b, "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b, "ge": lambda a, b: a >= b,
}  # fmt: skip
_INTEGER_TYPES = frozenset(
    [
        "int",
        "unsigned",
        "long",
        "short",
        "size_t",
        "ptrdiff_t",
        "int32_t",
        "uint32_t",
        "int64_t",
        "uint64_t",
        "const",
        "std",
    ]
)
_FLOAT_TYPES = frozenset(["float", "double"])


@dataclass(frozen=True, slots=True)
class Number:
    """value, or value / over where ``over`` is given: a quotient of floating-point numbers, not rounded yet."""

    value: Expr
    over: Expr | None = None


@dataclass(frozen=True, slots=True)
class Extents:
    """Three numbers: grid or block."""

    parts: tuple[Number, Number, Number]


Value = Number | Extents
_ONE = Number(Const(1, I64))


@dataclass(frozen=True, slots=True)
class Function:
    """A helper whose whole body is ``return expr;``, or a macro with parameters."""

    params: tuple[str, ...]
    body: tuple[Token, ...]


@dataclass
class Names:
    """What names stand for where an expression is read. values: host variables. constants: tokens of macros and file
    constants. functions: helpers. fixed: names that keep a given value, whatever assigns them."""

    values: dict[str, Value] = field(default_factory=dict[str, Value])
    constants: Mapping[str, tuple[Token, ...]] = field(default_factory=dict[str, tuple[Token, ...]])
    functions: Mapping[str, Function] = field(default_factory=dict[str, Function])
    fixed: Mapping[str, Value] = field(default_factory=dict[str, Value])
    depth: int = 0
    spaces: frozenset[str] = frozenset()

    def is_namespaced(self, qualified: str) -> bool:
        """Whether this is a constant named with its namespace."""
        *around, name = qualified.split("::")
        return name in self.constants and bool(around) and all(s in self.spaces for s in around)


def number(value: int) -> Const:
    return Const(value, I64)


def combine(op: str, left: Expr, right: Expr) -> Expr:
    """left op right with constants folded and neutral elements dropped."""
    left, right = _counted(left), _counted(right)
    if isinstance(left, Const) and isinstance(right, Const):
        a, b = int(left.value), int(right.value)
        if op in _COMPARE:
            return Const(_COMPARE[op](a, b), BOOL)
        if not (op in ("div", "mod") and b == 0):
            return number(_FOLD[op](a, b))
    if isinstance(right, Const) and (
        (right.value == 0 and op in ("add", "sub")) or (right.value == 1 and op in ("mul", "div"))
    ):
        return left
    if isinstance(left, Const) and ((left.value == 0 and op == "add") or (left.value == 1 and op == "mul")):
        return right
    return Binary(op, left, right)  # type: ignore[arg-type]


def _counted(value: Expr) -> Expr:
    """A condition as the number 0 or 1."""
    return Select(value, number(1), number(0)) if value.dtype == BOOL else value


def whole(value: Number) -> Expr:
    """The number as C converts it to an integer."""
    return value.value if value.over is None else combine("div", value.value, value.over)


def ceiling(value: Number) -> Number:
    if value.over is None:
        return value
    return Number(combine("div", combine("add", value.value, combine("sub", value.over, number(1))), value.over))


def text_of(tokens: Sequence[Token]) -> str:
    """The tokens as one line, blanks only between words."""
    out = ""
    for token in tokens:
        glue = out and (out[-1].isalnum() or out[-1] == "_") and (token.text[0].isalnum() or token.text[0] == "_")
        out += (" " if glue else "") + token.text
    return out


def opaque(tokens: Sequence[Token]) -> Number:
    return Number(Var(text_of(tokens), I64))


def evaluate(tokens: Sequence[Token], names: Names) -> Value:
    """The value of an expression; opaque as a whole if it cannot be read to its end."""
    if not tokens or names.depth > 16:
        return opaque(tokens)
    reader = _Reader(tokens, names)
    value = reader.expression()
    return value if reader.at == len(tokens) else opaque(tokens)


class _Reader:
    """Precedence climbing over tokens."""

    def __init__(self, tokens: Sequence[Token], names: Names) -> None:
        self.tokens = tokens
        self.names = names
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        i = self.at + ahead
        return self.tokens[i].text if i < len(self.tokens) else ""

    def expression(self) -> Value:
        cond = self.binary(0)
        if self.peek() != "?":
            return cond
        self.at += 1
        then = self.expression()
        if self.peek() != ":":
            return cond
        self.at += 1
        orelse = self.expression()
        if not (isinstance(cond, Number) and isinstance(then, Number) and isinstance(orelse, Number)):
            return opaque(self.tokens)
        test = cond.value if cond.value.dtype == BOOL else combine("ne", cond.value, number(0))
        if isinstance(test, Const):
            return then if test.value else orelse
        return Number(Select(test, whole(then), whole(orelse)))

    def _operator(self) -> tuple[str, int]:
        """The binary operator at the position, and how many tokens spell it (< and > are single tokens)."""
        text = self.peek()
        if text in ("<", ">") and self.at + 1 < len(self.tokens):
            following = self.tokens[self.at + 1]
            if following.start == self.tokens[self.at].end and following.text in (text, "="):
                return text + following.text, 2
        return text, 1

    def binary(self, level: int) -> Value:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while True:
            op, width = self._operator()
            if op not in _LEVELS[level] or self.at + width >= len(self.tokens):
                return left
            start = self.at
            self.at += width
            right = self.binary(level + 1)
            if not (isinstance(left, Number) and isinstance(right, Number)) or op in ("&&", "||"):
                return opaque(self.tokens[:start])
            left = self._apply(op, left, right)

    def _apply(self, op: str, left: Number, right: Number) -> Number:
        if left.over is None and right.over is None:
            return Number(combine(_IR_OPS[op], left.value, right.value))
        a, b = left.over or number(1), right.over or number(1)
        if op == "/":
            return Number(combine("mul", left.value, b), combine("mul", a, right.value))
        if op == "*":
            return Number(combine("mul", left.value, right.value), combine("mul", a, b))
        if op in ("+", "-"):
            cross = combine(_IR_OPS[op], combine("mul", left.value, b), combine("mul", right.value, a))
            return Number(cross, combine("mul", a, b))
        return opaque(self.tokens)

    def unary(self) -> Value:
        text = self.peek()
        if text in ("-", "+", "!", "~"):
            self.at += 1
            inner = self.unary()
            if text == "+" or not isinstance(inner, Number):
                return inner
            if text == "-":
                return Number(combine("sub", number(0), inner.value), inner.over)
            return Number(Unary("not", inner.value)) if text == "~" else Number(combine("eq", inner.value, number(0)))
        if text == "(" and (cast := self._cast()):
            end, is_float = cast
            self.at = end
            return self._converted(self.unary(), is_float)
        return self.postfix()

    def _cast(self) -> tuple[int, bool] | None:
        """For ``(type) operand``: where the operand begins, and whether the type is floating."""
        end = closing(self.tokens, self.at)
        inside = [t.text for t in self.tokens[self.at + 1 : end]]
        if not inside or end + 1 >= len(self.tokens) or self.tokens[end + 1].text in CLOSE:
            return None
        if all(t in _INTEGER_TYPES or t == "::" for t in inside):
            return end + 1, False
        return (end + 1, True) if len(inside) == 1 and inside[0] in _FLOAT_TYPES else None

    def _converted(self, value: Value, is_float: bool) -> Value:
        if not isinstance(value, Number):
            return value
        return Number(value.value, value.over or number(1)) if is_float else Number(whole(value))

    def postfix(self) -> Value:
        """A primary with its member accesses, subscripts and calls."""
        start = self.at
        value = self.primary()
        while self.at < len(self.tokens):
            text = self.peek()
            if text == "." and isinstance(value, Extents) and self.peek(1) in ("x", "y", "z"):
                value = value.parts["xyz".index(self.peek(1))]
                self.at += 2
            elif text in (".", "->") and self.at + 1 < len(self.tokens):
                self.at += 2
                self._skip_template_arguments()
                value = opaque(self.tokens[start : self.at])
            elif text in ("(", "["):
                self.at = min(closing(self.tokens, self.at) + 1, len(self.tokens))
                value = opaque(self.tokens[start : self.at])
            else:
                return value
        return value

    def _skip_template_arguments(self) -> None:
        """Past ``<...>`` when a call follows it."""
        if self.peek() != "<":
            return
        i, depth = self.at, 0
        while i < len(self.tokens) and self.tokens[i].text not in (";", "&&", "||", "?") and i < self.at + 24:
            depth += (self.tokens[i].text == "<") - (self.tokens[i].text == ">")
            i += 1
            if depth == 0:
                break
        if depth == 0 and i < len(self.tokens) and self.tokens[i].text == "(":
            self.at = i

    def primary(self) -> Value:
        token = self.tokens[self.at]
        if token.text == "(":
            end = closing(self.tokens, self.at)
            value = evaluate(self.tokens[self.at + 1 : end], self.names)
            self.at = min(end + 1, len(self.tokens))
            return value
        if token.text == "{":
            end = closing(self.tokens, self.at)
            value = extents(self.arguments(self.at, end), self.names)
            self.at = end + 1
            return value
        if token.kind == "number":
            self.at += 1
            return literal(token.text) or opaque([token])
        if token.kind == "name" or token.text == "::":
            return self.name()
        self.at += 1
        return opaque([token])

    def arguments(self, opening: int, end: int) -> list[Sequence[Token]]:
        """The arguments between brackets."""
        return split(self.tokens[opening + 1 : end])

    def name(self) -> Value:
        start = self.at
        self.at += self.peek() == "::"
        self.at += 1
        while self.peek() == "::" and self.at + 1 < len(self.tokens):
            self.at += 2
        name = self.tokens[self.at - 1].text
        before = self.at
        self._skip_template_arguments()
        if self.peek() == "(":
            end = closing(self.tokens, self.at)
            args = self.arguments(self.at, end)
            template = [t.text for t in self.tokens[before + 1 : self.at - 1]]
            self.at = min(end + 1, len(self.tokens))
            return self._called(name, template, args) or opaque(self.tokens[start : self.at])
        self.at = before
        if name == "dim3" and self.peek() == "{":
            return self.primary()
        qualified = "".join(t.text for t in self.tokens[start:before]).removeprefix("::")
        if before > start + 1 and qualified not in self.names.constants and self.names.is_namespaced(qualified):
            qualified = name
        if before == start + 1 or qualified in self.names.constants:
            return self._named(qualified)
        return opaque(self.tokens[start : self.at])

    def _named(self, name: str) -> Value:
        if name in self.names.fixed:
            return self.names.fixed[name]
        if name in self.names.values:
            return self.names.values[name]
        if name in self.names.constants:
            inner = replace(self.names, depth=self.names.depth + 1)
            return evaluate(self.names.constants[name], inner)
        if name in ("true", "false"):
            return Number(number(int(name == "true")))
        return Number(Var(name, I64))

    def _called(self, name: str, template: list[str], args: list[Sequence[Token]]) -> Value | None:
        if name in ("sizeof", "alignof"):
            size = size_of([t.text for t in args[0]]) if args else None
            return Number(number(size)) if size else None
        if name == "dim3":
            return extents(args, self.names)
        if name in self.names.functions:
            return self._helper(self.names.functions[name], args)
        values = [evaluate(a, self.names) for a in args]
        numbers = [v for v in values if isinstance(v, Number)]
        if len(numbers) != len(values):
            return None
        if name in ("min", "max", "fmin", "fmax") and len(numbers) == 2:
            return Number(combine(name.removeprefix("f"), whole(numbers[0]), whole(numbers[1])))
        if name in ("ceil", "ceilf") and len(numbers) == 1:
            return ceiling(numbers[0])
        if name in ("floor", "floorf") and len(numbers) == 1:
            return Number(whole(numbers[0]))
        kind = set(template) if name == "static_cast" else {name}
        if len(numbers) == 1 and kind and kind <= _INTEGER_TYPES | {"::"}:
            return Number(whole(numbers[0]))
        if len(numbers) == 1 and kind and kind <= _FLOAT_TYPES:
            return self._converted(numbers[0], True)
        return None

    def _helper(self, function: Function, args: list[Sequence[Token]]) -> Value | None:
        if len(args) != len(function.params):
            return None
        bound: dict[str, Value] = {p: evaluate(a, self.names) for p, a in zip(function.params, args, strict=True)}
        inner = replace(self.names, values=bound, fixed={}, depth=self.names.depth + 1)
        return evaluate(function.body, inner)


def split(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """Comma-separated parts outside brackets and template arguments of calls."""
    parts: list[Sequence[Token]] = []
    start = depth = 0
    for i, token in enumerate(tokens):
        depth += (token.text in OPEN) - (token.text in CLOSE)
        if token.text == "," and depth == 0:
            parts.append(tokens[start:i])
            start = i + 1
    return [*parts, tokens[start:]] if tokens else []


def extents(args: Sequence[Sequence[Token]], names: Names) -> Value:
    """dim3(args...): missing parts are 1; one argument that is a three-part value already is passed on."""
    values = [evaluate(a, names) for a in args]
    if len(values) == 1 and isinstance(values[0], Extents):
        return values[0]
    numbers = [Number(whole(v)) if isinstance(v, Number) else _ONE for v in values]
    if len(values) > 3 or any(not isinstance(v, Number) for v in values):
        return opaque([t for a in args for t in a])
    x, y, z = [*numbers, _ONE, _ONE, _ONE][:3]
    return Extents((x, y, z))


def literal(text: str) -> Number | None:
    """An integer literal, or a floating one with a whole value (as a quotient over 1)."""
    plain = text.replace("'", "")
    try:
        return Number(number(int(plain.rstrip("uUlLzZ"), 0)))
    except ValueError:
        pass
    try:
        value = float(plain.rstrip("fFlL"))
    except ValueError:
        return None
    return Number(number(int(value)), number(1)) if value == int(value) else None
