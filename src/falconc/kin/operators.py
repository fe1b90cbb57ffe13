"""Arithmetic on vector types that one dialect has built in: written out for a dialect that has it not."""

from __future__ import annotations

import re

from falconc.frontend.unit import Unit
from falconc.kin.edits import Edit
from falconc.kin.vocabulary import Vocabulary

_KEY = "vector.arithmetic"
_TITLE = "// Arithmetic by component, as the text uses it."
_VECTOR = re.compile(r"[a-z]+([234])$")
_OPERATOR = re.compile(r"operator([-+*/])(=?)$")
_BLOCK = re.compile(
    rf"(?:\r?\n){re.escape(_TITLE)}(?:\r?\n)(?:static __host__ __device__ inline [^\n]*(?:\r?\n))+", re.MULTILINE
)


def definitions(unit: Unit, words: Vocabulary) -> str:
    """Definitions of the operators that ``unit`` takes from its dialect and the target lacks; "" if there are none."""
    if unit.tree is None or not words.has(_KEY) or _KEY in words.written:
        return ""
    used: set[str] = set()
    for cursor in unit.tree.root.walk():
        match = _OPERATOR.match(cursor.spelling) if cursor.kind == "CALL_EXPR" else None
        callee = cursor.referenced if match else None
        if match and callee is not None and callee.file != unit.tree.main:
            types = [re.sub(r"\bconst\b|[& ]", "", a.type.spelling) for a in callee.arguments]
            if len(types) == 2 and any(_VECTOR.match(t) for t in types):
                used |= _written(match.group(1), match.group(2), types[0], types[1])
    return "\n".join([_TITLE, *sorted(used)]) if used else ""


def own(text: str) -> list[Edit]:
    """Deletions of the definitions that an earlier translation put into ``text``."""
    return [Edit(m.start(), m.end()) for m in _BLOCK.finditer(text)]


def _written(op: str, assigns: str, left: str, right: str) -> set[str]:
    """One operator; an assignment brings the operator that it stands for."""
    vector = left if _VECTOR.match(left) else right
    size = _VECTOR.match(vector)
    parts = "xyzw"[: int(size.group(1))] if size else ""
    mark = "static __host__ __device__ inline"
    a = {p: f"a.{p}" if left == vector else "a" for p in parts}
    b = {p: f"b.{p}" if right == vector else "b" for p in parts}
    if assigns:
        steps = " ".join(f"a.{p} {op}= {b[p]};" for p in parts)
        return {f"{mark} {vector} &operator{op}=({vector} &a, {right} b) {{ {steps} return a; }}"}
    values = ", ".join(f"{a[p]} {op} {b[p]}" for p in parts)
    return {f"{mark} {vector} operator{op}({left} a, {right} b) {{ return make_{vector}({values}); }}"}
