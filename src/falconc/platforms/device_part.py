"""The device part of a text: host functions and includes blanked, every line at its place."""

from __future__ import annotations

import re

from falconc.frontend.tokens import Token, closing, tokenize
from falconc.source import Source

_DEVICE = frozenset({"__global__", "__device__", "constexpr"})
_KEPT = frozenset({"struct", "class", "union", "enum", "using", "typedef", "static_assert", "concept"})


def device_part(source: Source, keep_headers: re.Pattern[str]) -> str:
    """``source`` without its host functions and without the includes that ``keep_headers`` does not match."""
    text = source.text
    cuts = [(t.start, t.end) for t in _includes(text, keep_headers)]
    tokens = [t for t in tokenize(source) if not t.directive and t.kind != "comment"]
    cuts += _host_items(tokens, 0, len(tokens))
    for start, end in sorted(cuts, reverse=True):
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return text


def _includes(text: str, keep: re.Pattern[str]) -> list[Token]:
    lines = re.finditer(r"^[ \t]*#[ \t]*include[ \t]*([<\"][^>\"\n]*[>\"])[^\n]*", text, re.MULTILINE)
    return [Token("header", m.group(1), m.start(), m.end()) for m in lines if not keep.search(m.group(1))]


def _host_items(tokens: list[Token], start: int, stop: int) -> list[tuple[int, int]]:
    """The places of host functions among the declarations tokens[start:stop]."""
    cuts: list[tuple[int, int]] = []
    place = start
    while place < stop:
        head, end = _item(tokens, place, stop)
        words = {t.text for t in tokens[place:head]}
        opening = tokens[head].text if head < stop else ""
        if opening == "{" and ("namespace" in words or _is_linkage(tokens[place:head])):
            cuts += _host_items(tokens, head + 1, end - 1)
        elif "(" in words and not words & (_DEVICE | _KEPT):
            cuts.append((tokens[place].start, tokens[end - 1].end))
        place = end
    return cuts


def _is_linkage(head: list[Token]) -> bool:
    return len(head) == 2 and head[0].text == "extern" and head[1].kind == "string"


def _item(tokens: list[Token], place: int, stop: int) -> tuple[int, int]:
    """Where the declaration at ``place`` opens its braces (or ends), and where it ends."""
    at = place
    while at < stop:
        match tokens[at].text:
            case "(" | "[":
                at = closing(tokens, at) + 1
            case ";":
                return at, at + 1
            case "{":
                end = closing(tokens, at) + 1
                is_type = any(t.text in _KEPT for t in tokens[place:at]) and "(" not in {
                    t.text for t in tokens[place:at]
                }
                is_value = any(t.text == "=" for t in tokens[place:at])
                while (is_type or is_value) and end < stop and tokens[end - 1].text != ";":
                    end += 1
                return at, min(end, stop)
            case _:
                at += 1
    return stop, stop
