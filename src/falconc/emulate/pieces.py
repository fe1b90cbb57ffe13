"""One file of a text taken apart: its declarations of namespace scope, its namespaces and its preprocessor lines."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from falconc.frontend.clang import Cursor
from falconc.frontend.tokens import Token, closing, tokenize
from falconc.source import Source

FUNCTIONS = ("FUNCTION_DECL", "FUNCTION_TEMPLATE", "CXX_METHOD", "CONSTRUCTOR", "DESTRUCTOR", "CONVERSION_FUNCTION")
CLASSES = ("STRUCT_DECL", "CLASS_DECL", "CLASS_TEMPLATE", "UNION_DECL", "CLASS_TEMPLATE_PARTIAL_SPECIALIZATION")
_CONTAINERS = ("NAMESPACE", "LINKAGE_SPEC", "UNEXPOSED_DECL")
_BRACED_LINKAGE = re.compile(r'extern\s*"C(?:\+\+)?"\s*\{')


@dataclass(slots=True)
class Unit:
    """One declaration (or several that share their characters) of namespace scope."""

    start: int
    end: int
    cursors: list[Cursor] = field(default_factory=list[Cursor])

    def has(self, *kinds: str) -> bool:
        return any(c.has(k) for c in self.cursors for k in kinds)

    @property
    def names(self) -> Iterator[str]:
        """What is declared; a member defined outside its class goes with the class."""
        for c in self.cursors:
            parent = c.parent
            owner = parent is not None and parent.kind in CLASSES
            yield parent.spelling if owner and parent else c.spelling
            if c.kind == "ENUM_DECL":
                yield from (x.spelling for x in c.children)


class File:
    """One file of the text: the main one, or one beside it that it includes."""

    def __init__(self, name: str, source: Source) -> None:
        self.name, self.source = name, source
        self.units: list[Unit] = []
        self.frames: list[tuple[int, int]] = []  # characters that open or close a namespace
        self.edits: list[tuple[int, int, str]] = []

    @cached_property
    def tokens(self) -> list[Token]:
        return [t for t in tokenize(self.source) if t.kind != "comment" or t.directive]

    @cached_property
    def _starts(self) -> list[int]:
        return [t.start for t in self.tokens]

    def after(self, at: int) -> Iterator[Token]:
        """The tokens that begin at character ``at`` or later."""
        for i in range(bisect_left(self._starts, at), len(self.tokens)):
            yield self.tokens[i]

    def between(self, start: int, end: int) -> list[Token]:
        """The tokens that begin in [start, end)."""
        return self.tokens[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    @cached_property
    def _characters(self) -> list[int] | None:
        if self.source.text.isascii():
            return None
        table = [i for i, c in enumerate(self.source.text) for _ in c.encode()]
        return [*table, len(self.source.text)]

    def at(self, offset: int) -> int:
        """The character at a byte offset."""
        return self._characters[min(offset, len(self._characters) - 1)] if self._characters else offset

    def span(self, c: Cursor) -> tuple[int, int]:
        return self.at(c.offset), self.at(c.end)

    def uses(self, start: int, end: int) -> set[str]:
        """Identifiers in [start, end) that may mean something of namespace scope."""
        found: set[str] = set()
        before = ""
        for t in self.between(start, end):
            if t.kind == "name" and before not in (".", "->"):
                found.add(t.text)
            before = t.text
        return found

    @cached_property
    def directives(self) -> list[tuple[int, int, list[Token]]]:
        """Preprocessor lines: (start, end, tokens)."""
        lines: list[tuple[int, int, list[Token]]] = []
        for t in self.tokens:
            if not t.directive:
                continue
            if lines and "\n" not in re.sub(r"\\\r?\n", "", self.source.text[lines[-1][1] : t.start]):
                start, _, tokens = lines.pop()
                lines.append((start, t.end, [*tokens, t]))
            else:
                lines.append((t.start, t.end, [t]))
        return lines

    def unread(self, kept: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Branches of conditionals that libclang did not take, where another branch has something that is kept: the
        compiler may take them."""
        out: list[tuple[int, int]] = []
        open_: list[list[int]] = []  # of each conditional around: where its branches begin
        for start, end, tokens in self.directives:
            word = tokens[1].text if len(tokens) > 1 else ""
            if word in ("if", "ifdef", "ifndef"):
                open_.append([end])
            elif open_ and word in ("elif", "else", "elifdef", "elifndef", "endif"):
                open_[-1].append(start)
                if word != "endif":
                    open_[-1].append(end)
                    continue
                places = open_.pop()
                branches = list(zip(places[::2], places[1::2], strict=True))
                if any(places[0] <= a < places[-1] for a, _ in kept):
                    out += [b for b in branches if not any(b[0] <= u.start < b[1] for u in self.units)]
        return [b for b in out if not any(a <= b[0] and b[1] <= e for a, e in [*kept, *(o for o in out if o != b)])]

    def collect(self, cursors: Iterable[Cursor]) -> None:
        """Finds the units and frames below ``cursors``."""
        for c in cursors:
            start, end = self.span(c)
            if start >= len(self.source.text):
                continue
            if c.kind in _CONTAINERS and self._is_frame(c, start):
                self.frames.append((start, self._opening_end(start)))
                self.collect(c.children)
                self.frames.append((self._closing_start(end), end))
                continue
            inner = (c.children or [c]) if c.kind in _CONTAINERS else [c]  # extern "C" before one declaration
            if self.units and start < self.units[-1].end:
                self.units[-1].cursors += inner
                self.units[-1].start = min(start, self.units[-1].start)
                self.units[-1].end = max(self.units[-1].end, self._whole(inner[-1], end))
            else:
                self.units.append(Unit(start, self._whole(inner[-1], end), inner))

    def _is_frame(self, c: Cursor, start: int) -> bool:
        return c.kind == "NAMESPACE" or bool(_BRACED_LINKAGE.match(self.source.text, start))

    def _opening_end(self, start: int) -> int:
        """End of ``namespace x {``; of a macro that stands for it."""
        index = bisect_left(self._starts, start)
        if self.tokens[index].text in ("namespace", "inline", "extern"):
            return next(t.end for t in self.tokens[index:] if t.text == "{")
        if self.tokens[index + 1].text == "(":
            return self.tokens[closing(self.tokens, index + 1)].end
        return self.tokens[index].end

    def _closing_start(self, end: int) -> int:
        return next(t.start for t in reversed(self.tokens) if t.end <= end)

    def _whole(self, c: Cursor, end: int) -> int:
        """``end`` with the semicolon that belongs to the declaration."""
        body = c.kind in FUNCTIONS and self.source.text[end - 1 : end] == "}"
        for t in self.after(end):
            if t.directive:
                continue
            if t.text == ";":
                return t.end
            if body or t.text in ("}", "{"):
                break
        return end
