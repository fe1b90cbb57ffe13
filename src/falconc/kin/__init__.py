"""Kin translation: between platforms that share a programming model, by span edits on the original text.

Everything outside the edits stays byte for byte: templates, macros, comments, sibling functions, layout. The logical
lane width of the source is kept; what that means for each word is in the platforms' word tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from falconc.frontend import tokens
from falconc.frontend.tokens import Token
from falconc.frontend.unit import Unit
from falconc.kin import handtuned, headers, operators, scopes, vocabulary
from falconc.kin.edits import Edit, Note, apply
from falconc.kin.hazards import Hazards
from falconc.kin.rewrite import Rewriter
from falconc.kin.vocabulary import Vocabulary
from falconc.platform import Platform
from falconc.source import Source

__all__ = ["Note", "Result", "applies", "translate"]


@dataclass(frozen=True, slots=True)
class Result:
    """The translated text, and what a person should know about it."""

    text: str
    notes: tuple[Note, ...]


def applies(source: Platform, target: Platform) -> bool:
    """Whether texts of ``source`` go to ``target`` by span edits: the same programming model, another dialect."""
    return source.name != target.name and source.model == target.model and source.model != ""


def translate(unit: Unit, target: Platform) -> Result:
    """The text of ``unit`` in the words of ``target``.

    Raises:
        Unsupported: a word has no counterpart, or a lane operation stands where it cannot keep its meaning.
    """
    source, words = unit.source, vocabulary.between(unit.platform.name, target.name)
    everything = tokens.tokenize(source)
    own = _own_helpers(source, words)
    code = [t for t in everything if t.kind != "comment" and not any(e.start <= t.start < e.end for e in own)]
    scope = scopes.read(source.text, code)
    hazards = Hazards(source, code, words, scope)
    hazards.check_progress()
    rewriter = Rewriter(source, code, words, scope, hazards)
    edits = rewriter.edits(0, len(code))
    wanted = _wanted(edits, code, words, rewriter.used)
    include_edits, include_notes = headers.translate(
        source, everything, words, wanted, guarded="macro.compiler" in rewriter.used
    )
    helpers = _helpers(edits, words, operators.definitions(unit, words), headers.newline(source.text))
    if helpers:
        at = headers.after_includes(source, everything)
        edits.append(Edit(at, at, helpers))
    text = apply(source.text, [*include_edits, *edits, *own])
    found = [*include_notes, *rewriter.notes, *hazards.notes, *handtuned.notes(source, code, words, scope)]
    notes = sorted(found, key=lambda n: n.where.offset if n.where else 0)
    return Result(text, tuple(dict.fromkeys(notes)))


def _wanted(edits: list[Edit], code: Sequence[Token], words: Vocabulary, keys: set[str]) -> set[str]:
    """Headers of the target that names of the text or of the edits, or keys of words written, call for."""
    names = keys | {t.text for t in code if t.kind == "name"} | {n for e in edits for n in _names(e.text)}
    return {f"include.{topic}" for topic, pattern in words.needs.items() if any(pattern.match(n) for n in names)}


def _own_helpers(source: Source, words: Vocabulary) -> list[Edit]:
    """Deletions of the definitions that an earlier translation put into the text."""
    line_end = headers.newline(source.text)
    out = [] if words.has("vector.arithmetic") else operators.own(source.text)
    for definition in words.source_helpers.values():
        text = line_end + definition.replace("\n", line_end) + line_end
        at = source.text.find(text)
        if at >= 0:
            out.append(Edit(at, at + len(text)))
    return out


def _helpers(edits: list[Edit], words: Vocabulary, arithmetic: str, line_end: str) -> str:
    """The definitions that the edits call for, in table order, with those that they use themselves, and arithmetic."""
    wanted: set[str] = set()
    pending = [e.text for e in edits]
    while pending:
        text = pending.pop()
        for name, definition in words.helpers.items():
            if name not in wanted and any(t == name for t in _names(text)):
                wanted.add(name)
                pending.append(definition)
    texts = [definition for name, definition in words.helpers.items() if name in wanted]
    texts += [arithmetic] if arithmetic else []
    return "".join(line_end + t.replace("\n", line_end) + line_end for t in texts)


def _names(text: str) -> list[str]:
    return [t.text for t in tokens.tokenize(Source("", text)) if t.kind == "name"]
