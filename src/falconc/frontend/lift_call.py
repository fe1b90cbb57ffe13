"""Calls: every function, method, lambda and constructor is inlined; built-ins mean what their notes say."""

from __future__ import annotations

import math
from dataclasses import replace

from falconc.frontend import (
    lift_access,
    lift_bytes,
    lift_collective,
    lift_construct,
    lift_convert,
    lift_decl,
    lift_expr,
    lift_globals,
    lift_lambda,
    lift_memory,
    lift_notes,
    lift_stmt,
)
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import constant
from falconc.frontend.lift_scan import addressed, assigned
from falconc.frontend.lift_state import Block, Frame, Jump, State, body
from falconc.frontend.lift_types import CType, PointerType, ScalarType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import Aggregate, Bound, Closure, Flat, Nothing, Number, Place, Row, Value

_DROPPED = ("printf", "assert", "__assert_fail", "puts", "__builtin_unreachable", "__builtin_assume", "__trap")
_CONFIGURE = ("cudaConfigureCall", "hipConfigureCall", "__cudaPushCallConfiguration", "__hipPushCallConfiguration")
_BUILTIN_CONSTANTS = {f"__builtin_{name}{f}": value for f in ("", "f") for name, value in (
    ("inf", math.inf), ("huge_val", math.inf), ("nan", math.nan))}  # fmt: skip


def call(s: State, c: Cursor) -> Value:
    """The value of a call."""
    with s.at(c):
        place = _call(s, c)
    return lift_memory.load(s, place, c)


def call_place(s: State, c: Cursor) -> Place:
    """What a call returns, as an object where it returns a reference."""
    with s.at(c):
        return _call(s, c)


def _call(s: State, c: Cursor) -> Place:
    callee = c.referenced
    if callee is None or callee.kind in ("VAR_DECL", "PARM_DECL", "FIELD_DECL"):
        return _through_value(s, c)
    if callee.kind == "CONSTRUCTOR":
        return Bound(lift_construct.construct(s, c, callee))
    if callee.has("CUDAGLOBAL_ATTR") and len(c.children) > 1 and c.children[1].spelling in _CONFIGURE:
        raise s.unsupported(c, f"the launch of '{callee.spelling}' inside a kernel", "launch it from the host")
    if callee.kind == "CXX_METHOD" and callee.raw.is_virtual_method():
        raise s.unsupported(c, f"the virtual method '{callee.spelling}'", "use a template parameter for the class")
    if callee.spelling == "operator=" and callee.copies_by_assignment:
        return _assigned(s, c)
    _trust(s, callee)
    if callee.parent is not None and callee.parent.spelling == "falcon" and callee.file != s.tree.main:
        found = _core(s, c, callee.spelling)
        if found is not None:
            return found
    if (found := lift_notes.by_note(s, c, callee)) is not None:
        return Bound(found)
    if callee.spelling in _DROPPED:
        s.assume(f"{callee.spelling} has no effect on results")
        return Bound(Nothing())
    if callee.spelling in _BUILTIN_CONSTANTS:
        t = type_of(c.type)
        assert isinstance(t, ScalarType)
        return Bound(Number(constant(_BUILTIN_CONSTANTS[callee.spelling], t.dtype)))
    if callee.spelling == "__builtin_memcpy":
        return Bound(lift_bytes.copy(s, c))
    if callee.spelling == "__builtin_expect":
        return Bound(lift_expr.value(s, c.arguments[0]))
    return inline(s, c, callee)


def _assigned(s: State, c: Cursor) -> Place:
    """a = b of a class whose operator= the compiler wrote."""
    left, right = c.arguments
    v = lift_expr.value(s, right)
    target = lift_expr.place(s, left)
    lift_memory.store(s, target, v, c)
    return target


def _trust(s: State, callee: Cursor) -> None:
    for note in callee.notes:
        for word in note.split():
            if word.startswith("trust="):
                s.intrinsics[callee.spelling] = word.removeprefix("trust=")


def _core(s: State, c: Cursor, name: str) -> Place | None:
    """The words of core.h."""
    arguments = c.arguments
    match name:
        case "need" | "in" | "aligned":
            return Bound(Nothing())
        case "lane":
            return Bound(Number(lift_collective.lane(s)))
        case "arrived":
            return Bound(Number(lift_collective.arrived(lift_expr.place(s, arguments[0]))))
        case "copy":
            return Bound(lift_bytes.copy(s, c))
        case _:
            return None


def _through_value(s: State, c: Cursor) -> Place:
    """A call of a lambda or function held in a variable."""
    if not c.children:
        raise s.unsupported(c, f"the call of '{c.spelling}'")
    v = lift_expr.value(s, c.children[0])
    if isinstance(v, Closure):
        return call_closure(s, c, v, c.arguments)
    raise s.unsupported(c, "a call through a pointer", "call the function by its name")


# --- inlining ------------------------------------------------------------------------------------------------------


def inline(s: State, c: Cursor, callee: Cursor) -> Place:
    """A function or method with a body."""
    arguments = list(c.arguments)
    this: Place | None = None
    if callee.kind in ("CXX_METHOD", "CONVERSION_FUNCTION", "FUNCTION_TEMPLATE") and not callee.is_static_method:
        written_first = len(arguments) > len(callee.arguments)
        this = lift_expr.place(s, arguments.pop(0)) if written_first else _object(s, c)
        if lift_collective.lanes_of(this):
            lane = lift_expr.number(s, arguments[0])
            return Bound(lift_collective.lane_value(s, this, s.settle(lane, "lane"), c))
        if isinstance(this, Bound) and isinstance(this.value, Closure):
            return call_closure(s, c, this.value, arguments, callee)
    definition = callee.definition or callee
    code = next((x for x in definition.children if x.kind == "COMPOUND_STMT"), None)
    if code is None:
        raise _no_body(s, c, callee)
    lift_globals.check_clean(s, definition, c)
    result = type_of(callee.type.result)
    returns_place = callee.type.result.kind in lift_decl.REFERENCES
    return run(s, c, definition, definition.arguments, arguments, code, result, this, returns_place)


def _object(s: State, c: Cursor) -> Place:
    """What a method is called on."""
    spot = c.children[0] if c.children else None
    while spot is not None and spot.kind in ("UNEXPOSED_EXPR", "PAREN_EXPR") and spot.children:
        spot = spot.children[0]
    if spot is None or spot.kind != "MEMBER_REF_EXPR":
        if spot is not None:  # a conversion: its operand
            return lift_expr.place(s, spot)
        raise s.unsupported(c, "a method called in this form")
    if not spot.children:
        this = s.frames[-1].this
        if this is None:
            raise s.unsupported(c, "a method called without an object")
        return this
    owner = spot.children[0]
    if owner.type.kind == "POINTER":
        return lift_access.target(s, lift_expr.value(s, owner), owner)
    return lift_expr.place(s, owner)


def _no_body(s: State, c: Cursor, callee: Cursor) -> Exception:
    advice = "define it in this file"
    if s.tree.stand_ins:
        advice += f"; {', '.join(f'<{h}>' for h in s.tree.stand_ins)} cannot be read here"
    return s.unsupported(c, f"the function '{callee.spelling}' has no body here", advice)


def call_closure(s: State, c: Cursor, v: Closure, arguments: list[Cursor], callee: Cursor | None = None) -> Place:
    """A lambda or a function value."""
    if v.cursor.kind != "LAMBDA_EXPR":
        definition = v.cursor.definition or v.cursor
        code = next((x for x in definition.children if x.kind == "COMPOUND_STMT"), None)
        if code is None:
            found = lift_notes.by_note(s, c, v.cursor)
            if found is not None:
                return Bound(found)
            raise _no_body(s, c, v.cursor)
        return run(s, c, definition, definition.arguments, arguments, code, type_of(definition.type.result))
    parameters, code = lift_lambda.body_of(v.cursor)
    if callee is not None and any(
        p.type.kind in ("UNEXPOSED", "AUTO", "DEPENDENT") or "auto" in p.written_type for p in parameters
    ):
        definition = callee.definition or callee
        instance = next((x for x in definition.children if x.kind == "COMPOUND_STMT"), None)
        if instance is not None:
            parameters, code = definition.arguments, instance
    if code is None:
        raise s.unsupported(c, "a lambda without a body")
    saved = {k: s.env[k] for k in v.captures if k in s.env}
    s.env.update(v.captures)
    try:
        return run(
            s, c, v.cursor, parameters, arguments, code, type_of(c.type), s.frames[-1].this if s.frames else None
        )
    finally:
        s.env.update(saved)


def run(
    s: State,
    c: Cursor,
    function: Cursor,
    parameters: list[Cursor],
    arguments: list[Cursor],
    code: Cursor,
    result: CType,
    this: Place | None = None,
    returns_place: bool = False,
) -> Place:
    """Binds parameters and lifts the body in place of the call."""
    key = code.offset, code.file, function.key
    if key in s.running:
        raise s.unsupported(c, f"the recursion of '{function.spelling or 'a lambda'}'", "write it as a loop")
    scan(s, code)
    bind_parameters(s, c, parameters, arguments)
    frame = Frame(function.key, s.label(), this=this)
    s.frames.append(frame)
    s.running.add(key)
    breaks, s.breaks = s.breaks, []
    continues, s.continues = s.continues, []
    before = len(s.arrays)
    try:
        found = _body(s, code, frame, result, function.spelling or "result", returns_place)
        own = set(s.arrays[before:])
        return Bound(_given_away(found.value, own)) if isinstance(found, Bound) and own else found
    finally:
        s.frames.pop()
        s.running.discard(key)
        s.breaks, s.continues = breaks, continues


def _given_away(v: Value, own: set[str]) -> Value:
    """The value of a call: its rows in the function's own arrays are written by nobody any more."""
    match v:
        case Aggregate(t, members):
            return Aggregate(t, {n: _given_away(m, own) for n, m in members.items()})
        case Row(pointer) if pointer.selector is None:
            base = pointer.one.base
            return replace(v, fresh=True) if isinstance(base, Flat) and base.name in own else v
        case _:
            return v


def scan(s: State, code: Cursor) -> None:
    """Notes once which variables of a body change and whose address is taken."""
    if code.key not in s.scanned:
        s.scanned.add(code.key)
        s.modified |= assigned(code)
        s.addressed |= addressed(code, s.addressed_by)


def bind_parameters(s: State, c: Cursor, parameters: list[Cursor], arguments: list[Cursor]) -> None:
    """Gives each parameter its argument: by reference, or a copy that is a name where it never changes."""
    makers = [
        lambda p=p, a=a: _argument(s, p, a) for p, a in zip(parameters, _padded(s, parameters, arguments), strict=True)
    ]
    found: list[Place] = []
    for make in makers:
        found.append(make())
    for p, place in zip(parameters, found, strict=True):
        if p.type.kind in lift_decl.REFERENCES:
            s.env[p.key] = place
            continue
        v = lift_memory.load(s, place, c)
        if isinstance(v, Closure):
            s.env[p.key] = Bound(v)
            continue
        t = type_of(p.type)
        mutable = p.key in s.modified
        if isinstance(v, Row) and not mutable:
            s.env[p.key] = Bound(lift_convert.convert(s, v, t, c))
            continue
        v = lift_convert.convert(s, v, t, c)
        s.env[p.key] = lift_decl.bind(
            s, p.spelling or "argument", t, v, mutable=mutable, at=c, addressed=p.key in s.addressed
        )


def _argument(s: State, p: Cursor, a: Cursor) -> Place:
    if p.type.kind in lift_decl.REFERENCES:
        return lift_expr.place(s, a)
    return Bound(lift_expr.value(s, a))


def _padded(s: State, parameters: list[Cursor], arguments: list[Cursor]) -> list[Cursor]:
    """Arguments, defaults included."""
    out: list[Cursor] = []
    for i, p in enumerate(parameters):
        a = arguments[i] if i < len(arguments) else None
        if a is None or (a.kind == "UNEXPOSED_EXPR" and not a.children and a.evaluate() is None):
            defaults = [x for x in p.children if x.kind not in ("TYPE_REF", "NAMESPACE_REF", "TEMPLATE_REF")]
            if not defaults:
                raise s.unsupported(p, f"the default of the parameter '{p.spelling}'", "pass the argument")
            a = defaults[-1]
        out.append(a)
    return out


def _body(s: State, code: Cursor, frame: Frame, result: CType, name: str, returns_place: bool) -> Place:
    """The lifted body; its value."""
    last = lift_stmt.only_return(code)
    if last is not None:
        for statement in code.children[:-1]:
            lift_stmt.statement(s, statement)
        if not last.children:
            return Bound(Nothing())
        returned = last.children[0]
        if returns_place:
            return lift_expr.place(s, returned)
        v = lift_expr.value(s, returned)
        return Bound(v if isinstance(v, Closure) else lift_convert.convert(s, v, result, returned))
    if not lift_stmt.returns(code):
        lift_stmt.sequence(s, code.children)
        return Bound(Nothing())
    if result.size and not (hasattr(result, "is_void") and result.is_void):  # type: ignore[union-attr]
        frame.result = _result(s, name, result, code)
    with s.collect() as items:
        lift_stmt.sequence(s, code.children)
    s.emit(Block(frame.label, body(items), where=s.where(None)))
    return frame.result or Bound(Nothing())


def _result(s: State, name: str, t: CType, at: Cursor) -> Place:
    if isinstance(t, PointerType | ScalarType):
        return lift_decl.storage(s, f"{name}_result", t)
    return lift_decl.storage(s, f"{name}_result", t, at=at)


def leave(s: State, c: Cursor) -> None:
    """return, inside an inlined function."""
    frame = s.frames[-1]
    if c.children and frame.result is not None:
        v = lift_expr.value(s, c.children[0])
        lift_memory.store(s, frame.result, v, c)
    elif c.children:
        lift_expr.effect(s, c.children[0])
    s.emit(Jump(frame.label, where=s.where(c)))
