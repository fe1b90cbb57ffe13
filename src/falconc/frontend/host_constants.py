"""Integer constants of file, namespace and class scope as host code names them, with the values that clang gives."""

from __future__ import annotations

from collections.abc import Iterator

from falconc.frontend.clang import Cursor, Tree, Type
from falconc.frontend.tokens import Token, tokenize
from falconc.source import Source

_CLASSES = ("STRUCT_DECL", "CLASS_DECL")
_ALIASES = ("TYPEDEF_DECL", "TYPE_ALIAS_DECL")


def constants(tree: Tree) -> dict[str, tuple[Token, ...]]:
    """Name ("TILE", "Config::size") -> the value as tokens; negative values in brackets."""
    return {name: _tokens(value) for name, value in _named(tree)}


def _tokens(value: int) -> tuple[Token, ...]:
    return tuple(tokenize(Source("", str(value) if value >= 0 else f"({value})")))


def _named(tree: Tree) -> Iterator[tuple[str, int]]:
    for c in tree.declarations():
        yield from _of(c, "")
        if c.kind == "FUNCTION_DECL" and not c.has("CUDAGLOBAL_ATTR"):
            yield from _qualified(tree, c)
        if c.kind in _CLASSES:
            yield from _members(c, c.spelling)
        elif c.kind in _ALIASES:
            yield from _members(Type(c.raw.underlying_typedef_type).declaration, c.spelling)


def _qualified(tree: Tree, function: Cursor) -> Iterator[tuple[str, int]]:
    """Constants that a function names with their class: those of templates have no declaration to look at."""
    whole = tree.span(function)
    if whole is None or "::" not in whole.text:
        return
    for c in function.walk():
        span = tree.span(c) if c.kind == "DECL_REF_EXPR" and c.type.is_const else None
        if span is not None and "::" in span.text and isinstance(value := c.evaluate(), int):
            yield "".join(span.text.split()), value


def _members(declaration: Cursor, name: str) -> Iterator[tuple[str, int]]:
    for member in declaration.children:
        yield from _of(member, f"{name}::")


def _of(c: Cursor, prefix: str) -> Iterator[tuple[str, int]]:
    """The constants that one declaration declares."""
    if c.kind == "ENUM_DECL":
        for x in c.children:
            if x.kind == "ENUM_CONSTANT_DECL":
                yield prefix + x.spelling, int(x.raw.enum_value)
                if c.spelling:
                    yield f"{prefix}{c.spelling}::{x.spelling}", int(x.raw.enum_value)
    elif c.kind == "VAR_DECL" and c.type.is_const:
        value = c.evaluate()
        if isinstance(value, int):
            yield prefix + c.spelling, value
