"""Where the arguments of a call or of a template lie, read from tokens: < and > bracket only in templates."""

from __future__ import annotations

from collections.abc import Sequence

from falconc.frontend.tokens import CLOSE, OPEN, Token, closing

_AFTER_TEMPLATE = frozenset({"(", ")", ",", ";", "{", ">", "::", "*", "&", "...", "]"})
_NEVER_INSIDE = frozenset({";", "{", "}", "&&", "||", "=", "==", "!=", "+=", "++", "--", "?"})


def template_end(tokens: Sequence[Token], opening: int, high: int) -> int:
    """The index of the ``>`` that closes the template arguments opened at ``opening``; -1 if that is a comparison."""
    if opening < 1 or tokens[opening - 1].kind != "name":
        return -1
    depth, i = 0, opening
    while i < high:
        text = tokens[i].text
        if text in ("(", "["):
            i = closing(tokens, i)
        elif text == "<":
            depth += 1
        elif text == ">":
            depth -= 1
            if depth == 0:
                return i if _ends_template(tokens, i) else -1
        elif text in _NEVER_INSIDE or text in CLOSE:
            return -1
        i += 1
    return -1


def _ends_template(tokens: Sequence[Token], i: int) -> bool:
    following = tokens[i + 1] if i + 1 < len(tokens) else None
    launch = following is not None and following.text == "<"
    return following is None or launch or following.text in _AFTER_TEMPLATE or following.kind == "name"


def between(tokens: Sequence[Token], opening: int, end: int) -> list[tuple[int, int]]:
    """Token ranges of the arguments between the brackets at ``opening`` and ``end``."""
    out: list[tuple[int, int]] = []
    start, i = opening + 1, opening + 1
    while i < end:
        text = tokens[i].text
        if text in OPEN and tokens[i].kind == "punct":
            i = min(closing(tokens, i), end)
        elif text == "<" and _is_argument_list(tokens, i, end):
            i = template_end(tokens, i, end)
        elif text == ",":
            out.append((start, i))
            start = i + 1
        i += 1
    return [*out, (start, end)] if end > opening + 1 else []


def _is_argument_list(tokens: Sequence[Token], i: int, end: int) -> bool:
    """In ``f(a < b, c > d)`` a name after the ``>`` makes it two comparisons."""
    last = template_end(tokens, i, end)
    return last > 0 and not (last + 1 < end and tokens[last + 1].kind == "name")


def opening_of(tokens: Sequence[Token], last: int, high: int) -> int:
    """The index of the ``(`` of a call whose name ends at ``last``, past template arguments; -1 if none."""
    i = last + 1
    if i < high and tokens[i].text == "<":
        end = template_end(tokens, i, high)
        i = end + 1 if end > 0 else high
    return i if i < high and tokens[i].text == "(" else -1
