"""The device part of a text: host functions and includes blanked, every line at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from falconc.frontend.tokens import Token, closing, tokenize
from falconc.source import Source

_MARKS = frozenset({"__global__", "__device__", "constexpr"})
_KEPT = frozenset({"struct", "class", "union", "enum", "using", "typedef", "static_assert", "concept"})
_TYPES = (
    "int unsigned float double half bool char short long void const signed true false size_t half2 __half __half2"
    " __nv_bfloat16 __hip_bfloat16 int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t"
    " float2 float3 float4 double2 int2 int4 uint2 uint4 char4 uchar4"
)
_PLAIN = frozenset(_TYPES.split())


@dataclass(frozen=True, slots=True)
class _Item:
    """One declaration: tokens [start, end), its braces at ``head`` (or ``end``), and its words outside brackets."""

    start: int
    head: int
    end: int
    words: tuple[str, ...]
    is_call_like: bool


def device_part(source: Source, keep_headers: re.Pattern[str]) -> str:
    """``source`` without its host functions and without the includes that ``keep_headers`` does not match."""
    text = source.text
    cuts = [(t.start, t.end) for t in _includes(text, keep_headers)]
    everything = tokenize(source)
    marks = _MARKS | _marking_macros(everything)
    tokens = [t for t in everything if not t.directive and t.kind != "comment"]
    for item, _ in _items(tokens, 0, len(tokens), ()):
        if item.is_call_like and not marks & set(item.words) and not _KEPT & set(item.words):
            cuts.append((tokens[item.start].start, tokens[item.end - 1].end))
    for start, end in sorted(cuts, reverse=True):
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return text


def instances(source: Source) -> tuple[list[str], list[str]]:
    """Uses of the text's kernel templates that a compiler can instantiate ("ns::k<64, float>"), and the names of those
    whose arguments this does not tell."""
    tokens = [t for t in tokenize(source) if not t.directive and t.kind != "comment"]
    spaces = _kernel_templates(tokens)
    known = _file_names(tokens)
    found: list[str] = []
    for i, token in enumerate(tokens[:-1]):
        if token.text in spaces and tokens[i + 1].text == "<" and tokens[i + 2].text != "<":
            arguments = _arguments(tokens, i + 1, known)
            if arguments:
                found.append(f"{''.join(f'{s}::' for s in spaces[token.text])}{token.text}<{arguments}>")
    unknown = [k for k in spaces if not any(f"{k}<" in f for f in found) and not _explicit(tokens, k)]
    return list(dict.fromkeys(found)), unknown


def _kernel_templates(tokens: list[Token]) -> dict[str, tuple[str, ...]]:
    """Kernel templates and the namespaces that they are in."""
    out: dict[str, tuple[str, ...]] = {}
    for item, spaces in _items(tokens, 0, len(tokens), ()):
        if "__global__" in item.words and tokens[item.start].text == "template" and tokens[item.start + 1].text == "<":
            out[_function_name(tokens, item)] = spaces
    return out


def _function_name(tokens: list[Token], item: _Item) -> str:
    """The name before the last bracket pair at top level that is not an attribute's."""
    name, at = "", item.start
    while at < item.head:
        if tokens[at].text == "(" and not tokens[at - 1].text.startswith("__"):
            name = tokens[at - 1].text
        at = closing(tokens, at) + 1 if tokens[at].text in ("(", "[") else at + 1
    return name


def _file_names(tokens: list[Token]) -> dict[str, str]:
    """Names at file scope, with their namespaces: those of types and constants, not what function bodies declare."""
    out = {name: name for name in _PLAIN}
    for item, spaces in _items(tokens, 0, len(tokens), ()):
        name = _declared(item)
        if name:
            out.setdefault(name, "".join(f"{s}::" for s in spaces) + name)
    return out


def _declared(item: _Item) -> str:
    """The type or constant that an item declares; "" if it is something else."""
    words = item.words
    if words and words[0] == "typedef":
        return words[-1]
    if "=" in words:
        return words[words.index("=") - 1]
    kinds = [k for k, w in enumerate(words[:-1]) if w in ("struct", "class", "union", "enum")]
    if kinds and not item.is_call_like:
        return next((w for w in words[kinds[0] + 1 :] if w not in ("class", "alignas")), "")
    return ""


def _arguments(tokens: list[Token], opening: int, known: dict[str, str]) -> str:
    """The text of template arguments, if they are made of known names and numbers; "" otherwise."""
    out: list[str] = []
    depth = 0
    for i in range(opening, min(opening + 40, len(tokens))):
        text = tokens[i].text
        depth += (text == "<") - (text == ">")
        if depth == 0:
            return " ".join(out[1:])
        qualified = tokens[i - 1].text == "::"
        if tokens[i].kind == "name" and not qualified:
            text = _constant(tokens, text) or known.get(text, "")
        if not text or text in (";", "{", "}"):
            return ""
        out.append(text)
    return ""


def _constant(tokens: list[Token], name: str) -> str:
    """The number that a constant holds, if the text says it once."""
    found = [
        tokens[i + 2].text
        for i in range(2, len(tokens) - 3)
        if tokens[i].text == name and tokens[i + 1].text == "=" and tokens[i + 3].text == ";"
    ]
    return found[0] if len(found) == 1 and found[0][0].isdigit() else ""


def _explicit(tokens: list[Token], name: str) -> bool:
    """Whether the text instantiates ``name`` itself: ``template __global__ void name<64>(...);``."""
    starts = [i for i, t in enumerate(tokens[:-1]) if t.text == "template" and tokens[i + 1].text != "<"]
    return any(name in [t.text for t in tokens[i : i + 12]] for i in starts)


def _includes(text: str, keep: re.Pattern[str]) -> list[Token]:
    lines = re.finditer(r"^[ \t]*#[ \t]*include[ \t]*([<\"][^>\"\n]*[>\"])[^\n]*", text, re.MULTILINE)
    return [Token("header", m.group(1), m.start(), m.end()) for m in lines if not keep.search(m.group(1))]


def _marking_macros(tokens: tuple[Token, ...]) -> frozenset[str]:
    """Macros that stand for a mark of device code, or for another such macro."""
    found: set[str] = set()
    grown = True
    while grown:
        grown = False
        for i, t in enumerate(tokens[:-1]):
            if t.directive == "define" and t.text == "define" and tokens[i + 1].text not in found:
                following = [u.text for u in tokens[i + 2 : i + 12] if u.directive == "define"]
                body = following[: following.index("define")] if "define" in following else following
                if (_MARKS | found) & set(body):
                    found.add(tokens[i + 1].text)
                    grown = True
    return frozenset(found)


def _items(
    tokens: list[Token], start: int, stop: int, spaces: tuple[str, ...]
) -> Iterator[tuple[_Item, tuple[str, ...]]]:
    """The declarations in tokens[start:stop], and the namespaces around each."""
    place = start
    while place < stop:
        item = _item(tokens, place, stop)
        opens = item.head < stop and tokens[item.head].text == "{"
        if opens and ("namespace" in item.words or _is_linkage(tokens[place : item.head])):
            named = (
                [w for w in item.words if w not in ("namespace", "inline", "extern")]
                if "namespace" in item.words
                else []
            )
            yield from _items(tokens, item.head + 1, item.end - 1, (*spaces, *named))
        else:
            yield item, spaces
        place = item.end


def _is_linkage(head: list[Token]) -> bool:
    return len(head) == 2 and head[0].text == "extern" and head[1].kind == "string"


def _item(tokens: list[Token], place: int, stop: int) -> _Item:
    """The declaration that begins at ``place``."""
    words: list[str] = []
    at, is_call_like = place, False
    while at < stop:
        text = tokens[at].text
        match text:
            case "(" | "[":
                is_call_like |= text == "("
                at = closing(tokens, at) + 1
            case "<" if at > place and tokens[at - 1].text == "template":
                at = _angle_end(tokens, at, stop)
            case ";":
                return _Item(place, at, at + 1, tuple(words), is_call_like)
            case "{":
                end = closing(tokens, at) + 1
                ends_in_semicolon = "=" in words or (bool(_KEPT & set(words)) and not is_call_like)
                while ends_in_semicolon and end < stop and tokens[end - 1].text != ";":
                    end += 1
                return _Item(place, at, min(end, stop), tuple(words), is_call_like)
            case _:
                words.append(text)
                at += 1
    return _Item(place, stop, stop, tuple(words), is_call_like)


def _angle_end(tokens: list[Token], opening: int, stop: int) -> int:
    depth = 0
    for i in range(opening, stop):
        depth += (tokens[i].text == "<") - (tokens[i].text == ">")
        if depth == 0:
            return i + 1
    return stop
