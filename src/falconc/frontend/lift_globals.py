"""Names of file scope: constants, tables, and device variables that become extra parameters."""

from __future__ import annotations

from falconc.frontend import lift_decl, lift_expr
from falconc.frontend.clang import Cursor
from falconc.frontend.lift_ops import constant
from falconc.frontend.lift_state import State
from falconc.frontend.lift_types import ArrayType, CType, ScalarType, innermost, leaves
from falconc.frontend.lift_types import flat_dtype as flat_of
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.lift_values import ZERO, Bound, Flat, Number, Place
from falconc.ir.nodes import Buffer, Const
from falconc.ir.types import I32, U8, DType


def file_scope(s: State, declaration: Cursor, c: Cursor) -> Place:
    """The place of a variable or constant declared outside the functions being lifted."""
    if declaration.key in s.globals:
        return s.globals[declaration.key]
    check_clean(s, declaration, c)
    t = type_of(c.type)
    placed = _constant(s, declaration, t, c)
    if placed is None and declaration.has("CUDASHARED_ATTR"):
        placed = lift_decl.shared(s, declaration, type_of(declaration.type))
    if placed is None:
        placed = _table(s, declaration, type_of(declaration.type)) or _extra(s, declaration, c)
    s.globals[declaration.key] = placed
    return placed


def _constant(s: State, declaration: Cursor, t: CType, c: Cursor) -> Place | None:
    if not isinstance(t, ScalarType):
        return None
    if declaration.kind == "VAR_DECL" and not declaration.type.is_const:
        return None
    found = c.evaluate()
    if found is None and declaration.initializer:
        found = declaration.initializer.evaluate()
    if found is not None:
        return Bound(Number(constant(found, t.dtype)))
    if declaration.kind == "VAR_DECL" and declaration.initializer and not declaration.has("CUDACONSTANT_ATTR"):
        with s.collect():
            return Bound(Number(lift_expr.number(s, declaration.initializer)))
    return None


def _table(s: State, declaration: Cursor, t: CType) -> Place | None:
    """A constant array with an initialiser: an array of each thread, filled at the start."""
    fixed = declaration.type.is_const or innermost_const(declaration) or declaration.has("CUDACONSTANT_ATTR")
    init = declaration.initializer
    if not fixed or not isinstance(t, ArrayType) or init is None or init.kind == "CALL_EXPR":  # a constructor's
        return None
    if f"ToSymbol({declaration.spelling}" in s.tree.source.text.replace(" ", ""):
        return None
    with s.collect() as items:
        place = lift_decl.array(s, declaration, t)
    s.prologue += items
    return place


def innermost_const(declaration: Cursor) -> bool:
    t = declaration.type
    while t.kind == "CONSTANTARRAY":
        t = t.element
    return t.is_const


def _first_number(t: CType) -> DType | None:
    """How the bytes of a struct of several types are counted; the other types are views of them."""
    kinds = [d for d, _ in leaves(t)]
    if not kinds or None in kinds:
        return None
    return kinds[0] if kinds[0] is not None and t.size % kinds[0].size == 0 else U8


def _extra(s: State, declaration: Cursor, c: Cursor) -> Place:
    """A variable that outlives the kernel: one more parameter."""
    t = type_of(declaration.type)
    dtype = flat_of(t) or _first_number(t)
    if dtype is None:
        raise s.unsupported(
            c, f"the file-scope variable '{declaration.spelling}' of this type", "pass it as a parameter"
        )
    _, extents = innermost(t)
    if None in extents:
        raise s.unsupported(c, f"the file-scope array '{declaration.spelling}' without an extent")
    readonly = declaration.has("CUDACONSTANT_ATTR") or declaration.type.is_const or innermost_const(declaration)
    space = "constant" if declaration.has("CUDACONSTANT_ATTR") else "global"
    count = t.size // dtype.size
    name = s.fresh(declaration.spelling)
    s.extra_params.append((declaration, Buffer(name, dtype, (Const(count, I32),), space, readonly)))
    from falconc.frontend.lift_memory import place_at

    return place_at(s, Flat(name, dtype, space, 1, count, readonly), ZERO, t, c)


def check_clean(s: State, declaration: Cursor, use: Cursor | None) -> None:
    """Refuses a declaration of the user's text that clang found wrong: what it stands for is not known."""
    if declaration.file != s.tree.main:
        return
    for d in s.tree.diagnostics:
        if d.file == s.tree.main and declaration.offset <= d.offset < max(declaration.end, declaration.offset + 1):
            raise s.tree.defect(d)
