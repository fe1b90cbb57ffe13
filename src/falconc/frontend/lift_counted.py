"""What a for statement says: its parts, and whether it counts a variable that its body leaves alone."""

from __future__ import annotations

from dataclasses import dataclass

from falconc.frontend.clang import Cursor
from falconc.frontend.lift_scan import assigned, read_variables, reads_memory, writes_memory
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import ScalarType
from falconc.frontend.lift_types import of as type_of
from falconc.ir.types import DType


@dataclass(frozen=True, slots=True)
class Parts:
    init: Cursor | None
    cond: Cursor | None
    step: Cursor | None
    body: Cursor


@dataclass(frozen=True, slots=True)
class Counted:
    """A loop that counts: ``variable`` compared (op, bound) and moved by ``op_step`` of ``by`` each time."""

    variable: Cursor  # its declaration
    declared: bool  # inside the for
    op: str
    bound: Cursor | None  # None: 0, as in for (; i; i >>= 1)
    compared: DType
    change: str  # "+", "-", ">>", "/", "<<", "*"
    by: Cursor | None  # None: 1


def parts_of(s: State, c: Cursor) -> Parts:
    """The four parts of a for statement; clang leaves out those that are missing."""
    *head, inner = c.children
    if len(head) == 3:
        return Parts(head[0], head[1], head[2], inner)
    if not head:
        return Parts(None, None, None, inner)
    text = s.tree.source.text[c.offset : inner.offset] if c.file == s.tree.main else ""
    first, second = _semicolons(text, c.offset)
    slots: list[Cursor | None] = [None, None, None]
    for x in head:
        slot = 0 if x.offset < first else 1 if x.offset < second else 2
        if slots[slot] is not None:
            raise s.unsupported(c, "a for loop written by a macro with parts left out", "write all three parts")
        slots[slot] = x
    return Parts(slots[0], slots[1], slots[2], inner)


def _semicolons(text: str, start: int) -> tuple[int, int]:
    found: list[int] = []
    depth = 0
    for i, ch in enumerate(text):
        depth += (ch in "([{") - (ch in ")]}")
        if ch == ";" and depth == 1:
            found.append(start + i)
    return (found[0], found[1]) if len(found) > 1 else (0, 0)


def _plain(c: Cursor) -> Cursor:
    while c.kind in ("PAREN_EXPR", "UNEXPOSED_EXPR") and len(c.children) == 1:
        c = c.children[0]
    return c


def _names(c: Cursor, key: int) -> bool:
    c = _plain(c)
    return c.kind == "DECL_REF_EXPR" and c.referenced is not None and c.referenced.key == key


def recognise(p: Parts) -> Counted | None:
    """The loop as a counted one, if variable, comparison and step have the usual forms."""
    if p.cond is None or p.step is None:
        return None
    stepped = _step(p.step)
    cond = _plain(p.cond)
    if stepped is None:
        return None
    variable, change, by = stepped
    bare = _names(cond, variable.key)
    if not bare and (cond.kind != "BINARY_OPERATOR" or cond.operator not in ("<", "<=", ">", ">=", "!=")):
        return None
    t = type_of(variable.type)
    if variable.kind not in ("VAR_DECL", "PARM_DECL") or variable.type.kind == "LVALUEREFERENCE":
        return None
    if not isinstance(t, ScalarType) or not t.dtype.is_integer or t.dtype.bits < 32:
        return None
    if bare:
        return _counted(p, variable, "!=", None, t.dtype, change, by)
    left, right = cond.children
    op = cond.operator
    if _names(right, variable.key) and not _names(left, variable.key):
        left, right = right, left
        op = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!="}[op]
    compared = type_of(left.type)
    if not _names(left, variable.key) or variable.key in read_variables(right):
        return None
    if not isinstance(compared, ScalarType) or not compared.dtype.is_integer:
        return None
    return _counted(p, variable, op, right, compared.dtype, change, by)


def _counted(
    p: Parts, variable: Cursor, op: str, bound: Cursor | None, compared: DType, change: str, by: Cursor | None
) -> Counted | None:
    """The counted loop; None where a variable of the for has no value at its start."""
    declared = p.init is not None and any(d.key == variable.key for d in p.init.children)
    if declared and p.init is not None and any(d.kind == "VAR_DECL" and d.initializer is None for d in p.init.children):
        return None
    return Counted(variable, declared, op, bound, compared, change, by)


def _step(c: Cursor) -> tuple[Cursor, str, Cursor | None] | None:
    """(variable, operator, amount) of ++i, i += k, i = i + k and the like."""
    c = _plain(c)
    if c.kind == "UNARY_OPERATOR" and c.operator in ("++x", "x++", "--x", "x--"):
        target = _plain(c.children[0]).referenced
        return (target, "+" if "+" in c.operator else "-", None) if target else None
    if c.kind == "COMPOUND_ASSIGNMENT_OPERATOR" and c.operator in ("+=", "-=", ">>=", "<<=", "*=", "/="):
        target = _plain(c.children[0]).referenced
        return (target, c.operator.removesuffix("="), c.children[1]) if target else None
    if c.kind == "BINARY_OPERATOR" and c.operator == "=":
        target = _plain(c.children[0]).referenced
        inner = _plain(c.children[1])
        if target is None or inner.kind != "BINARY_OPERATOR" or inner.operator not in ("+", "-", ">>", "<<", "*", "/"):
            return None
        a, b = inner.children
        if _names(a, target.key):
            return target, inner.operator, b
        if _names(b, target.key) and inner.operator in ("+", "*"):
            return target, inner.operator, a
    return None


def steady(p: Parts, k: Counted) -> bool:
    """Whether the body leaves variable, bound and step alone."""
    changed = assigned(p.body) | (assigned(p.cond) if p.cond else set[int]())
    if k.variable.key in changed:
        return False
    for e in (k.bound, k.by):
        if e is None:
            continue
        if read_variables(e) & (changed | {k.variable.key}):
            return False
        if any(x.kind == "CALL_EXPR" and not x.referenced for x in e.walk()):
            return False
        if reads_memory(e) and writes_memory(p.body) and not _const_memory(e):
            return False
        if assigned(e):
            return False
    return True


def _const_memory(e: Cursor) -> bool:
    """Whether every access in ``e`` goes through a pointer to const."""
    for x in e.walk():
        if x.kind == "ARRAY_SUBSCRIPT_EXPR" and not (x.children[0].type.kind == "POINTER" and x.type.is_const):
            return False
        if x.kind == "UNARY_OPERATOR" and x.operator == "*" and not x.type.is_const:
            return False
    return True
