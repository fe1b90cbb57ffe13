"""Whether every thread of a block is sure to reach a place in a text: a conservative answer from tokens.

A condition is uniform when it is made of literals, constants, the kernel's scalar parameters, block indices and
extents, and variables that only ever get uniform values under uniform conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from falconc.frontend.tokens import OPEN, Token
from falconc.kin.scopes import Scopes
from falconc.kin.structure import JUMPS, Function, Region, regions, statement_start

_UNIFORM_BUILTINS = frozenset({"blockIdx", "blockDim", "gridDim", "true", "false", "sizeof", "min", "max"})
_PARTS = frozenset({"x", "y", "z"})
_WORDS = frozenset(
    {"int", "unsigned", "long", "const", "auto", "float", "double", "size_t", "char", "short", "bool", "constexpr"}
)
_SHORT_CIRCUIT = frozenset({"?", "&&", "||"})


@dataclass(frozen=True, slots=True)
class Uniformity:
    """Answers for one text."""

    tokens: Sequence[Token]
    functions: Sequence[Function]
    scopes: Scopes
    lane_constants: frozenset[str]

    def reached_by_whole_block(self, i: int) -> str:
        """ "" if every thread of a block that runs the kernel reaches token ``i``; else why that is not known."""
        return self._reached(i, frozenset())

    def _reached(self, i: int, asked: frozenset[str]) -> str:
        function = next((f for f in self.functions if f.body[0] <= i < f.body[1]), None)
        if function is None:
            return "it stands outside a device function"
        around = regions(self.tokens, *function.body)
        reason = self._controlled(i, function, around)
        if reason or function.is_kernel or function.name in asked:
            return reason
        calls = [k for k, t in enumerate(self.tokens) if t.text == function.name and self._is_call(k, function)]
        for call in calls:
            reason = self._reached(call, asked | {function.name})
            if reason:
                return f"{reason} (in the call on line {self._line(call)})"
        return ""

    def _is_call(self, k: int, function: Function) -> bool:
        inside = any(f.body[0] <= k < f.body[1] for f in self.functions)
        return inside and not (function.body[0] <= k < function.body[1]) and self.tokens[k].kind == "name"

    def _line(self, k: int) -> int:
        return self.scopes.line(self.tokens[k].start)

    def _controlled(self, i: int, function: Function, around: Sequence[Region]) -> str:
        """Why token ``i`` may be missed by some threads of its function; "" if it is not."""
        for region in (r for r in around if r.holds(i)):
            if not self._uniform(*region.header, function, around, frozenset()):
                return f"it is under the condition '{self._text(*region.header)}', which may differ between threads"
        start = statement_start(self.tokens, i, function.body[0])
        if any(self.tokens[k].text in _SHORT_CIRCUIT for k in range(start, i)):
            return "only a part of the expression around it is evaluated"
        for k in range(*function.body):
            if self.tokens[k].text in JUMPS and self._jump_matters(k, i, around):
                for region in (r for r in around if r.holds(k)):
                    if not self._uniform(*region.header, function, around, frozenset()):
                        return (
                            f"some threads may leave before it, by the '{self.tokens[k].text}' on line {self._line(k)}"
                        )
        return ""

    def _jump_matters(self, jump: int, i: int, around: Sequence[Region]) -> bool:
        """A return before the place, or any jump inside a loop that also holds the place."""
        loops = [r for r in around if r.kind in ("for", "while", "do") and r.holds(i)]
        if any(r.holds(jump) for r in loops):
            return True
        return jump < i and self.tokens[jump].text in ("return", "goto")

    def _text(self, low: int, high: int) -> str:
        return " ".join(t.text for t in self.tokens[low:high])

    # --- expressions -------------------------------------------------------------------------------------------

    def _uniform(
        self, low: int, high: int, function: Function, around: Sequence[Region], asked: frozenset[str]
    ) -> bool:
        """Whether the expression (or for-header) in tokens [low, high) has one value for the whole block."""
        for k in range(low, high):
            token = self.tokens[k]
            if token.text == "[" or token.kind == "string":
                return False
            if token.kind == "name" and not self._uniform_name(k, function, around, asked):
                return False
        return True

    def _uniform_name(self, k: int, function: Function, around: Sequence[Region], asked: frozenset[str]) -> bool:
        name = self.tokens[k].text
        if name in _PARTS and self.tokens[k - 1].text == ".":
            return self.tokens[k - 2].text in _UNIFORM_BUILTINS
        if name in _UNIFORM_BUILTINS or name in _WORDS or name in self.lane_constants or name in asked:
            return True
        if any(t.text == name for t in self.tokens[slice(*function.template)]):
            return True
        if k + 1 < len(self.tokens) and self.tokens[k + 1].text == "(":
            return False
        parameter = next((p for p in range(*function.params) if self.tokens[p].text == name), -1)
        assignments = self._assignments(name, function)
        if assignments is None:
            return False
        if parameter >= 0 and not (function.is_kernel and self._is_scalar(parameter, function)):
            return False
        if parameter < 0 and not assignments:
            return name in self.scopes.constants
        return all(self._uniform_assignment(a, function, around, asked | {name}) for a in assignments)

    def _is_scalar(self, parameter: int, function: Function) -> bool:
        k = parameter - 1
        while k >= function.params[0] and self.tokens[k].text != ",":
            if self.tokens[k].text in ("*", "&"):
                return False
            k -= 1
        return True

    def _assignments(self, name: str, function: Function) -> list[int] | None:
        """Where ``name`` is given a value; None if its address is taken or it is declared without a value."""
        out: list[int] = []
        for k in range(*function.body):
            if self.tokens[k].text != name or self.tokens[k - 1].text in (".", "->"):
                continue
            before, after = self.tokens[k - 1].text, [t.text for t in self.tokens[k + 1 : k + 4]]
            if before == "&" and self.tokens[k - 2].text in ("(", ",", "="):
                return None
            declared_bare = self.tokens[k - 1].text in _WORDS and after[:1] in ([";"], [","], ["("], ["{"])
            if declared_bare or after[:1] == ["["]:
                return None
            stepped = before in ("++", "--") or after[0] in ("++", "--")
            shifted = after in (["<", "<", "="], [">", ">", "="])
            if stepped or shifted or after[0] in ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="):
                out.append(k)
        return out

    def _uniform_assignment(self, k: int, function: Function, around: Sequence[Region], asked: frozenset[str]) -> bool:
        if not all(self._uniform(*r.header, function, around, asked) for r in around if r.holds(k)):
            return False
        if not self._jumps_uniform(k, function, around, asked):
            return False
        end, depth = k + 1, 0
        while end < function.body[1]:
            text = self.tokens[end].text
            if depth == 0 and text in (";", ",", ")"):
                break
            depth += (text in OPEN) - (text in (")", "]", "}"))
            end += 1
        return self._uniform(k + 1, end, function, around, asked)

    def _jumps_uniform(self, k: int, function: Function, around: Sequence[Region], asked: frozenset[str]) -> bool:
        """break and continue in a loop around an assignment decide how often it runs."""
        loops = [r for r in around if r.kind in ("for", "while", "do") and r.holds(k)]
        jumps = [j for j in range(*function.body) if self.tokens[j].text in JUMPS and any(r.holds(j) for r in loops)]
        return all(self._uniform(*r.header, function, around, asked) for j in jumps for r in around if r.holds(j))
