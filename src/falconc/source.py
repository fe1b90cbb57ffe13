"""Program text and places in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """One program text. ``name`` is what messages call it (a path, or ``<stdin>``)."""

    name: str
    text: str

    @property
    def stem(self) -> str:
        return Path(self.name).stem

    def span(self, offset: int, end: int) -> Span:
        """The span of character offsets [offset, end)."""
        line = self.text.count("\n", 0, offset) + 1
        column = offset - (self.text.rfind("\n", 0, offset) + 1) + 1
        return Span(self.name, line, column, offset, end, self)


@dataclass(frozen=True, slots=True)
class Span:
    """A place: 1-based line and column, character offsets [offset, end) into ``source``."""

    file: str
    line: int
    column: int
    offset: int = 0
    end: int = 0
    source: Source | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def text(self) -> str:
        return self.source.text[self.offset : self.end] if self.source else ""

    def caret_lines(self) -> list[str]:
        """The source line and a caret line under it; empty when the text is not known."""
        if self.source is None:
            return []
        lines = self.source.text.splitlines()
        if not 1 <= self.line <= len(lines):
            return []
        line = lines[self.line - 1]
        width = max(1, min(self.end - self.offset, len(line) - self.column + 1))
        pad = "".join("\t" if c == "\t" else " " for c in line[: self.column - 1])
        return [f"  {line}", f"  {pad}^{'~' * (width - 1)}"]
