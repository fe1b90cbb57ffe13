"""What a piece of text assigns to: found before it is lifted, so that the rest can be names that never change."""

from __future__ import annotations

from collections.abc import Iterator

from falconc.frontend.clang import Cursor

_TRANSPARENT = ("PAREN_EXPR", "UNEXPOSED_EXPR", "CSTYLE_CAST_EXPR", "CXX_STATIC_CAST_EXPR", "CXX_CONST_CAST_EXPR")
JUMPS = ("RETURN_STMT", "BREAK_STMT", "CONTINUE_STMT", "GOTO_STMT")
LOOPS = ("FOR_STMT", "WHILE_STMT", "DO_STMT", "CXX_FOR_RANGE_STMT")


def assigned(c: Cursor) -> set[int]:
    """Keys of the variables that may change while ``c`` runs (memory behind pointers is not looked at)."""
    return {key for node in c.walk() for target in _targets(node) for key in roots(target)}


def roots(c: Cursor) -> Iterator[int]:
    """The variables whose storage an lvalue is part of."""
    if c.kind == "DECL_REF_EXPR":
        if c.referenced:
            yield c.referenced.key
    elif c.kind == "MEMBER_REF_EXPR":
        if c.children and c.children[0].type.kind != "POINTER":
            yield from roots(c.children[0])
    elif c.kind == "ARRAY_SUBSCRIPT_EXPR" or c.kind in _TRANSPARENT or "REINTERPRET_CAST" in c.kind:
        if c.kind == "ARRAY_SUBSCRIPT_EXPR" and _through_pointer(c.children[0]):
            return
        for child in c.children[:1] if c.kind == "ARRAY_SUBSCRIPT_EXPR" else c.children:
            yield from roots(child)
    elif c.kind == "CONDITIONAL_OPERATOR":
        for child in c.children[1:]:
            yield from roots(child)
    elif c.kind in ("BINARY_OPERATOR", "COMPOUND_ASSIGNMENT_OPERATOR") or (
        c.kind == "UNARY_OPERATOR" and c.operator in ("++x", "--x")
    ):
        yield from roots(c.children[-1 if c.operator == "," else 0])
    elif c.kind == "CALL_EXPR":  # operators that give their object back, as v[i] and a = b do
        for argument in c.arguments[:1]:
            yield from roots(argument)


def _through_pointer(base: Cursor) -> bool:
    """Whether a subscript of ``base`` is memory that a pointer points to, not part of a variable."""
    while base.kind in _TRANSPARENT and len(base.children) == 1 and base.type.kind == "POINTER":
        base = base.children[0]
    declaration = base.referenced if base.kind == "DECL_REF_EXPR" else None
    return base.type.kind == "POINTER" or (
        declaration is not None
        and declaration.kind == "PARM_DECL"
        and (base.type.kind in ("INCOMPLETEARRAY", "CONSTANTARRAY", "VARIABLEARRAY"))
    )


def _targets(c: Cursor) -> Iterator[Cursor]:
    """Lvalues that ``c`` itself writes to, or gives away to be written to."""
    match c.kind:
        case "BINARY_OPERATOR" if c.operator == "=" and c.children:
            yield c.children[0]
        case "COMPOUND_ASSIGNMENT_OPERATOR" if c.children:
            yield c.children[0]
        case "UNARY_OPERATOR" if c.operator in ("++x", "--x", "x++", "x--", "&"):
            yield from c.children
        case "VAR_DECL" if _is_mutable_reference(c) and c.initializer:
            yield c.initializer
        case "CXX_FOR_RANGE_STMT" if c.children:
            yield from (x for x in c.children if x.kind != "COMPOUND_STMT")
        case "CALL_EXPR":
            yield from _call_targets(c)
        case _:
            pass


def _is_mutable_reference(declaration: Cursor) -> bool:
    t = declaration.type
    return t.kind == "LVALUEREFERENCE" and not t.pointee.is_const


def _call_targets(c: Cursor) -> Iterator[Cursor]:
    callee = c.referenced
    if callee is None:
        return
    arguments, parameters = c.arguments, callee.arguments
    if callee.kind in ("CXX_METHOD", "CONVERSION_FUNCTION"):
        spot = c.children[0] if c.children else None
        if len(arguments) == len(parameters) + 1:  # an operator: its object is the first argument
            if not callee.is_const_method:
                yield arguments[0]
            arguments = arguments[1:]
        elif spot and spot.kind == "MEMBER_REF_EXPR" and spot.children and not callee.is_const_method:
            yield spot.children[0]
    for argument, parameter in zip(arguments, parameters, strict=False):
        if _is_mutable_reference(parameter):
            yield argument


def jumps_out(c: Cursor) -> bool:
    """Whether the body of a loop may leave the loop early."""
    if c.kind in ("RETURN_STMT", "GOTO_STMT"):
        return True
    if c.kind == "BREAK_STMT":
        return True
    if c.kind == "LAMBDA_EXPR":
        return False
    if c.kind in (*LOOPS, "SWITCH_STMT"):
        return any(_returns(x) for x in c.children)
    return any(jumps_out(x) for x in c.children)


def _returns(c: Cursor) -> bool:
    if c.kind in ("RETURN_STMT", "GOTO_STMT"):
        return True
    return c.kind != "LAMBDA_EXPR" and any(_returns(x) for x in c.children)


def writes_memory(c: Cursor) -> bool:
    """Whether ``c`` may write to anything but named variables."""
    for node in c.walk():
        if node.kind == "CALL_EXPR" and node.referenced and not any("ir:apply" in n for n in node.referenced.notes):
            return True
        for target in _targets(node):
            inner = target
            while inner.kind in _TRANSPARENT and inner.children:
                inner = inner.children[-1]
            if inner.kind == "ARRAY_SUBSCRIPT_EXPR" or (inner.kind == "UNARY_OPERATOR" and inner.operator == "*"):
                return True
            if inner.kind == "MEMBER_REF_EXPR":
                return True
    return False


def reads_memory(c: Cursor) -> bool:
    """Whether ``c`` reads through pointers or arrays."""
    return any(n.kind == "ARRAY_SUBSCRIPT_EXPR" or (n.kind == "UNARY_OPERATOR" and n.operator == "*") for n in c.walk())


def read_variables(c: Cursor) -> set[int]:
    """Keys of all variables mentioned."""
    return {n.referenced.key for n in c.walk() if n.kind == "DECL_REF_EXPR" and n.referenced}


def addressed(c: Cursor, seen: dict[int, set[int]] | None = None) -> set[int]:
    """Keys of the variables whose address is taken, here or by a function that gets them by reference.

    seen: what was found for functions before, by key.
    """
    seen = {} if seen is None else seen
    found: set[int] = set()
    for node in c.walk():
        if node.kind == "CALL_EXPR":
            found |= _addressed_by_call(node, seen)
            continue
        takes = node.kind == "UNARY_OPERATOR" and node.operator == "&"
        if takes or ("REINTERPRET_CAST" in node.kind and node.type.kind != "POINTER"):
            for child in node.children:
                found |= set(roots(child))
    return found


def _addressed_by_call(c: Cursor, seen: dict[int, set[int]]) -> set[int]:
    callee = c.referenced
    if callee is None or not any(p.type.kind == "LVALUEREFERENCE" for p in callee.arguments):
        return set()
    if callee.key not in seen:
        seen[callee.key] = set()
        definition = callee.definition or callee
        taken = addressed(definition, seen)
        seen[callee.key] = {i for i, p in enumerate(definition.arguments) if p.key in taken}
    arguments = c.arguments[max(0, len(c.arguments) - len(callee.arguments)) :]  # without an operator's own object
    return {key for i in seen[callee.key] if i < len(arguments) for key in roots(arguments[i])}
