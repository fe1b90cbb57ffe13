"""Lambdas: a body and copies of what it captured by value."""

from __future__ import annotations

import re

from falconc.frontend import lift_memory
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_state import State
from falconc.frontend.lift_values import Bound, Cell, Closure, Place, Value


def closure(s: State, c: Cursor) -> Value:
    """A lambda expression. Captures by value are copied now, if the variable may change later."""
    text = s.tree.source.text[c.offset : c.offset + 200] if c.file == s.tree.main else "[&]"
    captures = re.match(r"\s*\[([^\]]*)\]", text)
    inside = captures.group(1) if captures else "&"
    names = {n.strip() for n in inside.split(",")}
    copies: dict[int, Place] = {}
    by_default = "=" in names
    for node in c.walk():
        if node.kind != "DECL_REF_EXPR" or node.referenced is None or node.referenced.key not in s.env:
            continue
        key, place = node.referenced.key, s.env[node.referenced.key]
        if key in copies or not isinstance(place, Cell):
            continue
        if (by_default and f"&{node.spelling}" not in names) or node.spelling in names:
            copies[key] = Bound(lift_memory.settle(s, lift_memory.load(s, place, node), node.spelling))
    if any("=" in n and n != "=" for n in names):
        raise s.unsupported(c, "a lambda capture with an initialiser", "declare a variable before the lambda")
    return Closure(c, copies)


def body_of(c: Cursor) -> tuple[list[Cursor], Cursor | None]:
    """Parameters and body of a LAMBDA_EXPR."""
    parameters = [x for x in c.children if x.kind == "PARM_DECL"]
    bodies = [x for x in c.children if x.kind == "COMPOUND_STMT"]
    return parameters, bodies[-1] if bodies else None
