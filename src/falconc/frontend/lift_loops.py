"""Loops: counted ones become For with bounds evaluated once, the others While."""

from __future__ import annotations

from dataclasses import dataclass

from falconc.frontend import lift_decl, lift_expr, lift_memory, lift_pragmas, lift_stmt
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import TRUE, binary, cast, constant, integer, known, negate, nonnegative, select
from falconc.frontend.lift_scan import assigned, jumps_out, read_variables, reads_memory, writes_memory
from falconc.frontend.lift_state import Block, Item, State, body
from falconc.frontend.lift_types import ArrayType, ScalarType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import Array, Bound, Cell, Members, Number, Row
from falconc.ir.nodes import SERIAL, UNROLLED, Break, Const, Expr, For, If, LoopKind, Var, While
from falconc.ir.types import I32, DType


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
    bound: Cursor
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


def for_statement(s: State, c: Cursor, unrolled: bool = False) -> None:
    """for (init; cond; step) body."""
    p = parts_of(s, c)
    kind = lift_pragmas.kind_of(s, c) or (UNROLLED if unrolled else SERIAL)
    counted = recognise(p)
    if p.init is not None and not (counted and counted.declared):
        lift_stmt.statement(s, p.init)
    elif p.init is not None and counted:
        for d in p.init.children:
            if d.kind == "VAR_DECL" and d.key != counted.variable.key:
                lift_decl.declare(s, d)
    if counted is not None and _lift_counted(s, c, p, counted, kind):
        return
    if kind.name == "parallel":
        raise s.unsupported(c, "a parallel loop of this form", "write it as for (int i = lo; i < hi; ++i)")
    if counted is not None and counted.declared:
        lift_decl.declare(s, counted.variable)
    general(s, c, p.cond, p.body, p.step)


def general(s: State, c: Cursor, cond: Cursor | None, inner: Cursor, step: Cursor | None) -> None:
    """while (cond) { body; step; }"""
    with s.collect() as before:
        test = TRUE if cond is None else lift_expr.condition(s, cond)
    with s.collect() as items:
        if before:
            s.out.extend(before)
            s.emit(If(negate(test), (Break(),)))
        s.out.extend(_iteration(s, inner))
        if step is not None:
            with s.at(step):
                lift_expr.effect(s, step)
    s.emit(While(TRUE if before else test, body(items), where=s.where(c)))


def _iteration(s: State, inner: Cursor) -> list[Item]:
    """One pass through a loop's body; continue goes to its end."""
    label = s.label()
    s.breaks.append(None)
    s.continues.append(label)
    with s.collect() as items:
        lift_stmt.statement(s, inner)
    s.breaks.pop()
    s.continues.pop()
    return [Block(label, body(items))]


def while_statement(s: State, c: Cursor) -> None:
    cond, inner = c.children[-2], c.children[-1]
    if len(c.children) > 2:
        raise s.unsupported(c, "a declaration in the condition of a while", "declare the variable before the loop")
    general(s, c, cond, inner, None)


def do_statement(s: State, c: Cursor) -> None:
    """do body while (cond);"""
    inner, cond = c.children[0], c.children[-1]
    with s.collect() as items:
        s.out.extend(_iteration(s, inner))
        test = lift_expr.condition(s, cond)
        if not (isinstance(test, Const) and test.value):
            s.emit(If(negate(test), (Break(where=s.where(cond)),), where=s.where(cond)))
    if isinstance(test, Const) and not test.value and not jumps_out(inner):  # do { ... } while (0)
        s.out.extend(items[:-1])
        return
    s.emit(While(TRUE, body(items), where=s.where(c)))


def range_statement(s: State, c: Cursor) -> None:
    """for (T x : array)."""
    variable = next(x for x in c.children if x.kind == "VAR_DECL")
    others = [x for x in c.children if x.kind != "VAR_DECL"]
    over = lift_expr.place(s, others[0])
    if isinstance(over, Members) and len(over.parts) == 1 and others[0].type.declaration.file != s.tree.main:
        over = next(iter(over.parts.values()))  # std::array and its like
    if isinstance(over, Bound) and isinstance(over.value, Row):
        over = Array(over.value.pointer.one.base, over.value.pointer.one.offset, over.value.type)
    if not isinstance(over, Array) or not isinstance(over.type, ArrayType) or over.type.count is None:
        raise s.unsupported(c, "a range-for over something that is no array", "write a counted loop")
    t = over.type
    k = lift_memory.each(s, 0)
    with s.collect() as items:
        element = lift_memory.place_at(s, over.base, over.offset.plus(k, t.of.size), t.of, c)
        if variable.type.kind in lift_decl.REFERENCES:
            s.env[variable.key] = element
        else:
            v = lift_memory.load(s, element, c)
            mutable = variable.key in s.modified
            kind = type_of(variable.type)
            s.env[variable.key] = lift_decl.bind(s, variable.spelling, kind, v, mutable=mutable, at=c)
        s.out.extend(_iteration(s, others[-1]))
    assert isinstance(k, Var)
    made = body(items)
    s.emit(For(k.name, integer(0), integer(t.count or 0), integer(1), made, SERIAL, where=s.where(c)))


# --- counted loops -------------------------------------------------------------------------------------------------


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
    if stepped is None or cond.kind != "BINARY_OPERATOR" or cond.operator not in ("<", "<=", ">", ">=", "!="):
        return None
    variable, change, by = stepped
    t = type_of(variable.type)
    if variable.kind not in ("VAR_DECL", "PARM_DECL") or variable.type.kind == "LVALUEREFERENCE":
        return None
    if not isinstance(t, ScalarType) or not t.dtype.is_integer or t.dtype.bits < 32:
        return None
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
    declared = p.init is not None and any(d.key == variable.key for d in p.init.children)
    if declared and p.init is not None and any(d.kind == "VAR_DECL" and d.initializer is None for d in p.init.children):
        return None
    return Counted(variable, declared, op, right, compared.dtype, change, by)


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


def _steady(p: Parts, k: Counted) -> bool:
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


def _lift_counted(s: State, c: Cursor, p: Parts, k: Counted, kind: LoopKind) -> bool:
    """Emits the For; False where the loop is not of a form that For has."""
    t = type_of(k.variable.type)
    assert isinstance(t, ScalarType)
    leaves = jumps_out(p.body)
    if not _steady(p, k) or (leaves and not k.declared):
        return False
    if k.declared and k.variable.key in s.addressed:
        return False
    if k.change in (">>", "/", "<<", "*"):
        return _lift_geometric(s, c, p, k, t.dtype, kind)
    by: Expr = constant(1, t.dtype)
    if k.by is not None:
        by = cast(t.dtype, lift_expr.number(s, k.by))
    up = k.change == "+"
    if (value := known(by)) is not None and value < 0:
        by, up = integer(-value, t.dtype), not up
    if known(by) == 0 or (known(by) is None and t.dtype.is_signed and not nonnegative(by, s.nonnegative)):
        if known(by) == 0:
            return False
        s.assume(f"the step of the loop over '{k.variable.spelling}' is positive")
    if (up and k.op in (">", ">=")) or (not up and k.op in ("<", "<=")):
        return False
    if k.op == "!=" and known(by) != 1:
        return False
    lo = _initial(s, k, t.dtype)
    if lo is None:
        return False
    hi = lift_expr.number(s, k.bound)
    if up:
        _upward(s, c, p, k, t.dtype, lo, hi, by, leaves, kind)
    else:
        _downward(s, c, p, k, t.dtype, lo, hi, by, kind)
    return True


def _initial(s: State, k: Counted, dtype: DType) -> Expr | None:
    """The variable's value when the loop starts."""
    if k.declared:
        init = k.variable.initializer
        assert init is not None
        return cast(dtype, lift_expr.number(s, init))
    place = s.env.get(k.variable.key)
    if not isinstance(place, Cell) or place.base.rank != 0:
        return None
    v = lift_memory.load(s, place)
    assert isinstance(v, Number)
    return v.expr


def _upward(
    s: State, c: Cursor, p: Parts, k: Counted, dtype: DType, lo: Expr, hi: Expr, by: Expr, leaves: bool, kind: LoopKind
) -> None:
    wide = k.compared
    if wide != dtype and ((nonnegative(lo, s.nonnegative) and not leaves) or _fits(hi, dtype, lo, s.nonnegative)):
        wide = dtype  # the variable stays in its own type, else its own increment would overflow
    hi = cast(wide, hi)
    if k.op == "<=":
        hi = binary("add", hi, constant(1, wide))
    elif k.op == "!=" and not (isinstance(lo, Const) and lo.value == 0):
        s.assume(f"the loop over '{k.variable.spelling}' starts at or below its end")
    start = cast(wide, lo)
    if never(start, hi):
        if not k.declared:
            _finish(s, k, cast(dtype, start))
        return
    name = s.fresh(k.variable.spelling)
    if nonnegative(start, s.nonnegative):
        s.nonnegative.add(name)
    counter = Var(name, wide)
    with s.collect() as items:
        _with_variable(s, k, cast(dtype, counter), p.body)
    s.emit(For(name, start, hi, cast(wide, by), body(items), kind, where=s.where(c)))
    if not k.declared:
        span = binary("sub", hi, start)
        one = constant(1, wide)
        trips = binary("div", binary("add", span, binary("sub", cast(wide, by), one)), cast(wide, by))
        end = binary("add", start, binary("mul", trips, cast(wide, by)))
        _finish(s, k, cast(dtype, select(binary("lt", start, hi), end, start)))


def never(start: Expr, end: Expr) -> bool:
    """Whether a loop from ``start`` up to ``end`` is sure not to run."""
    first, last = known(start), known(end)
    return first is not None and last is not None and first >= last


def _fits(hi: Expr, dtype: DType, lo: Expr, names: set[str]) -> bool:
    value = known(hi)
    return value is not None and dtype.lowest <= value <= dtype.highest and nonnegative(lo, names)


def _downward(
    s: State, c: Cursor, p: Parts, k: Counted, dtype: DType, lo: Expr, hi: Expr, by: Expr, kind: LoopKind
) -> None:
    """for (i = a; i > b; i -= s)  ->  counting up, i computed."""
    wide = k.compared
    first = s.settle(cast(wide, lo), f"{k.variable.spelling}_first")
    last = cast(wide, hi)
    step = cast(wide, by)
    one = constant(1, wide)
    span = binary("sub", first, last)
    more = binary("sub", step, one) if k.op in (">", "!=") else step
    trips = binary("div", binary("add", span, more), step)
    test = binary("ge" if k.op == ">=" else "gt", first, last)
    runs = wide.kind == "uint" or not isinstance(test, Const)
    if runs:
        trips = select(test, trips, constant(0, wide))
    name = s.fresh(f"{k.variable.spelling}_down")
    s.nonnegative.add(name)
    current = binary("sub", first, binary("mul", Var(name, wide), step))
    with s.collect() as items:
        held = s.let(k.variable.spelling, cast(dtype, current))
        _with_variable(s, k, held, p.body)
    trips = s.settle(trips, "trips") if not k.declared else trips
    s.emit(For(name, constant(0, wide), trips, one, body(items), kind, where=s.where(c)))
    if not k.declared:
        _finish(s, k, cast(dtype, binary("sub", first, binary("mul", trips, step))))


def _lift_geometric(s: State, c: Cursor, p: Parts, k: Counted, dtype: DType, kind: LoopKind) -> bool:
    """for (int i = 16; i > 0; i >>= 1) with constants: the values are known, the loop counts them."""
    by = known(lift_expr.number(s, k.by)) if k.by is not None else None
    if by is None or not k.declared:
        return False
    lo, bound = _initial(s, k, dtype), known(lift_expr.number(s, k.bound))
    first = known(lo) if lo is not None else None
    shift = by if k.change in (">>", "<<") else by.bit_length() - 1 if by & (by - 1) == 0 else 0
    if first is None or bound is None or shift <= 0 or first < 0:
        return False
    trips, value = 0, first
    tests = {"<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__, "!=": int.__ne__}
    down = k.change in (">>", "/")
    while tests[k.op](value, bound):
        value = value >> shift if down else value << shift
        trips += 1
        if trips > 64 or value > dtype.highest:
            return False
    if trips == 0:
        return True
    name = s.fresh("step")
    s.nonnegative.add(name)
    counter = cast(dtype, binary("mul", Var(name, I32), integer(shift)))
    with s.collect() as items:
        held = s.let(k.variable.spelling, binary("shr" if down else "shl", constant(first, dtype), counter))
        _with_variable(s, k, held, p.body)
    s.emit(For(name, integer(0), integer(trips), integer(1), body(items), kind, where=s.where(c)))
    return True


def _with_variable(s: State, k: Counted, current: Expr, inner: Cursor) -> None:
    """The body with the loop variable standing for ``current``."""
    outer = s.env.get(k.variable.key)
    if not isinstance(current, Const | Var):
        current = s.let(k.variable.spelling, current)
    s.env[k.variable.key] = Bound(Number(current))
    for item in _iteration(s, inner):
        s.emit(item)
    if outer is not None:
        s.env[k.variable.key] = outer


def _finish(s: State, k: Counted, value: Expr) -> None:
    """Gives a variable that outlives the loop its last value."""
    place = s.env[k.variable.key]
    assert isinstance(place, Cell)
    lift_memory.store(s, place, Number(value))
