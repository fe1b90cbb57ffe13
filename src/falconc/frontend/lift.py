"""One kernel function -> Kernel: parameters, launch axes, body, and what the body asked to be declared around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from falconc.errors import SourceDefect, Unsupported, UsageError
from falconc.frontend import lift_call, lift_jumps, lift_parameters, lift_pragmas, lift_stmt
from falconc.frontend.clang import Cursor, Tree
from falconc.frontend.lift_ops import cast, integer, known
from falconc.frontend.lift_state import Known, Retry, State
from falconc.frontend.lift_types import OpaqueType, ScalarType
from falconc.frontend.lift_types import of as type_of
from falconc.frontend.unit import CParam
from falconc.ir import spec
from falconc.ir.nodes import (
    Alloc,
    Buffer,
    Expr,
    For,
    If,
    Kernel,
    Launch,
    Param,
    Scalar,
    Stmt,
    Var,
    View,
    While,
    parallel,
)
from falconc.ir.types import I32
from falconc.ir.walk import rewrite
from falconc.platform import Platform

_RETRIES = 40  # each one adds a base to some pointer
_AXES = tuple((unit, axis) for unit in ("block", "thread") for axis in "zyx")  # outermost first


@dataclass(frozen=True, slots=True)
class Lifted:
    """A kernel and how it came about (see ``unit.Instance``)."""

    kernel: Kernel
    parameters: tuple[CParam, ...]
    assumptions: tuple[str, ...]
    intrinsics: Mapping[str, str]
    fences: int


def lift(tree: Tree, function: Cursor, name: str, platform: Platform, launch: Launch | None) -> Lifted:
    """The Kernel of ``function`` (templates resolved) called ``name``.

    launch: the geometry; None for a function that nobody launches. Names in it that are no parameters become scalar
    parameters after the others.

    Raises:
        Unsupported, SourceDefect: with the place in the text.
    """
    found = Known()
    for _ in range(_RETRIES):
        try:
            return _lift_once(tree, function, name, platform, launch, found)
        except Retry:
            continue
        except RecursionError:
            break
    raise Unsupported(
        f"the pointers of '{function.spelling}' cannot be told apart",
        "use fewer pointer variables",
        tree.span(function),
    )


def _lift_once(
    tree: Tree, function: Cursor, name: str, platform: Platform, launch: Launch | None, found: Known
) -> Lifted:
    s = State(tree, platform, launch, found, pragmas=lift_pragmas.of_text(tree.source.text))
    definition = function.definition or function
    code = next((c for c in definition.children if c.kind == "COMPOUND_STMT"), None)
    if code is None:
        raise SourceDefect(f"'{name}' has no body", "define it in this file", tree.span(function))
    params, c_params = lift_parameters.bind(s, definition)
    if launch is not None:
        launch, extra = _set_axes(s, launch, params)
        params, c_params = [*params, *extra], [*c_params, *(CParam(p.name, "int", "launch", (p.name,)) for p in extra)]
        s.launch = launch
    else:
        lift_pragmas.check(s, *_characters(tree, code))
    lift_call.scan(s, code)
    _set_result(s, definition, params, c_params)
    with s.collect() as items:
        lift_stmt.sequence(s, code.children)
    body = lift_jumps.lower(s, [*s.prologue, *items])
    for declaration, buffer in s.extra_params:
        params.append(buffer)
        c_params.append(CParam(declaration.spelling, declaration.written_type, "global", (buffer.name,)))
    made = _assembled(s, body, params)
    kernel = Kernel(name, tuple(params), made, launch, where=tree.span(function))
    spec.check(kernel)
    return Lifted(kernel, tuple(c_params), tuple(s.assumptions), dict(sorted(s.intrinsics.items())), s.fences)


def _set_result(s: State, function: Cursor, params: list[Param], c_params: list[CParam]) -> None:
    """What a function returns becomes the last parameter: a buffer of one element."""
    t = type_of(function.type.result)
    if isinstance(t, OpaqueType) and t.is_void:
        return
    if not isinstance(t, ScalarType):
        shown = function.type.result.spelling
        raise s.unsupported(function, f"a kernel that returns a '{shown}'", "return it through a pointer parameter")
    s.result = Buffer(s.fresh("result"), t.dtype, (integer(1),), "global")
    params.append(s.result)
    c_params.append(CParam("", function.type.result.spelling, "result", (s.result.name,)))


def _characters(tree: Tree, code: Cursor) -> tuple[int, int]:
    span = tree.span(code)
    return (span.offset, span.end) if span else (0, 0)


# --- the launch ------------------------------------------------------------------------------------------------------


def _set_axes(s: State, launch: Launch, params: list[Param]) -> tuple[Launch, list[Scalar]]:
    """Gives threadIdx and its like their meaning; the launch with the names it needs, and those that are new."""
    scalars = {p.name: p for p in params if isinstance(p, Scalar)}
    buffers = {p.name for p in params if isinstance(p, Buffer)}
    extra: dict[str, Scalar] = {}
    renamed: dict[str, str] = {}

    def resolve(node: Any) -> Any:
        if not isinstance(node, Var) or (node.name in scalars and scalars[node.name].dtype == node.dtype):
            return node
        if node.name in scalars:
            return cast(node.dtype, Var(node.name, scalars[node.name].dtype))
        if node.name in buffers:
            raise UsageError(f"'{node.name}' in the launch is a pointer", "give --grid and --block")
        if node.name not in renamed:
            renamed[node.name] = s.fresh(node.name)
            extra[node.name] = Scalar(renamed[node.name], node.dtype)
        return Var(renamed[node.name], node.dtype)

    grid = tuple(cast(I32, rewrite(e, resolve)) for e in launch.grid)
    shared = rewrite(launch.shared_bytes, resolve)
    for unit, axis in _AXES:
        position = "xyz".index(axis)
        extent: Expr = grid[position] if unit == "block" else integer(launch.block[position])
        s.extents[f"{unit}.{axis}"] = extent
        var = Var(s.fresh(f"{unit[0]}{axis}"), I32) if known(extent) != 1 else None
        s.axes[f"{unit}.{axis}"] = ("", integer(0)) if var is None else (var.name, var)
        if var is not None:
            s.nonnegative.add(var.name)
    return replace(launch, grid=(grid[0], grid[1], grid[2]), shared_bytes=shared), list(extra.values())


def _assembled(s: State, body: list[Any], params: list[Param]) -> tuple[Stmt, ...]:
    """The loops over blocks and threads around ``body``, shared memory and views where they belong."""
    made = tuple(_with_views(s, body))
    shared = tuple(_with_views(s, s.shared))
    views = tuple(v for p in params for v in _views_of(s, p.name))
    if s.launch is None:
        return (*views, *shared, *made)
    for unit, axis in reversed(_AXES):
        if (unit, axis) == ("block", "x"):
            made = (*views, *shared, *made)
        name, _ = s.axes[f"{unit}.{axis}"]
        if name:
            kind = parallel(f"{unit}.{axis}")
            made = (For(name, integer(0), s.extents[f"{unit}.{axis}"], integer(1), made, kind),)
    return made


def _views_of(s: State, name: str) -> list[View]:
    """Views of a buffer, and views of those."""
    return [w for v in s.view_after.get(name, []) for w in (v, *_views_of(s, v.buffer.name))]


def _with_views(s: State, body: list[Any] | tuple[Any, ...]) -> list[Any]:
    """``body`` with each view right after the declaration it shows."""
    out: list[Any] = []
    for item in body:
        match item:
            case Alloc():
                out += [item, *_views_of(s, item.buffer.name)]
            case View():
                out += [item, *_views_of(s, item.buffer.name)]
            case For() | While():
                out.append(replace(item, body=tuple(_with_views(s, item.body))))
            case If():
                out.append(
                    replace(item, then=tuple(_with_views(s, item.then)), orelse=tuple(_with_views(s, item.orelse)))
                )
            case _:
                out.append(item)
    return out
