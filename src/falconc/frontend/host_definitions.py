"""What a file's tokens define outside function bodies: kernels with their parameters, constants, one-line helpers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from falconc.frontend.host_types import INTEGERS
from falconc.frontend.host_values import Function, split
from falconc.frontend.tokens import Token, closing
from falconc.ir.types import DType


@dataclass(frozen=True, slots=True)
class Param:
    """A kernel parameter. dtype: of an integer scalar; pointee: the element type's spelling of a pointer."""

    name: str
    dtype: DType | None
    pointee: str


def angles(tokens: Sequence[Token]) -> Sequence[Token]:
    """What stands between the ``<`` at the beginning and its ``>``."""
    if not tokens or tokens[0].text != "<":
        return ()
    depth = 0
    for k, token in enumerate(tokens):
        depth += (token.text == "<") - (token.text == ">")
        if depth == 0:
            return tokens[1:k]
    return ()


def split_angles(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """Comma-separated parts, where template arguments bracket too."""
    parts: list[Sequence[Token]] = []
    start = depth = 0
    for i, token in enumerate(tokens):
        depth += (token.text in "([{<") - (token.text in ")]}>") if len(token.text) == 1 else 0
        if token.text == "," and depth == 0:
            parts.append(tokens[start:i])
            start = i + 1
    return [*parts, tokens[start:]] if tokens else []


def kernels(code: Sequence[Token]) -> dict[str, list[Param]]:
    """Kernels declared in a text, by name, with their parameters."""
    out: dict[str, list[Param]] = {}
    for i, token in enumerate(code):
        if token.text != "__global__":
            continue
        k = i + 1
        while k < len(code) and code[k].text not in (";", "{"):
            if code[k].text == "(" and code[k - 1].text not in ("__launch_bounds__", "__attribute__", "__align__"):
                out.setdefault(code[k - 1].text, [parameter(p) for p in split_angles(code[k + 1 : closing(code, k)])])
                break
            k = closing(code, k) + 1 if code[k].text == "(" else k + 1
    return out


def parameter(tokens: Sequence[Token]) -> Param:
    """A declared parameter."""
    texts = [t.text for t in tokens]
    if "=" in texts:
        texts = texts[: texts.index("=")]
    name = texts[-1] if texts else ""
    if "[" in texts:
        name = texts[texts.index("[") - 1]
    kind = [
        t
        for t in texts[:-1]
        if t not in ("const", "volatile", "__restrict__", "restrict", "__restrict", "std", "::", "__grid_constant__")
    ]
    if "*" in kind or "[" in texts:
        return Param(name, None, " ".join(kind[: kind.index("*")] if "*" in kind else kind[:1]))
    return Param(name, INTEGERS.get(" ".join(kind)), "")


def definitions(
    tokens: Sequence[Token], code: Sequence[Token]
) -> tuple[dict[str, tuple[Token, ...]], dict[str, Function]]:
    """Macros, file-scope constants and one-expression functions."""
    constants: dict[str, tuple[Token, ...]] = {}
    functions: dict[str, Function] = {}
    for i, token in enumerate(tokens):
        if token.directive == "define" and token.text == "define" and tokens[i - 1].text == "#" and i + 1 < len(tokens):
            _macro(tokens, i + 1, constants, functions)
    depth = 0
    for i, token in enumerate(code):
        depth += (token.text == "{") - (token.text == "}")
        if token.text in ("constexpr", "const") and depth <= 1:
            _constant(code, i, constants)
        if (
            token.text == "return"
            and i >= 2
            and code[i - 1].text == "{"
            and code[i - 2].text in (")", "noexcept", "const")
        ):
            _one_liner(code, i, functions)
    return constants, functions


def _macro(
    tokens: Sequence[Token], at: int, constants: dict[str, tuple[Token, ...]], functions: dict[str, Function]
) -> None:
    end = at + 1
    while (
        end < len(tokens)
        and tokens[end].directive == "define"
        and not (tokens[end].text == "#" and tokens[end + 1].text == "define")
    ):
        end += 1
    name, body = tokens[at], tokens[at + 1 : end]
    if body and body[0].text == "(" and body[0].start == name.end:
        close = closing(body, 0)
        functions[name.text] = Function(
            tuple(t.text for t in body[1:close] if t.kind == "name"), tuple(body[close + 1 :])
        )
    elif body:
        constants[name.text] = tuple(body)


def _constant(code: Sequence[Token], i: int, constants: dict[str, tuple[Token, ...]]) -> None:
    k = i + 1
    while k < len(code) and code[k].kind == "name":
        k += 1
    if k < len(code) and code[k].text == "=" and k > i + 2:
        end = next((j for j in range(k, len(code)) if code[j].text == ";"), len(code))
        constants.setdefault(code[k - 1].text, tuple(split(code[k + 1 : end])[0]))


def _one_liner(code: Sequence[Token], i: int, functions: dict[str, Function]) -> None:
    end = next((j for j in range(i, len(code)) if code[j].text == ";"), len(code))
    close = i - 2 if code[i - 2].text == ")" else i - 3
    depth, opening = 0, close
    while opening >= 0:
        depth += (code[opening].text == ")") - (code[opening].text == "(")
        if depth == 0:
            break
        opening -= 1
    if end + 1 < len(code) and code[end + 1].text == "}" and opening > 0 and code[opening - 1].kind == "name":
        params = tuple(p[-1].text for p in split(code[opening + 1 : close]) if p)
        functions.setdefault(code[opening - 1].text, Function(params, tuple(code[i + 1 : end])))
