"""The control structure of a function body, read from tokens: which conditions stand around a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from falconc.frontend.tokens import CLOSE, OPEN, Token, closing

_HEADED = frozenset({"if", "for", "while", "switch"})
JUMPS = frozenset({"return", "break", "continue", "goto"})


@dataclass(frozen=True, slots=True)
class Region:
    """A statement under a condition. kind: if, else, for, while, switch, do. Token ranges are half-open."""

    kind: str
    header: tuple[int, int]
    body: tuple[int, int]

    def holds(self, i: int) -> bool:
        """Whether token ``i`` runs under the condition (a loop's own header runs under it from the second time on)."""
        in_header = self.kind in ("for", "while", "do") and self.header[0] <= i < self.header[1]
        return in_header or self.body[0] <= i < self.body[1]


@dataclass(frozen=True, slots=True)
class Function:
    """A function definition. params: token range between its brackets; body: between its braces."""

    name: str
    is_kernel: bool
    params: tuple[int, int]
    body: tuple[int, int]
    template: tuple[int, int]


def functions(tokens: Sequence[Token], kernel_mark: str, device_mark: str) -> list[Function]:
    """Definitions marked as kernels or device functions, in order."""
    out: list[Function] = []
    for i, token in enumerate(tokens):
        if token.text not in (kernel_mark, device_mark) or (out and i < out[-1].body[1]):
            continue
        found = _definition(tokens, i, token.text == kernel_mark)
        if found:
            out.append(found)
    return out


def _definition(tokens: Sequence[Token], mark: int, is_kernel: bool) -> Function | None:
    k, opening = mark + 1, -1
    while k < len(tokens) and tokens[k].text not in (";", "{", "}", "="):
        if tokens[k].text == "(" and not tokens[k - 1].text.startswith("__"):
            opening = k
        k = closing(tokens, k) + 1 if tokens[k].text in ("(", "[") else k + 1
    if opening < 1 or k >= len(tokens) or tokens[k].text != "{":
        return None
    marks = {tokens[j].text for j in range(mark, opening)}
    start = mark
    while start > 0 and tokens[start - 1].text not in (";", "{", "}"):
        start -= 1
    params = (opening + 1, closing(tokens, opening))
    kernel = is_kernel or tokens[mark].text in marks - {tokens[mark].text}
    return Function(tokens[opening - 1].text, kernel, params, (k + 1, closing(tokens, k)), (start, mark))


def regions(tokens: Sequence[Token], low: int, high: int) -> list[Region]:
    """Every conditional statement in tokens [low, high), outer ones first."""
    out: list[Region] = []
    for i in range(low, high):
        text = tokens[i].text
        if tokens[i].kind != "name":
            continue
        if text in _HEADED and not _closes_do(tokens, i, out):
            opening = _bracket(tokens, i + 1, high)
            body = closing(tokens, opening) + 1
            end = statement_end(tokens, body, high)
            out.append(Region(text, (opening + 1, body - 1), (body, end)))
            if text == "if" and end < high and tokens[end].text == "else":
                out.append(Region("else", (opening + 1, body - 1), (end + 1, statement_end(tokens, end + 1, high))))
        elif text == "do":
            end = statement_end(tokens, i + 1, high)
            opening = _bracket(tokens, end, high)
            out.append(Region("do", (opening + 1, closing(tokens, opening)), (i + 1, end)))
    return out


def _closes_do(tokens: Sequence[Token], i: int, found: list[Region]) -> bool:
    return tokens[i].text == "while" and any(r.kind == "do" and r.body[1] == i for r in found)


def _bracket(tokens: Sequence[Token], i: int, high: int) -> int:
    while i < high and tokens[i].text != "(":
        i += 1
    return i


def statement_end(tokens: Sequence[Token], i: int, high: int) -> int:
    """The index after the statement that begins at ``i``."""
    if i >= high:
        return high
    text = tokens[i].text
    if text == "{":
        return min(closing(tokens, i) + 1, high)
    if text in _HEADED:
        end = statement_end(tokens, closing(tokens, _bracket(tokens, i, high)) + 1, high)
        return statement_end(tokens, end + 1, high) if end < high and tokens[end].text == "else" else end
    if text == "do":
        end = statement_end(tokens, i + 1, high)
        return min(closing(tokens, _bracket(tokens, end, high)) + 2, high)
    depth = 0
    for k in range(i, high):
        depth += (tokens[k].text in OPEN) - (tokens[k].text in CLOSE)
        if depth == 0 and tokens[k].text == ";":
            return k + 1
    return high


def statement_start(tokens: Sequence[Token], i: int, low: int) -> int:
    """The index where the simple statement around ``i`` begins."""
    depth = 0
    for k in range(i - 1, low - 1, -1):
        depth += (tokens[k].text in CLOSE) - (tokens[k].text in OPEN)
        if tokens[k].text in (";", "{", "}") and depth <= 0:
            return k + 1
    return low
