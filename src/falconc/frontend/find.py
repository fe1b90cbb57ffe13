"""Finds the kernels of a parsed text, and the one instance that is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from falconc.errors import SourceDefect, UsageError
from falconc.frontend import clang
from falconc.frontend.clang import Cursor, Tree
from falconc.frontend.unit import KernelInfo, Unit
from falconc.platform import Platform

_HOLDER = "falconc_instance"
_PARAMETER_KINDS = ("TEMPLATE_TYPE_PARAMETER", "TEMPLATE_NON_TYPE_PARAMETER", "TEMPLATE_TEMPLATE_PARAMETER")


def kernels(tree: Tree, platform: Platform) -> tuple[KernelInfo, ...]:
    """The kernels defined in the text, in its order."""
    found: dict[str, KernelInfo] = {}
    for c in kernel_cursors(tree, platform):
        span = tree.span(c)
        if span is None:
            continue
        template = tuple(_spelling(tree, x) for x in c.children if x.kind in _PARAMETER_KINDS)
        parameters = tuple(f"{x.written_type} {x.spelling}" for x in _parameters(c))
        found[c.spelling] = KernelInfo(c.spelling, template, parameters, span)
    return tuple(found.values())


def _parameters(c: Cursor) -> list[Cursor]:
    return c.arguments or [x for x in c.children if x.kind == "PARM_DECL"]


def _spelling(tree: Tree, c: Cursor) -> str:
    span = tree.span(c)
    return re.sub(r"\s+", " ", span.text) if span else c.spelling


def kernel_cursors(tree: Tree, platform: Platform) -> Iterator[Cursor]:
    """Definitions of kernels: functions marked as such. Where a platform has no launches: functions that take memory;
    those that others may call and that give nothing back before static ones and those with a result."""
    functions = [
        c
        for c in tree.declarations()
        if c.kind in ("FUNCTION_DECL", "FUNCTION_TEMPLATE") and any(x.kind == "COMPOUND_STMT" for x in c.children)
    ]
    if "launch" in platform.words.table:
        yield from (c for c in functions if c.has("CUDAGLOBAL_ATTR") or "ir:kernel" in c.notes)
        return
    taking = [c for c in functions if c.kind == "FUNCTION_DECL" and c.spelling != "main" and _takes_memory(c)]
    void = [c for c in taking if c.type.result.spelling == "void"]
    yield from [c for c in void if c.storage != "STATIC"] or void or taking


def _takes_memory(c: Cursor) -> bool:
    return any(p.type.kind in ("POINTER", "CONSTANTARRAY", "INCOMPLETEARRAY", "VARIABLEARRAY") for p in c.arguments)


def complain(tree: Tree, tail_from: int | None = None) -> SourceDefect | None:
    """The first error of the text as a defect with its place; None if there is none."""
    for d in tree.diagnostics:
        if d.file in (tree.main, ""):
            if tail_from is not None and d.offset >= tail_from:
                continue
            return tree.defect(d)
    return None


def function_of(unit: Unit, info: KernelInfo, template: str) -> tuple[Tree, Cursor, str]:
    """(tree, function with templates resolved, the callee as C++ spells it) of one instance."""
    cursors = [c for c in kernel_cursors(unit.tree, unit.platform) if c.spelling == info.name]
    if not cursors:
        raise UsageError(f"no kernel '{info.name}' in {unit.source.name}")
    cursor = cursors[-1]
    qualified = cursor.qualified
    if not info.template_params:
        return unit.tree, cursor, qualified
    arguments = template.strip().removeprefix("<").removesuffix(">").strip()
    if not arguments and not _all_defaulted(info):
        listed = ", ".join(info.template_params)
        raise UsageError(
            f"'{info.name}' is a template over {listed}",
            "pass --template ARGUMENTS, e.g. --template '16, float', or launch it in the text",
            info.where,
        )
    symbol = f"{qualified}<{arguments}>"
    tree = clang.parse(unit.source, unit.platform, unit.defines, f"static auto {_HOLDER} = &{symbol};")
    return tree, _instance(tree, symbol, info, len(unit.source.text.encode())), symbol


def _all_defaulted(info: KernelInfo) -> bool:
    return all("=" in p for p in info.template_params)


def _instance(tree: Tree, symbol: str, info: KernelInfo, tail_from: int) -> Cursor:
    for c in reversed(tree.root.children):
        if c.kind == "VAR_DECL" and c.spelling == _HOLDER:
            for x in c.walk():
                if x.kind == "DECL_REF_EXPR" and x.referenced and x.referenced.kind == "FUNCTION_DECL":
                    return x.referenced
    said = [d.message for d in tree.diagnostics if d.offset >= tail_from and d.file in (tree.main, "")]
    defect = complain(tree, tail_from)
    if defect is not None and defect.where and info.where.offset <= defect.where.offset < info.where.end:
        raise defect
    reason = next((m for m in said if _HOLDER not in m), "the arguments do not fit the parameters")
    raise UsageError(
        f"'{symbol}' cannot be instantiated: {reason}", f"it takes {', '.join(info.template_params)}", info.where
    )
