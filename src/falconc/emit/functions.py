"""One kernel as a function of the target, with its launcher where the target has launches."""

from __future__ import annotations

from collections.abc import Mapping

from falconc.emit.expressions import Expressions
from falconc.emit.scopes import names_in_scope
from falconc.emit.simt import ThreadStatements, work_of
from falconc.emit.statements import Statements
from falconc.errors import Unsupported
from falconc.ir.nodes import Binary, Buffer, Const, Expr, Kernel, Launch, Node, Param, Select
from falconc.ir.simplify_expr import negation
from falconc.ir.walk import bound_names, rewrite


def is_launched(kernel: Kernel, words: Mapping[str, str]) -> bool:
    """Whether the kernel runs on threads that a launch statement starts."""
    return kernel.launch is not None and "launch" in words


def print_kernel(kernel: Kernel, expressions: Expressions) -> str:
    """The kernel function, then its launcher."""
    _choose_names(kernel, expressions)
    expressions.place = kernel.where
    expressions.buffers.update({b.name: b for b in kernel.buffers})
    if "launch" not in expressions.words:
        return _plain_function(kernel, expressions)
    if kernel.launch is None:
        raise Unsupported(
            f"kernel '{kernel.name}' has no launch geometry", "bind its loops first (loop-bind)", kernel.where
        )
    return f"{_thread_function(kernel, expressions)}\n\n{_launcher(kernel, kernel.launch, expressions)}"


def _choose_names(kernel: Kernel, expressions: Expressions) -> None:
    """Names stay, except those the target's language or headers have taken."""
    reserved = set(expressions.words["reserved"].split())
    taken = {p.name for p in kernel.params} | set(bound_names(kernel.body)) | {kernel.name}
    expressions.names.update(names_in_scope(kernel, reserved | {kernel.name}))
    for name in sorted(taken & reserved):
        fresh = f"{name}_"
        while fresh in taken | reserved:
            fresh += "_"
        expressions.names[name] = fresh
        taken.add(fresh)


def _parameters(params: tuple[Param, ...], e: Expressions, *, restrict: bool) -> list[str]:
    out: list[str] = []
    for p in params:
        name = e.names.get(p.name, p.name)
        if not isinstance(p, Buffer):
            out.append(f"{e.type_name(p.dtype)} {name}")
            continue
        promise = f"{e.word('restrict')} " if restrict and p.restrict else ""
        out.append(f"{'const ' if p.readonly else ''}{e.type_name(p.dtype)} *{promise}{name}")
    return out


def _signature(head: str, name: str, parameters: list[str]) -> str:
    """``head name(parameters)``, broken after commas where the line would pass 100 columns."""
    start = f"{head} {name}("
    lines: list[str] = []
    current = start
    for place, parameter in enumerate(parameters):
        piece = parameter + ("," if place + 1 < len(parameters) else ")")
        if len(current) + len(piece) > 98 and current.strip():
            lines.append(current.rstrip())
            current = " " * len(start)
        current += piece + " "
    if not parameters:
        current += ")"
    return "\n".join([*lines, current.rstrip()])


def _plain_function(kernel: Kernel, e: Expressions) -> str:
    writer = Statements(e)
    parameters = _parameters(kernel.params, e, restrict=True)
    writer.block(_signature(e.word("kernel.qualifier"), kernel.name, parameters), kernel.body)
    return "\n".join(writer.lines)


def _thread_function(kernel: Kernel, e: Expressions) -> str:
    assert kernel.launch is not None
    writer = ThreadStatements(e, launch=kernel.launch)
    parameters = _parameters(kernel.params, e, restrict=True)
    writer.open(_signature(e.word("kernel.qualifier"), kernel.name, parameters))
    writer.body(kernel.body)
    writer.close()
    return "\n".join((f"// {work_of(kernel)}", *writer.lines))


def _launcher(kernel: Kernel, launch: Launch, e: Expressions) -> str:
    """The host function: geometry from the sizes, launch, error check."""
    stream = "stream"
    while stream in {p.name for p in kernel.params}:
        stream += "_"
    parameters = [*_parameters(kernel.params, e, restrict=False), f"{e.word('host.stream')} {stream}"]
    writer = Statements(e)
    writer.line("// Pointers are device memory; returns without waiting for the kernel.")
    writer.open(_signature("void", f"{kernel.name}_launch", parameters))
    local = {"grid": "grid", "block": "block"}
    for word in local:
        while local[word] in {p.name for p in kernel.params}:
            local[word] += "_"
    writer.line(f"const dim3 {local['block']}({_extents([str(n) for n in launch.block])});")
    empty, extents = _nonempty(launch.grid)
    if empty:
        writer.line(f"if ({' || '.join(dict.fromkeys(e.condition(c) for c in empty))}) return;  // nothing to do")
    writer.line(f"const dim3 {local['grid']}({_extents([_grid_extent(x, e) for x in extents])});")
    open_ended = [f"{local['grid']}.{c} == 0" for c, x in zip("xyz", launch.grid, strict=True) if not _is_constant(x)]
    if open_ended and not empty:
        writer.line(f"if ({' || '.join(open_ended)}) return;  // nothing to do")
    args = ", ".join(e.names.get(p.name, p.name) for p in kernel.params)
    call = e.word("launch").format(
        kernel=kernel.name, grid=local["grid"], block=local["block"], shared=e.text(launch.shared_bytes),
        stream=stream, args=args,
    )  # fmt: skip
    writer.line(call)
    writer.line(f"{e.word('check.macro')}({e.word('host.last_error')}());")
    writer.close()
    return "\n".join(writer.lines)


def _nonempty(grid: tuple[Expr, ...]) -> tuple[list[Expr], list[Expr]]:
    """When a grid has no blocks (its extents count up from 0), and its extents where it has some."""
    empty: list[Expr] = []

    def visit(n: Node) -> Node:
        match n:
            case Binary(op="max") if n.right == Const(0, n.dtype):
                empty.append(Binary("le", n.left, n.right))
                return n.left
            case Select() if n.orelse == Const(0, n.dtype):
                empty.append(negation(n.cond))
                return n.then
            case _:
                return n

    return empty, [rewrite(x, visit) for x in grid]


def _extents(extents: list[str]) -> str:
    while len(extents) > 1 and extents[-1] == "1":
        extents = extents[:-1]
    return ", ".join(extents)


def _grid_extent(extent: Expr, e: Expressions) -> str:
    return str(extent.value) if isinstance(extent, Const) else e.text(extent)


def _is_constant(e: Expr) -> bool:
    return isinstance(e, Const)
