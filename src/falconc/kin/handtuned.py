"""Constants in device code that look like a lane width somebody had in mind: reported, never changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from falconc.frontend.tokens import Token
from falconc.kin.edits import Note
from falconc.kin.scopes import Scopes
from falconc.kin.vocabulary import Vocabulary
from falconc.source import Source

_DIVIDES = frozenset({"/", "%", "/=", "%=", "<", "*"})
_WIDTH_NAME = re.compile(r"(?:^|_)?(?:warp|wave|lane)", re.IGNORECASE)
_WIDTH = re.compile(r"(?:[A-Za-z]+_)?k?(?:warp|wave|wavefront)_?(?:size|sz|width|threads?)", re.IGNORECASE)
_SUFFIX = re.compile(r"[uUlL]+$")


def notes(source: Source, tokens: Sequence[Token], words: Vocabulary, scopes: Scopes) -> list[Note]:
    """One note for each place, in the order of the text; none where both platforms have the same lane width."""
    if words.same_lanes:
        return []
    width = words.source.lane_width
    shift = width.bit_length() - 1
    out = _from_elsewhere(source, tokens, words, scopes)
    for i, token in enumerate(tokens):
        if token.kind != "number" or i == 0:
            continue
        text = _SUFFIX.sub("", token.text).lower()
        before = tokens[i - 1].text
        doubled = before in ("<", ">") and tokens[i - 2].text == before
        inside = scopes.function_at(i) is not None
        found = inside and (
            (text == str(width) and before in _DIVIDES and not doubled)
            or (text in (str(width - 1), hex(width - 1)) and before == "&")
            or (text == str(shift) and doubled)
        )
        if found or (text == str(width) and _names_a_width(tokens, i)):
            out.append(Note(source.span(token.start, token.end), _what(token.text, width, words.target.lane_width)))
    return out


def _from_elsewhere(source: Source, tokens: Sequence[Token], words: Vocabulary, scopes: Scopes) -> list[Note]:
    """Constants of other files that are named after the lane width: one note for each."""
    found: dict[str, Note] = {}
    for i, token in enumerate(tokens):
        own = scopes.declares(token.text, i) or token.text in words.words or tokens[i - 1].text in (".", "->")
        if token.kind == "name" and _WIDTH.fullmatch(token.text) and not own:
            what = f"'{token.text}' is not defined here: it has to stay {words.source.lane_width}"
            found.setdefault(token.text, Note(source.span(token.start, token.end), what))
    return list(found.values())


def _names_a_width(tokens: Sequence[Token], i: int) -> bool:
    """``constexpr int kWarpSize = 32`` or ``#define WARP 32``."""
    name = tokens[i - 2] if tokens[i - 1].text == "=" else tokens[i - 1]
    is_macro = name.directive == "define" and tokens[i - 1] is name
    return name.kind == "name" and (is_macro or tokens[i - 1].text == "=") and bool(_WIDTH_NAME.search(name.text))


def _what(text: str, width: int, target: int) -> str:
    return (
        f"'{text}' looks like the lane width; it keeps meaning groups of {width} lanes here"
        f" (going to {target} is a matter of tuning)"
    )
