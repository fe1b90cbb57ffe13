"""Loops: counted ones become For with bounds evaluated once, the others While."""

from __future__ import annotations

from falconc.frontend import lift_counted, lift_decl, lift_expr, lift_memory, lift_pragmas, lift_rows, lift_stmt
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_counted import Counted, Parts
from falconc.frontend.lift_ops import TRUE, binary, cast, constant, integer, known, negate, nonnegative, select
from falconc.frontend.lift_scan import jumps_out
from falconc.frontend.lift_state import Block, Item, State, body
from falconc.frontend.lift_types import ArrayType, ScalarType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import Array, Bound, Cell, Members, Number, Row
from falconc.ir.nodes import SERIAL, UNROLLED, Break, Const, Expr, For, If, LoopKind, Var, While
from falconc.ir.types import I32, DType


def for_statement(s: State, c: Cursor, unrolled: bool = False) -> None:
    """for (init; cond; step) body."""
    p = lift_counted.parts_of(s, c)
    kind = lift_pragmas.kind_of(s, c) or (UNROLLED if unrolled else SERIAL)
    counted = lift_counted.recognise(p)
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
    k = lift_rows.each(s, 0)
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


def _lift_counted(s: State, c: Cursor, p: Parts, k: Counted, kind: LoopKind) -> bool:
    """Emits the For; False where the loop is not of a form that For has."""
    t = type_of(k.variable.type)
    assert isinstance(t, ScalarType)
    leaves = jumps_out(p.body)
    if not lift_counted.steady(p, k) or (leaves and not k.declared):
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
    hi = _bound(s, k)
    if up:
        _upward(s, c, p, k, t.dtype, lo, hi, by, leaves, kind)
    else:
        _downward(s, c, p, k, t.dtype, lo, hi, by, kind)
    return True


def _bound(s: State, k: Counted) -> Expr:
    return constant(0, k.compared) if k.bound is None else lift_expr.number(s, k.bound)


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
    lo, bound = _initial(s, k, dtype), known(_bound(s, k))
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
