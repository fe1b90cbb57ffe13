"""Statements: cursor -> IR statements, with jumps as marks that lift_jumps removes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from falconc.frontend import lift_call, lift_decl, lift_expr, lift_loops, lift_pragmas
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import binary, cast, constant, integer, negate
from falconc.frontend.lift_state import KERNEL, Block, Jump, State, body
from falconc.ir.nodes import Binary, Break, Const, Expr, If, Store
from falconc.ir.types import BOOL

_LABELS_AT_MOST = 256  # values of one case of the form "1 ... 3"


def statement(s: State, c: Cursor) -> None:
    """Lifts one statement."""
    handler = _HANDLERS.get(c.kind)
    with s.at(c):
        if handler is not None:
            handler(s, c)
        elif "ASM" in c.kind:
            raise s.unsupported(c, "inline assembly", "write it with the dialect's intrinsics or plain code")
        elif c.kind in ("GOTO_STMT", "LABEL_STMT", "INDIRECT_GOTO_STMT"):
            raise s.unsupported(c, "goto", "write it with loops and conditions")
        elif c.kind.endswith(("EXPR", "OPERATOR", "LITERAL")):
            if lift_pragmas.is_atomic(s, c):
                with s.collect() as items:
                    lift_expr.effect(s, c)
                s.out.extend(lift_pragmas.in_one_step(s, c, items))
            else:
                lift_expr.effect(s, c)
        else:
            raise s.unsupported(c, f"this statement ({c.kind.lower().replace('_', ' ')})")


def sequence(s: State, statements: Sequence[Cursor]) -> None:
    for c in statements:
        statement(s, c)


def nested(s: State, c: Cursor) -> tuple[object, ...]:
    """The body of a branch or loop."""
    with s.collect() as items:
        statement(s, c)
    return tuple(items)


def only_return(code: Cursor) -> Cursor | None:
    """The return at the end of a body that has no other."""
    if not code.children or code.children[-1].kind != "RETURN_STMT":
        return None
    return None if any(returns(x) for x in code.children[:-1]) else code.children[-1]


def returns(c: Cursor) -> bool:
    if c.kind == "RETURN_STMT":
        return True
    return c.kind != "LAMBDA_EXPR" and any(returns(x) for x in c.children)


def _compound(s: State, c: Cursor) -> None:
    sequence(s, c.children)


def _declarations(s: State, c: Cursor) -> None:
    for d in c.children:
        if d.kind == "VAR_DECL":
            lift_decl.declare(s, d)
        elif d.kind == "FUNCTION_DECL" or d.kind.endswith("REF"):
            continue
        elif d.kind not in (
            "TYPEDEF_DECL", "TYPE_ALIAS_DECL", "STRUCT_DECL", "CLASS_DECL", "ENUM_DECL", "STATIC_ASSERT",
            "USING_DECLARATION", "USING_DIRECTIVE", "NAMESPACE_ALIAS", "UNEXPOSED_DECL",
        ):  # fmt: skip
            raise s.unsupported(d, f"this declaration ({d.kind.lower().replace('_', ' ')})")


def _nothing(s: State, c: Cursor) -> None:
    pass


def _if(s: State, c: Cursor) -> None:
    parts = list(c.children)
    while parts and parts[0].kind in ("VAR_DECL", "DECL_STMT"):
        first = parts.pop(0)
        if first.kind == "VAR_DECL":
            lift_decl.declare(s, first)
        else:
            statement(s, first)
    cond = lift_expr.condition(s, parts[0])
    if isinstance(cond, Const):
        chosen = parts[1] if cond.value else (parts[2] if len(parts) > 2 else None)
        if chosen is not None:
            statement(s, chosen)
        return
    with s.collect() as then:
        statement(s, parts[1])
    with s.collect() as orelse:
        if len(parts) > 2:
            statement(s, parts[2])
    if then or orelse:
        s.emit(If(cond, body(then), body(orelse), where=s.where(c)))


def _return(s: State, c: Cursor) -> None:
    if s.frames:
        lift_call.leave(s, c)
        return
    if c.children:
        _give_back(s, c.children[0])
    s.emit(Jump(KERNEL, where=s.where(c)))


def _give_back(s: State, c: Cursor) -> None:
    """The value of a function that is lifted as a kernel: one more output, of one element."""
    if s.result is None:
        lift_expr.effect(s, c)
        return
    v = cast(s.result.dtype, lift_expr.number(s, c))
    s.emit(Store(s.result.name, (integer(0),), v, where=s.where(c)))


def _break(s: State, c: Cursor) -> None:
    if not s.breaks:
        raise s.defect(c, "break outside a loop")
    label = s.breaks[-1]
    s.emit(Break(where=s.where(c)) if label is None else Jump(label, where=s.where(c)))


def _continue(s: State, c: Cursor) -> None:
    s.emit(Jump(s.continues[-1], where=s.where(c)))


# --- switch --------------------------------------------------------------------------------------------------------


def _switch(s: State, c: Cursor) -> None:
    parts = list(c.children)
    while parts and parts[0].kind in ("VAR_DECL", "DECL_STMT"):
        first = parts.pop(0)
        lift_decl.declare(s, first) if first.kind == "VAR_DECL" else statement(s, first)
    picked = lift_expr.number(s, parts[0])
    picked = s.settle(picked, "case") if not isinstance(picked, Const) else picked
    segments = _segments(s, parts[1])
    every = [v for values, _, _ in segments for v in values]
    label = s.label()
    s.breaks.append(label)
    falls = any(not _ends(statements) for _, _, statements in segments[:-1])
    matched = s.variable("matched", BOOL) if falls else None
    if matched:
        s.set(matched, constant(False, BOOL))
    with s.collect() as items:
        for values, is_default, statements in segments:
            hit = _matches(picked, values)
            if is_default:
                hit = _either(hit, negate(_matches(picked, every)))
            if matched:
                hit = _either(s.get(matched), hit)
            with s.collect() as branch:
                if matched:
                    s.set(matched, constant(True, BOOL))
                sequence(s, statements)
                if matched is None and not (branch and isinstance(branch[-1], Jump)):
                    s.emit(Jump(label))
            s.emit(If(hit, body(branch), where=s.where(c)))
    s.breaks.pop()
    s.emit(Block(label, body(items), where=s.where(c)))


def _either(a: Expr, b: Expr) -> Expr:
    if isinstance(a, Const):
        return b if not a.value else a
    if isinstance(b, Const):
        return a if not b.value else b
    return Binary("lor", a, b)


def _matches(picked: Expr, values: Sequence[int]) -> Expr:
    out: Expr = constant(False, BOOL)
    for v in values:
        out = _either(out, binary("eq", picked, integer(v, picked.dtype)))
    return out


def _ends(statements: Sequence[Cursor]) -> bool:
    """Whether control never runs past these statements."""
    if not statements:
        return False
    last = statements[-1]
    if last.kind == "COMPOUND_STMT":
        return _ends(last.children)
    return last.kind in ("BREAK_STMT", "RETURN_STMT", "CONTINUE_STMT")


def _segments(s: State, code: Cursor) -> list[tuple[list[int], bool, list[Cursor]]]:
    """(case values, has default, statements) of each run of labels in a switch."""
    out: list[tuple[list[int], bool, list[Cursor]]] = []
    for x in code.children if code.kind == "COMPOUND_STMT" else [code]:
        labels: list[int] = []
        is_default = False
        inner: Cursor | None = x
        while inner is not None and inner.kind in ("CASE_STMT", "DEFAULT_STMT"):
            if inner.kind == "DEFAULT_STMT":
                is_default = True
            else:
                first = _label(s, inner, inner.children[0])
                last = _label(s, inner, inner.children[1]) if len(inner.children) > 2 else first  # case 1 ... 3:
                if last - first > _LABELS_AT_MOST:
                    raise s.unsupported(inner, f"a case of {last - first + 1} values", "write it with if")
                labels += range(first, last + 1)
            inner = inner.children[-1] if inner.children else None
        if labels or is_default:
            if out and not out[-1][2]:
                values, default, _ = out.pop()
                labels, is_default = values + labels, default or is_default
            out.append((labels, is_default, []))
        elif not out:
            raise s.unsupported(x, "a statement before the first case")
        if inner is not None and inner.kind != "NULL_STMT":
            out[-1][2].append(inner)
    return out


def _label(s: State, case: Cursor, c: Cursor) -> int:
    found = c.evaluate()
    if found is None:
        with s.collect():
            e = lift_expr.number(s, c)
        found = e.value if isinstance(e, Const) else None
    if found is None:
        raise s.unsupported(case, "a case label that is not a constant", "write it with if")
    return int(found)


def _wrapped(s: State, c: Cursor) -> None:
    """A statement with attributes or a #pragma in front."""
    inner = [x for x in c.children if x.kind.endswith(("STMT", "EXPR", "OPERATOR"))]
    text = s.tree.source.text[c.offset : c.offset + 40] if c.file == s.tree.main else ""
    for x in inner:
        if x.kind == "FOR_STMT":
            with s.at(x):
                lift_loops.for_statement(s, x, unrolled="unroll" in text and "unroll 1\n" not in text)
        else:
            statement(s, x)


_HANDLERS: dict[str, Callable[[State, Cursor], None]] = {
    "COMPOUND_STMT": _compound,
    "DECL_STMT": _declarations,
    "NULL_STMT": _nothing,
    "IF_STMT": _if,
    "FOR_STMT": lambda s, c: lift_loops.for_statement(s, c),
    "WHILE_STMT": lambda s, c: lift_loops.while_statement(s, c),
    "DO_STMT": lambda s, c: lift_loops.do_statement(s, c),
    "CXX_FOR_RANGE_STMT": lambda s, c: lift_loops.range_statement(s, c),
    "SWITCH_STMT": _switch,
    "RETURN_STMT": _return,
    "BREAK_STMT": _break,
    "CONTINUE_STMT": _continue,
    "UNEXPOSED_STMT": _wrapped,
}
