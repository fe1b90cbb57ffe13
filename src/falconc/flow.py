"""The whole flow: a text and a target platform in, a translated text with its evidence out."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from falconc import emit, frontend, kin, recipe, verify
from falconc.errors import FalconcError, InternalError, SourceDefect, Unsupported, UsageError
from falconc.frontend.unit import Instance, KernelInfo, Unit
from falconc.ir.nodes import Kernel, Launch
from falconc.passes import Pass
from falconc.platform import Platform, ToolReport
from falconc.source import Source, Span
from falconc.verify import Evidence, Verdict

ALL_KERNELS = "all"


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may ask for.

    kernel: a name, ``all``, or "" for the only one. template: arguments of a template kernel ("64, float"). launch:
    geometry, where the text does not say. sizes: values of integer parameters. extents: element counts of buffers, by
    parameter. defines: macros ("N=4"). steps: a recipe in place of the platform's own pipeline. verify_steps: a verdict
    on each step too. compile: also run the real compilers found. seconds: limit of one run of one kernel.
    """

    kernel: str = ""
    template: str = ""
    launch: Launch | None = None
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    extents: Mapping[str, int] = field(default_factory=dict[str, int])
    defines: tuple[str, ...] = ()
    steps: tuple[Pass, ...] | None = None
    verify_steps: bool = False
    seed: int = 0
    seconds: float = 10.0
    compile: bool = True
    progress: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Note:
    """Something the translation decided or could not know, for the person who reads the output."""

    what: str
    where: Span | None = None


@dataclass(frozen=True, slots=True)
class KernelReport:
    """One kernel's way through: its steps and its end-to-end verdict; ``error`` says why nothing could be verified."""

    name: str
    verdict: Verdict
    steps: tuple[recipe.Record, ...] = ()
    error: FalconcError | None = None


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
        Refused: a step of the recipe is not legal.
    """
    options = options or Options()
    start = time.perf_counter()
    if origin.name == target.name:
        raise UsageError(f"source and target are both '{target.name}'", "choose another --to")
    options.progress("parsing")
    unit = load(source, origin, options)
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


# --- the parts of a request, shared by all commands ------------------------------------------------------------------


def load(source: Source, platform: Platform, options: Options) -> Unit:
    """The parsed text.

    Raises:
        UsageError: it has no kernel, or no kernel has a parameter named in ``options``.
        SourceDefect: it does not parse.
    """
    if not source.text.strip():
        raise UsageError(f"{source.name} is empty", "give a text with at least one kernel")
    unit = frontend.load(source, platform, options.defines)
    if not unit.kernels:
        table = platform.words.table
        kind = f"'{table['kernel.qualifier']}' function" if "launch" in table else "void function that takes a pointer"
        raise UsageError(f"no kernel in {source.name}", f"a kernel of platform '{platform.name}' is a {kind}")
    return unit


def chosen(unit: Unit, options: Options) -> tuple[KernelInfo, ...]:
    """The kernels the user means.

    Raises:
        UsageError: there are several and no choice, or none of that name.
    """
    names = [k.name for k in unit.kernels]
    if options.kernel == ALL_KERNELS:
        return unit.kernels
    if options.kernel:
        found = tuple(k for k in unit.kernels if k.name == options.kernel)
        if not found:
            near = difflib.get_close_matches(options.kernel, names, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"kernels: {', '.join(names)}"
            raise UsageError(f"no kernel '{options.kernel}' in {unit.source.name}", hint)
        return found
    if len(names) > 1:
        listed = ", ".join(names)
        raise UsageError(f"{len(names)} kernels in {unit.source.name}", f"pass --kernel NAME or --kernel all: {listed}")
    return unit.kernels


def instance(unit: Unit, name: str, options: Options) -> Instance:
    """Kernel ``name``, lifted as ``options`` say.

    Raises:
        UsageError: no geometry, template arguments missing, or a size of no parameter.
        Unsupported, SourceDefect: what the text uses, with its place.
    """
    lifted = frontend.instance(unit, name, options.template, options.launch, options.sizes)
    kernel = lifted.kernel
    if options.kernel == name or len(unit.kernels) == 1:
        integers = [s.name for s in kernel.scalars if s.dtype.is_integer]
        _check_names(kernel, "--size", options.sizes, integers, "integer parameter")
        _check_names(kernel, "--shape", options.extents, [b.name for b in kernel.buffers], "buffer")
    return lifted


def _check_names(kernel: Kernel, option: str, given: Mapping[str, int], known: list[str], kind: str) -> None:
    for name in given:
        if name not in known:
            listed = f"its {kind}s: {', '.join(known)}" if known else f"it has no {kind}"
            raise UsageError(f"{option} {name}: kernel '{kernel.name}' has no {kind} '{name}'", listed)


def verify_options(options: Options) -> verify.Options:
    """What the verifier is asked for."""
    return verify.Options(
        options.seed, options.sizes, options.extents, seconds=options.seconds, devices=options.compile
    )


def _target_name(source: Source, target: Platform) -> str:
    return f"{source.stem}{target.suffixes[0]}"


def _read_back(text: str, source: Source, target: Platform, defines: tuple[str, ...] = ()) -> Unit:
    """The emitted text, parsed."""
    try:
        return frontend.load(Source(_target_name(source, target), text), target, defines)
    except SourceDefect as error:
        raise InternalError(f"the emitted text does not parse: {error.what}", where=error.where) from error


# --- the two routes --------------------------------------------------------------------------------------------------

Routed = tuple[str, tuple[KernelReport, ...], tuple[Note, ...]]


def _refuse_null_checks(instance: Instance) -> None:
    """Loops have no null pointers: a text that asks for one would lose its question."""
    for sentence in instance.assumptions:
        if sentence.endswith("is not null"):
            raise Unsupported(
                f"a null check in '{instance.kernel.name}' ({sentence.removesuffix(' is not null')})",
                "make it two kernels, or a flag that says whether the buffer is there",
                instance.kernel.where,
            )


def _through_loops(unit: Unit, target: Platform, options: Options) -> Routed:
    """Lift, apply the target's pipeline (or the user's recipe), emit, and verify the emitted text."""
    steps, author = (target.pipeline, "rule") if options.steps is None else (options.steps, "user")
    checks = verify_options(options) if options.verify_steps else None
    pairs: list[tuple[Instance, tuple[recipe.Record, ...]]] = []
    for info in chosen(unit, options):
        options.progress(f"{info.name}: lifting and transforming")
        lifted = instance(unit, info.name, options)
        _refuse_null_checks(lifted)
        pairs.append((lifted, tuple(recipe.replay(lifted.kernel, steps, target, author, checks))))
    finals = [_last(i.kernel, r) for i, r in pairs]
    text = emit.emit_file(finals, target, source_name=unit.source.name)
    options.progress("reading the emitted text back")
    emitted = _read_back(text, unit.source, target)
    reports: list[KernelReport] = []
    for lifted, records in pairs:
        options.progress(f"{lifted.kernel.name}: verifying")
        reports.append(replace(_compare(lifted, emitted, lifted.kernel.name, "", None, options), steps=records))
    notes = tuple(Note(a) for i, _ in pairs for a in i.assumptions)
    return text, tuple(reports), notes


def _last(kernel: Kernel, records: tuple[recipe.Record, ...]) -> Kernel:
    """The transformed kernel, under the name of the source's."""
    final = records[-1].kernel if records else kernel
    return final if final.name == kernel.name else replace(final, name=kernel.name)


def _by_span_edits(unit: Unit, target: Platform, options: Options) -> Routed:
    """Edit the original text, then verify the kernels asked for; all without a choice, as the whole text is edited."""
    picked = chosen(unit, options) if options.kernel else unit.kernels
    result = kin.translate(unit, target)
    notes = tuple(Note(n.what, n.where) for n in result.notes)
    emitted = _read_back(result.text, unit.source, target, options.defines)
    reports: list[KernelReport] = []
    for info in picked:
        options.progress(f"{info.name}: verifying")
        try:
            lifted = instance(unit, info.name, options)
        except FalconcError as error:
            if isinstance(error, UsageError | SourceDefect) and len(picked) == 1:
                raise
            reports.append(KernelReport(info.name, _nothing_ran(error, options), error=error))
            continue
        reports.append(_compare(lifted, emitted, info.name, lifted.template, lifted.kernel.launch, options))
    return result.text, tuple(reports), notes


def _compare(
    source: Instance, emitted: Unit, name: str, template: str, launch: Launch | None, options: Options
) -> KernelReport:
    """Verify kernel ``name`` of the emitted text against ``source``."""
    try:
        twin = frontend.instance(emitted, name, template, launch, options.sizes)
    except FalconcError as error:
        return KernelReport(source.symbol, _nothing_ran(error, options, "the emitted text cannot be lifted: "))
    return KernelReport(source.symbol, verify.equivalent(source, twin, verify_options(options)))


def _nothing_ran(error: FalconcError, options: Options, prefix: str = "") -> Verdict:
    place = f"{error.where}: " if error.where else ""
    return Verdict("Unknown", "nothing ran", f"{prefix}{place}{error.what}", Evidence(seed=options.seed))
