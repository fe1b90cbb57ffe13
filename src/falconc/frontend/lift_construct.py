"""Constructors: default member initialisers, member initialisers, then the body."""

from __future__ import annotations

from falconc.frontend import lift_call, lift_convert, lift_decl, lift_expr, lift_globals, lift_memory, lift_stmt
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_state import Frame, State
from falconc.frontend.lift_types import ArrayType, CType, Member, OpaqueType, RecordType, innermost
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import Aggregate, Bound, Closure, Members, Place, Value


def construct(s: State, c: Cursor, callee: Cursor) -> Value:
    """T(arguments)."""
    t = type_of(c.type)
    arguments = c.arguments
    definition = callee.definition
    code = _body(definition)
    if len(arguments) == 1 and (callee.copies or (code is None and type_of(arguments[0].type) == t)):
        return lift_expr.value(s, arguments[0])  # an implicit copy
    lift_globals.check_clean(s, definition or callee, c)
    if not isinstance(t, RecordType):
        if len(arguments) == 1:
            return lift_convert.convert(s, lift_expr.value(s, arguments[0]), t, c)
        if isinstance(t, OpaqueType):
            raise lift_decl.opaque(s, c, t)
        raise s.unsupported(c, f"constructing a '{c.type.spelling}'", "its definition is not known here")
    if definition is None or code is None:
        if arguments:
            raise s.unsupported(c, f"this constructor of '{t.name}' has no body here", "define it in this file")
        return default(s, c, t)
    return _built(s, c, definition, code, t, arguments)


def default(s: State, c: Cursor, t: RecordType) -> Value:
    """T(), by the constructor that the text gives or the one that the compiler writes; numbers without an initialiser
    have no value."""
    for x in t.declaration.children:
        if x.kind == "CONSTRUCTOR" and x.raw.is_default_constructor() and not x.raw.is_default_method():
            definition = x.definition
            code = _body(definition)
            if definition is None or code is None:
                raise s.unsupported(c, f"the constructor of '{t.name}' has no body here", "define it in this file")
            return _built(s, c, definition, code, t, [])
    return Aggregate(t, {n: lift_memory.load(s, p, c) for n, p in _members(s, c, None, t).items()})


def is_trivial(c: Cursor) -> bool:
    """T x; of a class whose default constructor does nothing."""
    if c.kind != "CALL_EXPR" or c.arguments or c.referenced is None or c.referenced.kind != "CONSTRUCTOR":
        return False
    return not does_something(innermost(type_of(c.type))[0])


def does_something(t: CType) -> bool:
    """Whether T x; gives any part of x a value."""
    if isinstance(t, ArrayType):
        return does_something(innermost(t)[0])
    if not isinstance(t, RecordType):
        return False
    if defaults(t.declaration) or any(does_something(m.type) for m in t.members):
        return True
    for x in t.declaration.children:
        if x.kind == "CONSTRUCTOR" and x.raw.is_default_constructor() and not x.raw.is_default_method():
            definition = x.definition
            code = _body(definition)
            return definition is None or code is None or bool(code.children) or definition.has("MEMBER_REF")
    return False


def defaults(declaration: Cursor) -> dict[str, Cursor]:
    """The initialisers that a class gives its members, those of its bases included."""
    found: dict[str, Cursor] = {}
    for field in declaration.children:
        if field.kind == "CXX_BASE_SPECIFIER":
            found |= defaults(field.type.declaration)
        elif field.kind == "FIELD_DECL":
            values = [x for x in field.children if x.kind.endswith(("EXPR", "LITERAL", "OPERATOR"))]
            if field.type.kind == "CONSTANTARRAY":  # the extents are children too
                values = [x for x in values if x.kind == "INIT_LIST_EXPR" or x.type.kind == "CONSTANTARRAY"]
            if values:
                found[field.spelling] = values[-1]
    return found


def _body(definition: Cursor | None) -> Cursor | None:
    return next((x for x in definition.children if x.kind == "COMPOUND_STMT"), None) if definition else None


def _built(s: State, c: Cursor, definition: Cursor, code: Cursor, t: RecordType, arguments: list[Cursor]) -> Value:
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
    s.frames.append(Frame(definition.key, s.label(), this=this))
    try:
        for statement in code.children:
            if lift_stmt.returns(statement):
                raise s.unsupported(statement, "a return in a constructor", "write it with if")
            lift_stmt.statement(s, statement)
    finally:
        s.frames.pop()
    return lift_memory.load(s, this, c)


def _members(s: State, c: Cursor, definition: Cursor | None, t: RecordType) -> dict[str, Place]:
    """Initial values of the members, where there are any; uninitialised storage for numbers without."""
    found = _listed(s, c, definition, t) if definition else {}
    given = defaults(t.declaration)
    for m in t.members:
        if m.name in found:
            continue
        if m.name in given:
            found[m.name] = Bound(initial(s, given[m.name], m, c))
        elif isinstance(m.type, RecordType) and does_something(m.type):
            found[m.name] = Bound(default(s, c, m.type))
        else:
            found[m.name] = lift_decl.storage(s, m.name, m.type, at=c)
    return found


def initial(s: State, init: Cursor, member: Member, c: Cursor) -> Value:
    """The value that an initialiser gives a member; of a reference, the address."""
    if member.reference:
        return lift_memory.address(s, lift_expr.place(s, init), type_of(init.type), c)
    v = lift_expr.value(s, init)
    return v if isinstance(v, Closure) else lift_convert.convert(s, v, member.type, c)


def _listed(s: State, c: Cursor, definition: Cursor, t: RecordType) -> dict[str, Place]:
    """What the constructor's own list initialises."""
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
                raise s.unsupported(c, f"the initialiser of '{name}'", "assign the member in the body")
            found[name] = Bound(initial(s, x, member, c))
            name = ""
    return found
