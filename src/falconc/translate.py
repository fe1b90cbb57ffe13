"""The whole flow: a text and a target platform in, a translated text with its evidence out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from falconc import emit, frontend, kin, recipe, verify
from falconc.errors import FalconcError, UsageError
from falconc.frontend.unit import Instance, KernelInfo, Unit
from falconc.ir.nodes import Kernel, Launch
from falconc.passes import Pass
from falconc.platform import Platform, ToolReport
from falconc.source import Source, Span
from falconc.verify.verdict import Evidence, Verdict

ALL_KERNELS = "all"


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may ask for.

    kernel: a name, ``all``, or "" for the only one. template: arguments of a template kernel ("64, float"). launch:
    geometry, where the text does not say. sizes: values of integer parameters. extents: element counts of buffers, by
    parameter. steps: a recipe in place of the platform's own pipeline. compile: also run the real compilers found.
    """

    kernel: str = ""
    template: str = ""
    launch: Launch | None = None
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    extents: Mapping[str, int] = field(default_factory=dict[str, int])
    steps: tuple[Pass, ...] | None = None
    seed: int = 0
    compile: bool = True
    progress: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Note:
    """Something the translation decided or could not know, for the person who reads the output."""

    what: str
    where: Span | None = None


@dataclass(frozen=True, slots=True)
class KernelReport:
    """One kernel's way through: its steps and its end-to-end verdict."""

    name: str
    verdict: Verdict
    steps: tuple[recipe.Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """The result. route: "kin" (span edits) or "re-targeted" (through the loop IR)."""

    source: Source
    source_platform: Platform
    target: Platform
    route: str
    text: str
    kernels: tuple[KernelReport, ...]
    notes: tuple[Note, ...]
    compiled: tuple[ToolReport, ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all kernels."""
        return min((k.verdict for k in self.kernels), key=lambda v: v.rank)


def translate(source: Source, origin: Platform, target: Platform, options: Options | None = None) -> Translation:
    """Translate ``source`` from platform ``origin`` to ``target`` and verify the emitted text against the source text.

    Raises:
        UsageError: the request is not complete (no kernel, no geometry, same platform).
        SourceDefect: the text does not parse.
        Unsupported: the text uses something falconc does not know.
    """
    options = options or Options()
    start = time.perf_counter()
    if origin.name == target.name:
        raise UsageError(f"source and target are both '{target.name}'", "choose another --to")
    options.progress("parsing")
    unit = frontend.load(source, origin)
    if not unit.kernels:
        raise UsageError(f"no kernel in {source.name}", "give a file with at least one kernel definition")
    if kin.applies(origin, target):
        text, reports, notes = _by_span_edits(unit, target, options)
        route = "kin"
    else:
        text, reports, notes = _through_loops(unit, target, options)
        route = "re-targeted"
    compiled: tuple[ToolReport, ...] = ()
    if options.compile:
        options.progress("compiling with the tools found")
        compiled = tuple(target.toolchain.compile(Source(_target_name(source, target), text)))
    seconds = time.perf_counter() - start
    return Translation(source, origin, target, route, text, reports, notes, compiled, seconds)


def _target_name(source: Source, target: Platform) -> str:
    return f"{source.stem}{target.suffixes[0]}"


def _chosen(unit: Unit, options: Options) -> tuple[KernelInfo, ...]:
    """The kernels the user means."""
    names = [k.name for k in unit.kernels]
    if options.kernel == ALL_KERNELS:
        return unit.kernels
    if options.kernel:
        found = tuple(k for k in unit.kernels if k.name == options.kernel)
        if not found:
            raise UsageError(f"no kernel '{options.kernel}' in {unit.source.name}", f"kernels: {', '.join(names)}")
        return found
    if len(names) > 1:
        listed = ", ".join(names)
        raise UsageError(f"{len(names)} kernels in {unit.source.name}", f"pass --kernel NAME or --kernel all: {listed}")
    return unit.kernels


def _verify_options(options: Options) -> verify.Options:
    return verify.Options(seed=options.seed, sizes=options.sizes, extents=options.extents)


def _through_loops(
    unit: Unit, target: Platform, options: Options
) -> tuple[str, tuple[KernelReport, ...], tuple[Note, ...]]:
    """Lift, apply the target's pipeline (or the user's recipe), emit, and verify the emitted text."""
    pairs: list[tuple[Instance, list[recipe.Record]]] = []
    for info in _chosen(unit, options):
        options.progress(f"{info.name}: lifting and transforming")
        instance = frontend.instance(unit, info.name, options.template, options.launch, options.sizes)
        steps = target.pipeline if options.steps is None else options.steps
        author = "rule" if options.steps is None else "user"
        pairs.append((instance, recipe.replay(instance.kernel, steps, target, author)))
    text = emit.emit_file([_last(i.kernel, r) for i, r in pairs], target, source_name=unit.source.name)
    options.progress("reading the emitted text back")
    emitted = frontend.load(Source(_target_name(unit.source, target), text), target)
    reports: list[KernelReport] = []
    for instance, records in pairs:
        options.progress(f"{instance.kernel.name}: verifying")
        twin = frontend.instance(emitted, instance.kernel.name)
        verdict = verify.equivalent(instance, twin, _verify_options(options))
        reports.append(KernelReport(instance.symbol, verdict, tuple(records)))
    notes = tuple(Note(a) for i, _ in pairs for a in i.assumptions)
    return text, tuple(reports), notes


def _last(kernel: Kernel, records: list[recipe.Record]) -> Kernel:
    """The transformed kernel, with the launch geometry of the source carried over where a pass kept none."""
    final = records[-1].kernel if records else kernel
    return final if final.name == kernel.name else replace(final, name=kernel.name)


def _by_span_edits(
    unit: Unit, target: Platform, options: Options
) -> tuple[str, tuple[KernelReport, ...], tuple[Note, ...]]:
    """Edit the original text, then verify every kernel instance that has a geometry."""
    result = kin.translate(unit, target)
    notes = tuple(Note(n.what, n.where) for n in result.notes)
    emitted = frontend.load(Source(_target_name(unit.source, target), result.text), target)
    chosen = unit.kernels if not options.kernel else _chosen(unit, options)
    reports: list[KernelReport] = []
    for info in chosen:
        options.progress(f"{info.name}: verifying")
        reports.append(_verify_twin(unit, emitted, info.name, options))
    return result.text, tuple(reports), notes


def _verify_twin(unit: Unit, emitted: Unit, name: str, options: Options) -> KernelReport:
    """Verify the kernel ``name`` of both texts; what cannot be lifted or launched is Unknown, with the reason."""
    try:
        instance = frontend.instance(unit, name, options.template, options.launch, options.sizes)
        twin = frontend.instance(emitted, name, _template_of(instance), instance.kernel.launch, options.sizes)
        return KernelReport(instance.symbol, verify.equivalent(instance, twin, _verify_options(options)))
    except FalconcError as error:
        place = f"{error.where}: " if error.where else ""
        reason = f"{place}{error.what}" + (f" ({error.next_step})" if error.next_step else "")
        return KernelReport(name, Verdict("Unknown", "nothing ran", reason, Evidence(seed=options.seed)))


def _template_of(instance: Instance) -> str:
    """The template arguments in ``instance.symbol``: "64, float" for "k<64, float>", "" for "k"."""
    symbol = instance.symbol.strip()
    return symbol[symbol.index("<") + 1 : symbol.rindex(">")] if symbol.endswith(">") else ""
