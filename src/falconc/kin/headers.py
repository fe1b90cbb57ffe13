"""#include lines: replaced, dropped when said twice, added when the target needs one; and where helpers go."""

from __future__ import annotations

from collections.abc import Sequence

from falconc.errors import Unsupported
from falconc.frontend.tokens import Token
from falconc.kin.edits import Edit, Note
from falconc.kin.vocabulary import Vocabulary
from falconc.source import Source

_RUNTIME = "include.runtime"
_OPENS = frozenset({"if", "ifdef", "ifndef"})


def newline(text: str) -> str:
    """The line end that ``text`` uses."""
    return "\r\n" if "\r\n" in text else "\n"


def translate(
    source: Source, tokens: Sequence[Token], words: Vocabulary, needed: set[str], guarded: bool
) -> tuple[list[Edit], list[Note]]:
    """Edits for the #include lines. needed: keys ("include.f16") that the text must have after the edits. guarded: new
    lines are for the device compiler only, as the text is read by others too."""
    edits: list[Edit] = []
    notes: list[Note] = []
    present = {t.text for t in tokens if t.kind == "header"}
    for token in tokens:
        if token.kind != "header":
            continue
        name = f"<{token.text[1:-1]}>"
        key = words.includes.get(name)
        if name in words.refused:
            raise Unsupported(f"'{name}': {words.refused[name]}", "", source.span(token.start, token.end))
        if key is None:
            notes += _unknown(source, token, words)
            continue
        new = words.header(key)
        if new is None:
            raise Unsupported(
                f"{name} has no counterpart in {words.target.title}", "", source.span(token.start, token.end)
            )
        if key in words.notes:
            notes.append(Note(source.span(token.start, token.end), words.notes[key]))
        edits.append(_line(source, token) if new in present else Edit(token.start, token.end, new))
        present.add(new)
    missing = [h for k in sorted(needed) if (h := words.header(k)) and h not in present]
    runtime = words.header(_RUNTIME)
    if runtime and runtime not in present:
        edits.append(_added(source, _first_include(source, tokens), [runtime], words, guarded))
    if missing:
        edits.append(_added(source, after_includes(source, tokens), missing, words, guarded))
    return edits, notes


def _added(source: Source, at: int, names: list[str], words: Vocabulary, guarded: bool) -> Edit:
    """An insertion of #include lines."""
    lines = [f"#include {name}" for name in names]
    compiler = words.written.get("macro.compiler")
    if compiler and guarded:
        lines = [f"#ifdef {compiler.text}", *lines, "#endif"]
    return Edit(at, at, "".join(f"{line}{newline(source.text)}" for line in lines))


def _unknown(source: Source, token: Token, words: Vocabulary) -> list[Note]:
    """A header that is not in the table: the dialect's own is an error, a project's is mentioned."""
    span = source.span(token.start, token.end)
    stem = token.text[1:-1].rsplit(".", 1)[0].rsplit("/", 1)[-1]
    known = words.reserved.match(stem) or words.headers.match(token.text[1:-1])
    if token.text.startswith("<") and known:
        raise Unsupported(
            f"{token.text} has no known counterpart in {words.target.title}", "remove or replace it", span
        )
    own = token.text.startswith('"')
    if own and (token.text[1:-1].endswith(words.source.suffixes) or words.source.name in stem.lower()):
        return [Note(span, f"{token.text} is not translated with this file")]
    return []


def _line(source: Source, token: Token) -> Edit:
    """Deletes the line that ``token`` is on."""
    start = source.text.rfind("\n", 0, token.start) + 1
    end = source.text.find("\n", token.end)
    return Edit(start, len(source.text) if end < 0 else end + 1)


def _first_include(source: Source, tokens: Sequence[Token]) -> int:
    """Where a new #include line goes: before the first one, else after leading comments and ``#pragma once``."""
    first = next((t for t in tokens if t.kind == "header"), None)
    if first:
        return source.text.rfind("\n", 0, first.start) + 1
    for i, token in enumerate(tokens):
        if token.kind == "comment" or token.directive == "pragma":
            continue
        alone = i == 0 or "\n" in source.text[tokens[i - 1].end : token.start]
        return source.text.rfind("\n", 0, token.start) + 1 if alone else token.start
    return len(source.text)


def after_includes(source: Source, tokens: Sequence[Token]) -> int:
    """Where helper definitions go: the line after the last #include that stands outside conditionals, or after the
    conditional that holds it."""
    at, depth, pending = _first_include(source, tokens), 0, False
    for i, token in enumerate(tokens):
        if token.kind == "header":
            pending = True
        elif token.text == "#" and token.directive in _OPENS:
            depth += not _is_guard(tokens, i)
        elif token.text == "#" and token.directive == "endif":
            depth -= 1
        if pending and depth <= 0 and (token.kind == "header" or token.text == "endif"):
            end = source.text.find("\n", token.end)
            at, pending = (len(source.text) if end < 0 else end + 1), False
    return at


def _is_guard(tokens: Sequence[Token], i: int) -> bool:
    """Whether the ``#`` at ``i`` opens an include guard: #ifndef X / #define X."""
    texts = [t.text for t in tokens[i : i + 6]]
    return len(texts) == 6 and texts[1] == "ifndef" and texts[3:5] == ["#", "define"] and texts[2] == texts[5]
