"""What the tokens of a text tell about names: which the text declares itself, aliases, constants, and device code."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from falconc.frontend.tokens import CLOSE, OPEN, Token, closing
from falconc.kin import structure
from falconc.kin.structure import Function

_TYPE_WORDS = "void bool char short int long float double unsigned signed auto size_t int32_t uint32_t int64_t uint64_t"
_TYPES = frozenset(_TYPE_WORDS.split())
_KEYWORD_LIST = (
    "return else case do throw new delete goto sizeof typename class struct union enum const constexpr static "
    "extern inline volatile mutable register typedef using namespace operator if while for switch default public "
    "private protected template friend virtual explicit co_return co_await alignas decltype noexcept typeid not and or"
)
_KEYWORDS = frozenset(_KEYWORD_LIST.split())
_AFTER_SIGNATURE = frozenset({"const", "noexcept", "override", "final", "try"})
_MARKS = ("__global__", "__device__")


@dataclass(frozen=True, slots=True)
class Scopes:
    """What the names of a text stand for.

    declared: names that the text defines, with the tokens where they are visible. macros: its macros.
    aliases: namespace alias -> full name. spelled: full name -> its alias at file scope and where that begins. opened:
    namespaces named by ``using namespace``. constants: name -> the tokens of its value. functions: kernels and device
    functions. starts: the offset of each line. includes_own: it includes a file of its project.
    """

    declared: dict[str, tuple[range, ...]]
    macros: frozenset[str]
    aliases: dict[str, str]
    spelled: dict[str, tuple[str, int]]
    opened: frozenset[str]
    constants: dict[str, tuple[Token, ...]]
    functions: tuple[Function, ...]
    starts: tuple[int, ...]
    includes_own: bool

    def declares(self, name: str, i: int) -> bool:
        """Whether ``name``, at token ``i``, is one that the text itself defines."""
        return name in self.macros or any(i in r for r in self.declared.get(name, ()))

    def function_at(self, i: int) -> Function | None:
        """The kernel or device function whose body or parameters hold token ``i``."""
        return next((f for f in self.functions if f.params[0] <= i < f.body[1]), None)

    def line(self, offset: int) -> int:
        return bisect.bisect_right(self.starts, offset)


def read(text: str, tokens: Sequence[Token]) -> Scopes:
    """The scopes of a text, from its tokens without comments."""
    declared: dict[str, tuple[range, ...]] = {}
    blocks: list[int] = []
    macros: set[str] = set()
    aliases: dict[str, str] = {}
    spelled: dict[str, tuple[str, int]] = {}
    opened: set[str] = set()
    constants: dict[str, tuple[Token, ...]] = {}
    for i, token in enumerate(tokens):
        following = tokens[i + 1].text if i + 1 < len(tokens) else ""
        if not token.directive and token.text in "{}":
            blocks = blocks[:-1] if token.text == "}" else [*blocks, i]
        if token.kind != "name":
            continue
        if token.text == "define" and token.directive == "define" and tokens[i - 1].text == "#":
            macros.add(following)
            if following and tokens[i + 2 : i + 3] and tokens[i + 2].directive == "define":
                constants[following] = _rest_of_line(tokens, i + 2)
        elif token.text == "namespace":
            _namespace(tokens, i, aliases, opened)
            if following in aliases and not blocks:
                spelled[aliases[following]] = (following, i)
        elif _declares(tokens, i):
            declared[token.text] = (*declared.get(token.text, ()), _visible(tokens, i, blocks))
            if following == "=" and i and _is_constant(tokens, i):
                constants[token.text] = _initializer(tokens, i + 2)
    return Scopes(
        declared=declared,
        macros=frozenset(macros),
        aliases=aliases,
        spelled=spelled,
        opened=frozenset(opened),
        constants=constants,
        functions=tuple(structure.functions(tokens, *_MARKS)),
        starts=(0, *(i + 1 for i, c in enumerate(text) if c == "\n")),
        includes_own=any(t.kind == "header" and t.text.startswith('"') for t in tokens),
    )


def _rest_of_line(tokens: Sequence[Token], start: int) -> tuple[Token, ...]:
    """The tokens of a macro body: up to the next ``#`` that starts a directive or ordinary text."""
    end = start
    while end < len(tokens) and tokens[end].directive == "define" and not _starts_line(tokens, end):
        end += 1
    return tuple(tokens[start:end])


def _starts_line(tokens: Sequence[Token], i: int) -> bool:
    return tokens[i].text == "#" and i + 1 < len(tokens) and tokens[i + 1].text == "define"


def _namespace(tokens: Sequence[Token], i: int, aliases: dict[str, str], opened: set[str]) -> None:
    texts = [t.text for t in tokens[i + 1 : i + 12]]
    if i and tokens[i - 1].text == "using" and texts:
        opened.add("".join(texts[: texts.index(";")] if ";" in texts else texts[:1]))
    elif len(texts) > 2 and texts[1] == "=" and ";" in texts:
        aliases[texts[0]] = "".join(texts[2 : texts.index(";")]).removeprefix("::")


def _declares(tokens: Sequence[Token], i: int) -> bool:
    """Whether the name at ``i`` is one being declared: it follows a type's name and a declarator's end follows it."""
    if i == 0 or i + 1 >= len(tokens) or tokens[i + 1].text not in ("(", "=", ";", "[", ",", ")", ":", "{"):
        return False
    if tokens[i + 1].text == "(":
        end = closing(tokens, i + 1) + 1
        if end < len(tokens) and tokens[end].kind == "name" and tokens[end].text not in _AFTER_SIGNATURE:
            return False
    before = tokens[i - 1]
    if before.kind != "name" or before.directive != tokens[i].directive:
        return False
    return before.text in _TYPES or before.text not in _KEYWORDS


def _is_constant(tokens: Sequence[Token], i: int) -> bool:
    start = max((j for j in range(max(0, i - 6), i) if tokens[j].text in (";", "{", "}", "(", ")")), default=i - 6)
    return any(t.text in ("const", "constexpr") for t in tokens[max(0, start) : i])


def _initializer(tokens: Sequence[Token], start: int) -> tuple[Token, ...]:
    end, depth = start, 0
    while end < len(tokens) and not (depth == 0 and tokens[end].text in (";", ",")):
        depth += (tokens[end].text in OPEN) - (tokens[end].text in CLOSE)
        end += 1
    return tuple(tokens[start:end])


def _visible(tokens: Sequence[Token], i: int, blocks: Sequence[int]) -> range:
    """The tokens that see a name declared at ``i``: to the end of its block, or of the body after its brackets."""
    depth = 0
    for k in range(i, -1, -1):
        depth += (tokens[k].text in (")", "]", "}")) - (tokens[k].text in OPEN)
        if depth < 0 and tokens[k].text == "(":
            end = closing(tokens, k) + 1
            while end < len(tokens) and tokens[end].text in ("const", "noexcept", "override", "mutable"):
                end += 1
            return range(i, structure.statement_end(tokens, end, len(tokens)))
        if depth < 0 or tokens[k].text == ";":
            break
    inner = [b for b in blocks if not _is_transparent(tokens, b)]
    return range(i, closing(tokens, inner[-1]) if inner else len(tokens))


def _is_transparent(tokens: Sequence[Token], brace: int) -> bool:
    """Whether a brace opens a namespace or a linkage block, whose names are seen outside too."""
    return tokens[brace - 1].kind == "string" or "namespace" in (t.text for t in tokens[max(0, brace - 2) : brace])
