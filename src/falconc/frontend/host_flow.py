"""Follows a host function, statement by statement, to a place in it: what its variables and allocations hold there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from falconc.frontend.host_types import INTEGERS
from falconc.frontend.host_values import (
    Extents,
    Names,
    Number,
    Value,
    combine,
    evaluate,
    extents,
    opaque,
    split,
    whole,
)
from falconc.frontend.tokens import CLOSE, OPEN, Token, closing
from falconc.ir.nodes import Expr, Var
from falconc.ir.types import I64

_ASSIGN = frozenset(["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="])
_HEADED = frozenset(["if", "for", "while", "switch"])
_FLOATS = frozenset(["float", "double", "auto"])
_INTEGER_WORDS = frozenset(word for words in INTEGERS for word in words.split())
_VECTORS = frozenset(["vector", "device_vector", "host_vector"])
_STATEMENT_WORDS = frozenset(["return", "delete", "throw", "goto", "case", "using", "else", "break", "continue"])


@dataclass(frozen=True, slots=True)
class Allocation:
    """``amount`` bytes, or elements where ``elements``."""

    amount: Expr
    elements: bool


@dataclass
class Flow:
    """The state while following. allocators: functions that allocate, with the positions of pointer and size among
    their arguments."""

    tokens: Sequence[Token]
    names: Names
    allocators: Mapping[str, tuple[int, int]]
    allocations: dict[str, Allocation] = field(default_factory=dict[str, Allocation])
    integers: set[str] = field(default_factory=set[str])
    initializers: dict[str, Sequence[Token]] = field(default_factory=dict[str, "Sequence[Token]"])

    def follow(self, low: int, high: int, place: int) -> None:
        """Statements in tokens [low, high), up to the one that holds token ``place``."""
        i = low
        while i < high and i <= place:
            i = self._statement(i, high, place)

    def _statement(self, i: int, high: int, place: int) -> int:
        text = self.tokens[i].text
        if text == "{":
            end = min(closing(self.tokens, i), high)
            if i < place < end:
                self.follow(i + 1, end, place)
            else:
                self._forget(i, end)
            return end + 1
        if text in _HEADED:
            return self._headed(i, high, place)
        if text in ("else", "do", ";", "try"):
            return i + 1
        end = self._simple_end(i, high)
        if i <= place <= end:
            self._lambda_around(i, end, place)
        else:
            self._simple(i, end)
        return end + 1

    def _headed(self, i: int, high: int, place: int) -> int:
        """if / for / while: what its body assigns is unknown, unless the place lies in it (then only for loops)."""
        opening = i + 1
        while opening < high and self.tokens[opening].text != "(":
            opening += 1
        body = closing(self.tokens, opening) + 1
        end = self._body_end(body, high)
        if not (body <= place <= end):
            self._forget(i, end)
            return end + 1
        if self.tokens[i].text != "if":
            self._forget(opening + 1, end)
        self.follow(body, end + 1, place)
        return end + 1

    def _body_end(self, body: int, high: int) -> int:
        """The last token of the statement that begins at ``body``."""
        if body >= high:
            return high - 1
        text = self.tokens[body].text
        if text == "{":
            return min(closing(self.tokens, body), high - 1)
        if text in _HEADED:
            opening = body + 1
            return self._body_end(closing(self.tokens, opening) + 1, high)
        return self._simple_end(body, high)

    def _simple_end(self, i: int, high: int) -> int:
        depth = 0
        for k in range(i, high):
            depth += (self.tokens[k].text in OPEN) - (self.tokens[k].text in CLOSE)
            if depth == 0 and self.tokens[k].text == ";":
                return k
        return high - 1

    def _lambda_around(self, i: int, end: int, place: int) -> None:
        """The place lies inside this statement: perhaps in the body of a lambda."""
        inner = [k for k in range(i, place) if self.tokens[k].text == "{" and closing(self.tokens, k) > place]
        if inner:
            self.follow(inner[0] + 1, min(closing(self.tokens, inner[0]), end), place)

    def _forget(self, low: int, high: int) -> None:
        """What is assigned in tokens [low, high) is no longer known afterwards; allocations made there are kept."""
        for k in range(low, min(high, len(self.tokens) - 1)):
            token, following = self.tokens[k], self.tokens[k + 1].text
            stepped = following in ("++", "--") or (k and self.tokens[k - 1].text in ("++", "--"))
            member = following == "." and k + 3 < len(self.tokens) and self.tokens[k + 3].text in _ASSIGN
            if token.kind == "name" and (following in _ASSIGN or stepped or member or self._address_taken(k)):
                self._unknown(token)
        self._allocate(low, high)

    def _address_taken(self, k: int) -> bool:
        return k > 1 and self.tokens[k - 1].text == "&" and self.tokens[k - 2].text in ("(", ",", ")")

    def _unknown(self, token: Token) -> None:
        self.names.values[token.text] = Number(Var(f"{token.text} (set at offset {token.start})", I64))

    # --- simple statements -------------------------------------------------------------------------------------

    def _simple(self, low: int, high: int) -> None:
        self._allocate(low, high)
        if self.tokens[low].text in _STATEMENT_WORDS:
            return
        declarator = self._declarator(low, high)
        if declarator > low:
            self._declaration(low, declarator, high)
        elif low + 1 < high and self.tokens[low + 1].text in _ASSIGN:
            self._assign(low, self.tokens[low + 1].text, self.tokens[low + 2 : high])
        elif low + 3 < high and self.tokens[low + 1].text == "." and self.tokens[low + 3].text == "=":
            self._assign_part(low, self.tokens[low + 2].text, self.tokens[low + 4 : high])
        else:
            self._forget(low, high)

    def _declarator(self, low: int, high: int) -> int:
        """The index of the name that a declaration declares; -1 if the statement is something else."""
        k, depth = low, 0
        while k < high:
            text, kind = self.tokens[k].text, self.tokens[k].kind
            depth += (text == "<") - (text == ">")
            following = self.tokens[k + 1].text if k + 1 <= high else ""
            ends = following in ("=", "(", "{", ";", "[", ",")
            if depth == 0 and kind == "name" and ends and k > low and self.tokens[k - 1].text not in ("::", ".", "->"):
                return k
            if not (kind == "name" or kind == "number" or text in ("::", "<", ">", ",", "*", "&")) or (
                ends and depth == 0
            ):
                return -1
            k += 1
        return -1

    def _declaration(self, low: int, name: int, high: int) -> None:
        types = [t.text for t in self.tokens[low:name]]
        for n, part in enumerate(split(self.tokens[name:high])):
            part = [t for t in part if t.text not in ("*", "&")] if n else part
            if part:
                self._declare(types, part)

    def _declare(self, types: list[str], part: Sequence[Token]) -> None:
        name, rest = part[0], part[1:]
        text = rest[0].text if rest else ""
        if _VECTORS & set(types):
            if text in ("(", "{"):
                size = evaluate(split(rest[1 : closing(rest, 0)])[0] if len(rest) > 2 else rest, self.names)
                if isinstance(size, Number):
                    self.allocations[name.text] = Allocation(whole(size), True)
            return
        if text == "[" and "=" in [t.text for t in rest]:
            at = [t.text for t in rest].index("=")
            self.initializers[name.text] = rest[at + 1 :]
            return
        if not rest:
            self.names.values[name.text] = self._default(types, name)
            return
        inner = rest[1:] if text == "=" else rest[1 : closing(rest, 0)]
        if "*" in types or "auto" in types:
            self._pointer(name.text, inner)
        if "dim3" in types:
            braces = inner and inner[0].text == "{"
            parts = split(inner[1:-1] if braces else inner) if text != "=" or braces else [inner]
            self.names.values[name.text] = extents(parts, self.names)
            return
        value = evaluate(inner, self.names)
        if isinstance(value, Number) and isinstance(value.value, Var) and _INTEGER_WORDS & set(types):
            self.integers.add(value.value.name)
        rounds = isinstance(value, Number) and value.over is not None and not _FLOATS & set(types)
        self.names.values[name.text] = Number(whole(value)) if rounds and isinstance(value, Number) else value
        self.initializers[name.text] = inner

    def _default(self, types: list[str], name: Token) -> Value:
        return extents([], self.names) if "dim3" in types else opaque([name])

    def _pointer(self, name: str, inner: Sequence[Token]) -> None:
        """``p = q``, ``p = new T[n]``, ``p = (T *)malloc(bytes)`` or ``p = v.data()``."""
        texts = [t.text for t in inner]
        if texts and texts[0] in self.allocations and (len(texts) == 1 or texts[1:3] == [".", "data"]):
            self.allocations[name] = self.allocations[texts[0]]
        if "new" in texts and "[" in texts:
            opening = texts.index("[")
            size = evaluate(inner[opening + 1 : closing(inner, opening)], self.names)
            if isinstance(size, Number):
                self.allocations[name] = Allocation(whole(size), True)
        for word in ("malloc", "calloc", "aligned_alloc"):
            if word in texts and texts.index(word) + 1 < len(texts):
                opening = texts.index(word) + 1
                args = split(inner[opening + 1 : closing(inner, opening)])
                values = [evaluate(a, self.names) for a in args[-1 if word == "aligned_alloc" else 0 :]]
                self._record(name, values)

    def _record(self, name: str, sizes: list[Value]) -> None:
        """Bytes given as one value, or as count and size."""
        numbers = [whole(v) for v in sizes if isinstance(v, Number)]
        if numbers and len(numbers) == len(sizes) <= 2:
            amount = numbers[0] if len(numbers) == 1 else combine("mul", numbers[0], numbers[1])
            self.allocations[name] = Allocation(amount, False)

    def _assign(self, at: int, op: str, value: Sequence[Token]) -> None:
        name = self.tokens[at].text
        if op != "=":
            self._unknown(self.tokens[at])
            return
        self._pointer(name, value)
        old, new = self.names.values.get(name), evaluate(value, self.names)
        if isinstance(old, Extents):
            new = extents([value], self.names)
        self.names.values[name] = Number(whole(new)) if isinstance(new, Number) else new

    def _assign_part(self, at: int, part: str, value: Sequence[Token]) -> None:
        old, new = self.names.values.get(self.tokens[at].text), evaluate(value, self.names)
        if isinstance(old, Extents) and isinstance(new, Number) and part in ("x", "y", "z"):
            parts = list(old.parts)
            parts["xyz".index(part)] = Number(whole(new))
            self.names.values[self.tokens[at].text] = Extents((parts[0], parts[1], parts[2]))
        else:
            self._unknown(self.tokens[at])

    # --- allocations -------------------------------------------------------------------------------------------

    def _allocate(self, low: int, high: int) -> None:
        """Records ``allocator(&p, bytes)`` anywhere in tokens [low, high), also inside an error-check macro."""
        for k in range(low, high):
            positions = self.allocators.get(self.tokens[k].text)
            if not positions:
                continue
            opening = k + 1
            while opening < high and self.tokens[opening].text not in ("(", ";"):
                opening += 1
            args = split(self.tokens[opening + 1 : closing(self.tokens, opening)])
            if len(args) > max(positions):
                pointer = [t.text for t in args[positions[0]] if t.kind == "name"]
                size = evaluate(args[positions[1]], self.names)
                if pointer and isinstance(size, Number):
                    self.allocations[pointer[-1]] = Allocation(whole(size), False)
