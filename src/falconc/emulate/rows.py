"""C's array parameters (``float a[restrict n][m]``) as C++ takes them; run-time rows are made in the function."""

from __future__ import annotations

from falconc.emulate.pieces import File
from falconc.frontend.clang import Cursor
from falconc.frontend.tokens import Token, closing

Edit = tuple[int, int, str]


def edits(f: File, function: Cursor) -> list[Edit]:
    """What to change in the text of ``function``: (start, end, new characters)."""
    parameters = [c for c in function.children if c.kind == "PARM_DECL"]
    names = {c.spelling for c in parameters}
    body = next((c for c in function.children if c.kind == "COMPOUND_STMT"), None)
    changes: list[Edit] = []
    inside: list[str] = []
    for c in parameters:
        start, end = f.span(c)
        dimensions = _dimensions(f.between(start, end))
        if not dimensions:
            continue
        whole = f.source.text[dimensions[0][0].start : dimensions[-1][1].end]
        opening, last = dimensions[0]
        if any(t.text in names for t in f.between(dimensions[0][1].end, end)):
            element = f.source.text[start : opening.start].removesuffix(c.spelling).rstrip().removesuffix(c.spelling)
            pointer = f"{element} (*{c.spelling}){whole[last.end - opening.start :]}"
            cast = pointer.replace(f"(*{c.spelling})", "(*)", 1)
            inside.append(f" {pointer} = ({cast})falcon_{c.spelling};")
            changes.append((start, end, f"{element} *falcon_{c.spelling}"))
        elif last.start > opening.end:
            changes.append((opening.end, last.start, ""))
    if body is not None and inside:
        at = f.at(body.offset) + 1
        changes.append((at, at, "".join(inside)))
    return changes


def _dimensions(tokens: list[Token]) -> list[tuple[Token, Token]]:
    """The brackets of a parameter's declarator: (opening, closing); () for ``(*a)[n]`` and the like."""
    found: list[tuple[Token, Token]] = []
    i = 0
    while i < len(tokens):
        if tokens[i].text == "(":
            return []
        if tokens[i].text == "[" and (last := closing(tokens, i)) < len(tokens):
            found.append((tokens[i], tokens[last]))
            i = last
        i += 1
    return found
