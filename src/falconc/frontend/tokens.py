"""Splits C-family text into tokens with exact offsets, preprocessor lines and macro bodies included."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from falconc.errors import SourceDefect
from falconc.source import Source

TokenKind = Literal["name", "number", "string", "comment", "header", "punct"]

_SPLICE = r"\\\r?\n"
_TOKEN = re.compile(
    rf"""
    (?P<space>(?:[ \t\r\n\f\v]|{_SPLICE})+)
  | (?P<comment>//(?:{_SPLICE}|[^\n])*|/\*.*?\*/)
  | (?P<raw>(?:u8|[uUL])?R"(?P<fence>[^()\\\s"]{{0,16}})\(.*?\)(?P=fence)")
  | (?P<string>(?:u8|[uUL])?(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<number>\.?[0-9](?:[eEpP][+-]|'[0-9a-zA-Z]|[\w.])*)
  | (?P<name>[^\W\d]\w*|\$\w+)
  | (?P<punct>::|->|\+\+|--|&&|\|\||[-+*/%&|^!=]=|\#\#|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_HEADER = re.compile(r'<[^>\n]*>|"[^"\n]*"')
OPEN = {"(": ")", "[": "]", "{": "}"}
CLOSE = frozenset(OPEN.values())
_FREE_TEXT = frozenset({"error", "warning"})


@dataclass(frozen=True, slots=True)
class Token:
    """One token; [start, end) are character offsets.

    directive: the name of the preprocessor line the token stands on ("define", "include"), "" in ordinary text.
    Strings include character literals; ``header`` is the file of an #include line with its brackets or quotes.
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    directive: str = ""


def tokenize(source: Source) -> tuple[Token, ...]:
    """All tokens of ``source``, comments included, in order.

    Raises:
        SourceDefect: a comment does not end.
    """
    return tuple(_Lexer(source).run())


def closing(tokens: Sequence[Token], opening: int) -> int:
    """Index of the bracket that closes the one at ``opening``; len(tokens) if none does."""
    depth = 0
    for i in range(opening, len(tokens)):
        if tokens[i].text in OPEN and tokens[i].kind == "punct":
            depth += 1
        elif tokens[i].text in CLOSE and tokens[i].kind == "punct":
            depth -= 1
            if depth == 0:
                return i
    return len(tokens)


class _Lexer:
    """The running state: position, and the preprocessor line the position is on."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.fresh_line = True
        self.directive = ""
        self.out: list[Token] = []

    def run(self) -> list[Token]:
        while self.at < len(self.text):
            match = _TOKEN.match(self.text, self.at)
            assert match, self.at
            self._take(match)
        return self.out

    def _take(self, match: re.Match[str]) -> None:
        text, kind = match.group(), match.lastgroup
        if kind == "space":
            if "\n" in re.sub(_SPLICE, "", text):
                self.fresh_line, self.directive = True, ""
            self.at = match.end()
            return
        if kind == "comment":
            self._emit("comment", match.end())
            return
        if self.directive == "include" and (header := _HEADER.match(self.text, self.at)):
            self._emit("header", header.end())
            return
        if self.text.startswith("/*", self.at):
            raise SourceDefect("this comment does not end", "close it with */", self.source.span(self.at, self.at + 2))
        if text == "#" and self.fresh_line:
            self._directive()
            return
        self.fresh_line = False
        token: TokenKind = "string" if kind in ("raw", "fence", "string") else kind  # type: ignore[assignment]
        self._emit(token, match.end())

    def _directive(self) -> None:
        """The ``#`` at the start of a line: remember its name; #error and #warning lines are one comment."""
        word = re.compile(rf"#(?:[ \t]|{_SPLICE})*(\w*)").match(self.text, self.at)
        assert word
        self.directive, self.fresh_line = word.group(1) or "#", False
        self._emit("punct", self.at + 1)
        if self.directive in _FREE_TEXT:
            end = re.compile(rf"(?:{_SPLICE}|[^\n])*").match(self.text, self.at)
            assert end
            self._emit("comment", end.end())

    def _emit(self, kind: TokenKind, end: int) -> None:
        self.out.append(Token(kind, self.text[self.at : end], self.at, end, self.directive))
        self.at = end
