"""A device's lane width read in host code: where the expression begins, and whether it is only shown to somebody."""

from __future__ import annotations

from collections.abc import Sequence

from falconc.frontend.tokens import Token
from falconc.kin.structure import statement_end, statement_start

_PARTNER = {")": "(", "]": "["}


def start(tokens: Sequence[Token], i: int) -> int:
    """The index where the postfix expression that ends with the member at ``i`` begins: ``props[d].warpSize``."""
    k = i
    while k > 1 and tokens[k - 1].text in (".", "->", "::"):
        k -= 2
        while k > 0 and tokens[k].text in _PARTNER:
            k = _opening(tokens, k) - 1
    return k


def _opening(tokens: Sequence[Token], end: int) -> int:
    depth = 0
    for k in range(end, -1, -1):
        depth += (tokens[k].text == tokens[end].text) - (tokens[k].text == _PARTNER[tokens[end].text])
        if depth == 0:
            return k
    return 0


def is_shown(tokens: Sequence[Token], i: int) -> bool:
    """Whether the statement around ``i`` holds a string: it prints the value."""
    first, end = statement_start(tokens, i, 0), statement_end(tokens, i, len(tokens))
    return any(t.kind == "string" for t in tokens[first:end])


def is_set(tokens: Sequence[Token], i: int) -> bool:
    """Whether the member is assigned to."""
    return i + 1 < len(tokens) and tokens[i + 1].text == "="
