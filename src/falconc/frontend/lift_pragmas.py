"""OpenMP lines, which clang drops: read from the text in front of a loop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from falconc.frontend.clang import Cursor

if TYPE_CHECKING:
    from falconc.frontend.lift_state import State
from falconc.ir.nodes import SERIAL, Binary, Load, LoopKind, Store, Update, UpdateOp, parallel
from falconc.ir.walk import walk

_LINE = re.compile(r"^[ \t]*#[ \t]*pragma[ \t]+omp[ \t]+((?:[^\n\\]|\\\r?\n|\\.)*)", re.MULTILINE)
_ORDERLESS: dict[str, UpdateOp] = {"add": "add", "mul": "mul", "and": "and", "or": "or", "xor": "xor"}
_HARMLESS = ("simd", "declare simd", "flush")


@dataclass(frozen=True, slots=True)
class Pragma:
    words: str
    start: int
    end: int


def of_text(text: str) -> list[Pragma]:
    """Every #pragma omp, in order; offsets in characters."""
    found = _LINE.finditer(text)
    return [Pragma(re.sub(r"\\\r?\n", " ", m.group(1)).split("//")[0].strip(), m.start(), m.end()) for m in found]


def kind_of(s: State, c: Cursor) -> LoopKind | None:
    """What an OpenMP line says about this loop; None if nothing does."""
    if c.offset in s.collapsed:
        return parallel("data")
    p = _before(s, c)
    return _kind(s, c, p) if p else None


def _before(s: State, c: Cursor) -> Pragma | None:
    """The OpenMP line in front of a statement."""
    span = s.tree.span(c)
    if span is None:
        return None
    text = s.tree.source.text
    for p in s.pragmas:
        if p.end <= span.offset and _blank(text[p.end : span.offset]):
            return p
    return None


def is_atomic(s: State, c: Cursor) -> bool:
    """Whether the statement is to be one step."""
    if not s.pragmas:
        return False
    p = _before(s, c)
    return p is not None and p.words.split()[:1] == ["atomic"]


def in_one_step(s: State, c: Cursor, items: list[Any]) -> list[Any]:
    """The statements of an assignment with its store as an atomic update."""
    if items and isinstance(store := items[-1], Store) and isinstance(new := store.value, Binary):
        old = Load(store.buffer, store.index, new.dtype)
        for here, more in ((new.left, new.right), (new.right, new.left)):
            reads = any(isinstance(n, Load) and n.buffer == store.buffer for n in walk(more))
            if here == old and not reads and (new.op in _ORDERLESS or (new.op == "sub" and here is new.left)):
                op = _ORDERLESS.get(new.op, "sub")
                update = Update(store.buffer, store.index, op, (more,), atomic=True, where=store.where)
                return [*items[:-1], update]
    raise s.unsupported(c, "'#pragma omp atomic' on this statement", "write x += value")


def _blank(text: str) -> bool:
    """Nothing but white space, comments and other pragmas."""
    bare = re.sub(r"/\*.*?\*/|//[^\n]*|^[ \t]*#[^\n]*", "", text, flags=re.DOTALL | re.MULTILINE)
    return not bare.strip()


def _kind(s: State, c: Cursor, p: Pragma) -> LoopKind:
    words = p.words
    head = re.split(r"\b(?:collapse|schedule|reduction|private|shared|num_threads|default|if|simdlen)\b|\(", words)[0]
    if "for" not in head.split():
        if head.split()[:1] == ["simd"] or head.strip() in _HARMLESS:
            return SERIAL
        raise s.unsupported(c, f"'#pragma omp {head.strip()}' in front of a loop", "use omp parallel for")
    if re.search(r"\b(?:last)?private\s*\(|\bordered\b|\bcopyin\b", words) and "firstprivate" not in words:
        raise s.unsupported(c, "an OpenMP private clause", "declare the variable inside the loop")
    if "reduction" in words:
        s.assume("OpenMP reductions are taken in the order of the loop")
        return SERIAL
    if m := re.search(r"collapse\s*\(\s*(\d+)\s*\)", words):
        inner = c
        for _ in range(int(m.group(1)) - 1):
            inner = _next_loop(s, inner)
            s.collapsed.append(inner.offset)
    return parallel("data")


def _next_loop(s: State, c: Cursor) -> Cursor:
    """The loop directly inside ``c``."""
    code = c.children[-1]
    while code.kind == "COMPOUND_STMT" and len(code.children) == 1:
        code = code.children[0]
    if code.kind != "FOR_STMT":
        raise s.unsupported(c, "collapse over loops that are not directly nested")
    return code


def check(s: State, start: int, end: int) -> None:
    """Refuses OpenMP constructs inside [start, end) that mean more than a parallel loop."""
    for p in s.pragmas:
        if not start <= p.start < end:
            continue
        word = p.words.split("(")[0].split()
        known = "for" in word or word[:1] in (["simd"], ["atomic"], ["unroll"]) or word == ["parallel"]
        if not known:
            from falconc.errors import Unsupported

            place = s.tree.source.span(p.start, p.end)
            raise Unsupported(f"'#pragma omp {p.words}'", "use omp parallel for on independent loops", place)
