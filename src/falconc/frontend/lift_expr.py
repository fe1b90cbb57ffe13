"""Expressions: cursor -> value or place, with every conversion made explicit and the order of effects kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from falconc.frontend import (
    lift_access,
    lift_assign,
    lift_call,
    lift_choice,
    lift_convert,
    lift_lambda,
    lift_lists,
    lift_memory,
    lift_vector,
)
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import (
    binary,
    both,
    cast,
    common,
    constant,
    either,
    integer,
    negate,
    promoted,
    select,
    truth,
)
from falconc.frontend.lift_state import Item, Late, State, body
from falconc.frontend.lift_types import CType, PointerType, ScalarType, VectorType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import (
    Bound,
    Nothing,
    Null,
    Number,
    Options,
    Place,
    Pointer,
    Row,
    Single,
    Value,
    single,
)
from falconc.ir.nodes import Alloc, BinaryOp, Expr, If, Let, Unary, View
from falconc.ir.types import BOOL

_LVALUES = ("DECL_REF_EXPR", "MEMBER_REF_EXPR", "ARRAY_SUBSCRIPT_EXPR")
_LITERALS = ("INTEGER_LITERAL", "FLOATING_LITERAL", "CHARACTER_LITERAL", "CXX_BOOL_LITERAL_EXPR")
_CASTS = (
    "UNEXPOSED_EXPR",
    "CSTYLE_CAST_EXPR",
    "CXX_STATIC_CAST_EXPR",
    "CXX_FUNCTIONAL_CAST_EXPR",
    "CXX_REINTERPRET_CAST_EXPR",
    "CXX_CONST_CAST_EXPR",
)
_NOT_EXPRESSIONS = ("TYPE_REF", "TEMPLATE_REF", "NAMESPACE_REF", "PARM_DECL", "MEMBER_REF")
BINARY: dict[str, BinaryOp] = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "&": "and", "|": "or", "^": "xor",
    "<<": "shl", ">>": "shr", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne",
}  # fmt: skip


def number(s: State, c: Cursor) -> Expr:
    """The scalar value of ``c``."""
    v = value(s, c)
    if isinstance(v, Number):
        return v.expr
    if isinstance(v, Pointer | Null | Row):
        as_bool = lift_convert.convert(s, v, ScalarType(BOOL), c)
        assert isinstance(as_bool, Number)
        return as_bool.expr
    raise s.unsupported(c, "an expression of this type where a number is needed", "use its members")


def condition(s: State, c: Cursor) -> Expr:
    return truth(number(s, c))


def operand_of(c: Cursor) -> Cursor | None:
    """The operand of a cast or wrapper."""
    inner = [x for x in c.children if x.kind not in _NOT_EXPRESSIONS]
    return inner[-1] if inner else None


def value(s: State, c: Cursor) -> Value:
    """The value of an expression; statements it needs are emitted."""
    kind = c.kind
    if kind in _LVALUES or (kind == "UNARY_OPERATOR" and c.operator == "*"):
        return lift_memory.load(s, place(s, c), c)
    if kind in _LITERALS:
        return _literal(s, c)
    if kind in _CASTS:
        return _cast(s, c)
    handler = _HANDLERS.get(kind)
    if handler is None:
        return _other(s, c)
    return handler(s, c)


def _literal(s: State, c: Cursor) -> Value:
    t = type_of(c.type)
    found = c.evaluate()
    assert isinstance(t, ScalarType), c
    if found is None and c.kind == "CXX_BOOL_LITERAL_EXPR":
        found = s.tree.source.text[c.offset : c.end] == "true"
    if found is None:
        raise s.unsupported(c, "a literal of this form")
    return Number(constant(found, t.dtype))


def _other(s: State, c: Cursor) -> Value:
    """sizeof and its like: whatever clang can compute."""
    t = type_of(c.type)
    found = c.evaluate()
    if found is not None and isinstance(t, ScalarType):
        return Number(constant(found, t.dtype))
    if c.kind in ("CXX_NEW_EXPR", "CXX_DELETE_EXPR"):
        raise s.unsupported(c, "new and delete", "use a local array, or pass the work buffer as a parameter")
    if "ASM" in c.kind:
        raise s.unsupported(c, "inline assembly", "write it with the dialect's intrinsics or plain code")
    raise s.unsupported(
        c, f"this form of expression ({c.kind.lower().replace('_', ' ')})", "write it with plain operators"
    )


def _cast(s: State, c: Cursor) -> Value:
    inner = operand_of(c)
    t = type_of(c.type)
    if inner is None or inner.kind in ("STRING_LITERAL",):
        found = c.evaluate()
        if isinstance(t, ScalarType) and found is not None:
            return Number(constant(found, t.dtype))
        return lift_memory.zero(s, t, c) if inner is None else Nothing()
    if c.kind == "CXX_FUNCTIONAL_CAST_EXPR" and inner.kind == "INIT_LIST_EXPR":
        return value(s, inner)
    return lift_convert.convert(s, value(s, inner), t, c)


# --- order of effects ----------------------------------------------------------------------------------------------


def quiet(items: Sequence[Item]) -> bool:
    """Whether statements change nothing that an expression built before them could read."""
    return all(isinstance(i, Let | Alloc | View | Late) for i in items)


def in_order(s: State, makers: Sequence[Callable[[], Value]]) -> list[Value]:
    """Values made one after the other; an earlier one keeps its value when a later one has effects."""
    parts: list[tuple[list[Item], Value]] = []
    for make in makers:
        with s.collect() as items:
            v = make()
        parts.append((items, v))
    out: list[Value] = []
    for i, (items, v) in enumerate(parts):
        s.out.extend(items)
        later = [x for rest, _ in parts[i + 1 :] for x in rest]
        out.append(v if quiet(later) else lift_memory.settle(s, v))
    return out


def values(s: State, cursors: Sequence[Cursor]) -> list[Value]:
    return in_order(s, [lambda c=c: value(s, c) for c in cursors])


# --- operators -----------------------------------------------------------------------------------------------------


def _binary(s: State, c: Cursor) -> Value:
    if len(c.children) < 2:
        raise s.defect(c, "this expression is incomplete")
    left, right = c.children[0], c.children[-1]
    op = c.operator
    if op == "=":
        return lift_memory.load(s, lift_assign.assign(s, c), c)
    if op == ",":
        effect(s, left)
        return value(s, right)
    if op in ("&&", "||"):
        return Number(_logical(s, op, left, right))
    a, b = values(s, [left, right])
    return operate(s, op, a, b, type_of(c.type), c)


def operate(s: State, op: str, a: Value, b: Value, t: CType, c: Cursor) -> Value:
    """a op b, operands already converted as C does, result of type ``t``."""
    if isinstance(t, VectorType):
        return lift_vector.elementwise(s, op, a, b, t, c)
    if isinstance(a, Pointer | Null) or isinstance(b, Pointer | Null):
        return lift_access.pointer_operation(s, op, a, b, c)
    if not (isinstance(a, Number) and isinstance(b, Number)) or op not in BINARY or not isinstance(t, ScalarType):
        raise s.unsupported(c, f"operator '{op}' on these types", "write it out member by member")
    x, y = a.expr, b.expr
    if op in ("<<", ">>"):
        return Number(binary(BINARY[op], cast(t.dtype, x), cast(t.dtype, y)))
    kind = x.dtype if x.dtype == y.dtype else common(x.dtype, y.dtype)
    return Number(cast(t.dtype, binary(BINARY[op], cast(kind, x), cast(kind, y))))


def _logical(s: State, op: str, left: Cursor, right: Cursor) -> Expr:
    a = condition(s, left)
    with s.collect() as items:
        b = condition(s, right)
    if not items:
        return both(a, b) if op == "&&" else either(a, b)
    held = s.variable("both" if op == "&&" else "either", BOOL)
    s.set(held, a)
    with s.collect() as branch:
        s.out.extend(items)
        s.set(held, b)
    test = s.get(held)
    s.emit(If(test if op == "&&" else negate(test), body(branch), where=s.where(None)))
    return s.get(held)


def _unary(s: State, c: Cursor) -> Value:
    op, inner = c.operator, c.children[0]
    if op == "&":
        return lift_access.address_of(s, c)
    if op in lift_assign.INCREMENTS:
        target, old = lift_assign.increment(s, c)
        return old if op.startswith("x") else lift_memory.load(s, target, c)
    v = value(s, inner)
    if op == "__extension__":
        return v
    if op == "!":
        return Number(negate(condition(s, inner) if not isinstance(v, Number) else truth(v.expr)))
    if isinstance(v, Row) and isinstance(v.type, VectorType):
        return lift_vector.negated(s, op, v, c)
    if not isinstance(v, Number):
        raise s.unsupported(c, f"operator '{op}' on this type")
    e = cast(promoted(v.expr.dtype), v.expr)
    match op:
        case "+":
            return Number(e)
        case "-":
            from falconc.ir.nodes import Const

            if isinstance(e, Const):
                return Number(constant(-e.value, e.dtype))
            return Number(Unary("neg", e))
        case "~":
            from falconc.ir.nodes import Const

            return Number(integer(~int(e.value), e.dtype) if isinstance(e, Const) else Unary("not", e))
        case _:
            raise s.unsupported(c, f"operator '{op}'")


def effect(s: State, c: Cursor) -> None:
    """An expression whose value nobody wants."""
    kind = c.kind
    if kind in ("PAREN_EXPR", "UNEXPOSED_EXPR", "CSTYLE_CAST_EXPR") and operand_of(c):
        inner = operand_of(c)
        assert inner
        effect(s, inner)
    elif kind == "COMPOUND_ASSIGNMENT_OPERATOR" or (kind == "BINARY_OPERATOR" and c.operator == "="):
        lift_assign.assign(s, c, wanted=False)
    elif kind == "BINARY_OPERATOR" and c.operator == ",":
        effect(s, c.children[0])
        effect(s, c.children[1])
    elif kind == "UNARY_OPERATOR" and c.operator in lift_assign.INCREMENTS:
        lift_assign.increment(s, c, wanted=False)
    elif kind not in (*_LVALUES, *_LITERALS):
        value(s, c)


# --- places --------------------------------------------------------------------------------------------------------


def place(s: State, c: Cursor) -> Place:
    """The object an lvalue names; a temporary for anything else."""
    kind = c.kind
    if kind in ("PAREN_EXPR", "UNEXPOSED_EXPR", "CXX_CONST_CAST_EXPR") and (inner := operand_of(c)):
        converts = kind == "UNEXPOSED_EXPR" and type_of(inner.type) != type_of(c.type)
        if not converts and not (kind == "UNEXPOSED_EXPR" and isinstance(type_of(c.type), PointerType)):
            return place(s, inner)
    if kind == "DECL_REF_EXPR":
        return lift_access.declared(s, c)
    if kind == "MEMBER_REF_EXPR":
        return lift_access.member(s, c)
    if kind == "ARRAY_SUBSCRIPT_EXPR":
        return lift_access.subscript(s, c)
    if kind == "UNARY_OPERATOR" and c.operator == "*":
        v = value(s, c.children[0])
        return lift_access.target(s, v, c)
    if kind == "UNARY_OPERATOR" and c.operator in ("++x", "--x"):
        return lift_assign.increment(s, c)[0]
    if kind == "COMPOUND_ASSIGNMENT_OPERATOR" or (kind == "BINARY_OPERATOR" and c.operator == "="):
        return lift_assign.assign(s, c)
    if kind == "BINARY_OPERATOR" and c.operator == ",":
        effect(s, c.children[0])
        return place(s, c.children[1])
    if "REINTERPRET_CAST" in kind and (inner := operand_of(c)):
        held, t = type_of(inner.type), type_of(c.type)
        if not isinstance(t, PointerType):
            pointer = lift_memory.address(s, place(s, inner), held, c)
            return lift_memory.dereference(s, pointer, c, t)
    if kind == "CONDITIONAL_OPERATOR" and _both_lvalues(c):
        test, then, orelse = c.children
        selector = select(s.settle(condition(s, test)), integer(0), integer(1))
        return Options(selector, (place(s, then), place(s, orelse)))
    if kind == "CALL_EXPR":
        return lift_call.call_place(s, c)
    return Bound(value(s, c))


def _both_lvalues(c: Cursor) -> bool:
    return all(x.kind in _LVALUES for x in c.children[1:])


def _this(s: State, c: Cursor) -> Value:
    this = s.frames[-1].this if s.frames else None
    if this is None:
        raise s.unsupported(c, "'this' outside a method")
    t = type_of(c.type)
    assert isinstance(t, PointerType)
    return single(Single(this, t.to), t.to)


def _null(s: State, c: Cursor) -> Value:
    return Null()


def _nothing(s: State, c: Cursor) -> Value:
    return Nothing()


def _paren(s: State, c: Cursor) -> Value:
    return value(s, c.children[0])


def _init_list(s: State, c: Cursor) -> Value:
    return lift_lists.value(s, c, type_of(c.type))


def _lambda(s: State, c: Cursor) -> Value:
    return lift_lambda.closure(s, c)


def _call(s: State, c: Cursor) -> Value:
    return lift_call.call(s, c)


_HANDLERS: dict[str, Callable[[State, Cursor], Value]] = {
    "PAREN_EXPR": _paren,
    "BINARY_OPERATOR": _binary,
    "UNARY_OPERATOR": _unary,
    "COMPOUND_ASSIGNMENT_OPERATOR": lambda s, c: lift_assign.compound_value(s, c),
    "CONDITIONAL_OPERATOR": lambda s, c: lift_choice.conditional(s, c),
    "CALL_EXPR": _call,
    "CXX_THIS_EXPR": _this,
    "CXX_NULL_PTR_LITERAL_EXPR": _null,
    "GNU_NULL_EXPR": _null,
    "STRING_LITERAL": _nothing,
    "INIT_LIST_EXPR": _init_list,
    "LAMBDA_EXPR": _lambda,
}
