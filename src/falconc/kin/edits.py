"""Edits of a text by spans, and the notes that go with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from falconc.source import Span


@dataclass(frozen=True, slots=True)
class Note:
    """Something the translation decided, or could not know, for the person who reads the output."""

    where: Span | None
    what: str


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Characters [start, end) become ``text``; an insertion has start == end."""

    start: int
    end: int
    text: str = ""


def apply(text: str, edits: Iterable[Edit], start: int = 0, end: int | None = None) -> str:
    """The slice [start, end) of ``text`` with the edits inside it carried out. Edits do not overlap."""
    end = len(text) if end is None else end
    out: list[str] = []
    at = start
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        assert at <= edit.start <= edit.end <= end, (at, edit, end)
        out += [text[at : edit.start], edit.text]
        at = edit.end
    out.append(text[at:end])
    return "".join(out)
