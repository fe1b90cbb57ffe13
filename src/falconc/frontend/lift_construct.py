"""Constructors: member initialisers, then the body."""

from __future__ import annotations

from falconc.frontend import lift_call, lift_convert, lift_decl, lift_expr, lift_globals, lift_memory
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_state import Frame, State
from falconc.frontend.lift_types import RecordType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import Aggregate, Bound, Closure, Members, Place, Value


def construct(s: State, c: Cursor, callee: Cursor) -> Value:
    """T(arguments)."""
    t = type_of(c.type)
    arguments = c.arguments
    definition = callee.definition
    code = next((x for x in definition.children if x.kind == "COMPOUND_STMT"), None) if definition else None
    if len(arguments) == 1 and (callee.copies or (code is None and type_of(arguments[0].type) == t)):
        return lift_expr.value(s, arguments[0])  # an implicit copy
    lift_globals.check_clean(s, definition or callee, c)
    if not isinstance(t, RecordType):
        if len(arguments) == 1:
            return lift_convert.convert(s, lift_expr.value(s, arguments[0]), t, c)
        raise s.unsupported(c, f"constructing a '{c.type.spelling}'", "its definition is not known here")
    if definition is None or code is None:
        if arguments:
            raise s.unsupported(c, f"this constructor of '{t.name}' has no body here", "define it in this file")
        return lift_memory.load(s, lift_decl.storage(s, t.name.lower(), t, at=c), c)
    lift_call.scan(s, code)
    lift_call.bind_parameters(s, c, definition.arguments, arguments)
    parts = _members(s, c, definition, t)
    if not code.children and all(isinstance(p, Bound) for p in parts.values()):
        return Aggregate(t, {n: p.value for n, p in parts.items() if isinstance(p, Bound)})
    this = lift_decl.storage(s, t.name.lower(), t, at=c)
    assert isinstance(this, Members)
    for name, place in parts.items():
        if isinstance(place, Bound):
            lift_memory.store(s, this.parts[name], place.value, c)
    s.frames.append(Frame(callee.key, s.label(), this=this))
    try:
        for statement in code.children:
            from falconc.frontend import lift_stmt

            lift_stmt.statement(s, statement)
    finally:
        s.frames.pop()
    return lift_memory.load(s, this, c)


def _members(s: State, c: Cursor, definition: Cursor, t: RecordType) -> dict[str, Place]:
    """Initial values of the members, where there are any; uninitialised storage for scalars without."""
    found: dict[str, Place] = {}
    name = ""
    for x in definition.children:
        if x.kind == "MEMBER_REF":
            name = x.spelling
        elif x.kind == "CALL_EXPR" and x.referenced and x.referenced.kind == "CONSTRUCTOR" and not name:
            base = construct(s, x, x.referenced)
            if isinstance(base, Aggregate):
                found |= {n: Bound(v) for n, v in base.members.items()}
        elif name and x.kind not in ("PARM_DECL", "COMPOUND_STMT", "TYPE_REF"):
            member = t.member(name)
            if member is None:
                raise s.unsupported(c, f"the initialiser of '{name}'")
            v = lift_expr.value(s, x)
            found[name] = Bound(v if isinstance(v, Closure) else lift_convert.convert(s, v, member.type, c))
            name = ""
    for m in t.members:
        if m.name in found:
            continue
        default = _default(t, m.name, definition)
        if default is not None:
            found[m.name] = Bound(lift_convert.convert(s, lift_expr.value(s, default), m.type, c))
        else:
            place = lift_decl.storage(s, m.name, m.type, at=c)
            found[m.name] = place
    return found


def _default(t: RecordType, name: str, definition: Cursor) -> Cursor | None:
    owner = definition.parent
    for field in owner.children if owner else ():
        if field.kind == "FIELD_DECL" and field.spelling == name:
            values = [x for x in field.children if x.kind.endswith(("EXPR", "LITERAL", "OPERATOR"))]
            return values[-1] if values else None
    return None
