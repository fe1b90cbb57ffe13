"""Text in, kernels out: ``load`` parses a text, ``instance`` lifts one of its kernels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from falconc.errors import SourceDefect, UsageError
from falconc.frontend import clang, find, geometry
from falconc.frontend.launch import launches
from falconc.frontend.lift import lift
from falconc.frontend.unit import Instance, KernelInfo, LaunchSite, Unit
from falconc.ir.nodes import Launch
from falconc.platform import Platform
from falconc.source import Source

__all__ = ["Instance", "Unit", "instance", "load", "sites_of"]


def load(source: Source, platform: Platform, defines: tuple[str, ...] = ()) -> Unit:
    """Parse ``source`` as a text of ``platform``. defines: macros as on a compiler's command line ("N=4").

    Raises:
        SourceDefect: the text has an error and no kernel can be told from it.
    """
    tree = clang.parse(source, platform, defines)
    found = find.kernels(tree, platform)
    defect = find.complain(tree)
    if defect is not None and not found:
        raise defect
    return Unit(source, platform, found, tree, defines)


def sites_of(unit: Unit, name: str) -> tuple[LaunchSite, ...]:
    """The launches of kernel ``name`` in the host code of the text."""
    return tuple(s for s in launches(unit) if s.kernel == name)


def instance(
    unit: Unit,
    name: str,
    template: str = "",
    launch: Launch | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Instance:
    """Lift kernel ``name``, for the template arguments given or those of its launch in the text.

    launch: geometry, where the text does not say or another one is wanted (a ``// falconc:`` line says it too).
    sizes: values of scalar parameters, for a launch whose block depends on them.

    Raises:
        UsageError: no such kernel; no geometry; template arguments missing.
        Unsupported, SourceDefect: what the text uses, with its place.
    """
    info = next((k for k in unit.kernels if k.name == name), None)
    if info is None:
        raise find.complain(unit.tree) or UsageError(
            f"no kernel '{name}' in {unit.source.name}", f"kernels: {', '.join(k.name for k in unit.kernels)}"
        )
    _check_definition(unit, info)
    sites = sites_of(unit, name)
    hint = geometry.chosen(geometry.hints(unit.source), name)
    site = _chosen(sites, template or hint.template)
    arguments = template or hint.template or (site.template_args if site else "")
    shape = launch or hint.launch or (site.launch if site else None)
    if shape is None and "launch" in unit.platform.words.table:
        raise _no_geometry(info, sites)
    _check_limits(unit, info, shape)
    tree, function, symbol = find.function_of(unit, info, arguments)
    used = unit if tree is unit.tree else replace(unit, tree=tree)
    lifted = lift(tree, function, name, unit.platform, shape)
    notes = lifted.assumptions
    if site is not None and len({(s.template_args, s.launch) for s in sites}) > 1:
        notes += (f"'{name}' is launched in {len(sites)} ways; verified as launched at line {site.where.line}",)
    if hint.sizes or hint.extents:
        site = LaunchSite(name, arguments, shape, hint.where or info.where, "", hint.sizes, hint.extents)
    return Instance(used, lifted.kernel, symbol, lifted.parameters, site, notes, lifted.intrinsics, lifted.fences)


def _chosen(sites: tuple[LaunchSite, ...], template: str) -> LaunchSite | None:
    """The launch that is meant: of the instance asked for, with a geometry that is understood if there is one."""
    wanted = "".join(template.split())
    matching = [s for s in sites if not wanted or "".join(s.template_args.split()) == wanted] or list(sites)
    return next((s for s in matching if s.launch), matching[0] if matching else None)


def _check_definition(unit: Unit, info: KernelInfo) -> None:
    """Raises the first error inside the kernel's own text."""
    for d in unit.tree.diagnostics:
        if d.file != unit.tree.main:
            continue
        if info.where.offset <= unit.tree.place(d.offset, d.offset + d.length).offset < info.where.end:
            raise unit.tree.defect(d)


def _check_limits(unit: Unit, info: KernelInfo, launch: Launch | None) -> None:
    """A block larger than the platform can launch is a defect of the launch."""
    most = unit.platform.limits.get("threads.block", 0)
    threads = math.prod(launch.block) if launch else 0
    if most and threads > most:
        what = f"'{info.name}' is launched with {threads} threads a block; {unit.platform.title} has at most {most}"
        raise SourceDefect(what, "use smaller blocks", info.where)


def _no_geometry(info: KernelInfo, sites: tuple[LaunchSite, ...]) -> UsageError:
    how = "pass --grid X[,Y[,Z]] and --block X[,Y[,Z]] (numbers, or expressions over integer parameters)"
    if not sites:
        return UsageError(f"no launch of '{info.name}' in the text: its grid and block are not known", how, info.where)
    return UsageError(f"the launch of '{info.name}' is not understood: {sites[0].reason}", how, sites[0].where)
