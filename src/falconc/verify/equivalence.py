"""The verdict on two kernels, and the defects of one: DESIGN section 7's rules in one place."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from falconc.errors import FalconcError
from falconc.frontend.unit import Instance
from falconc.ir.nodes import Apply, Buffer, Kernel
from falconc.ir.walk import walk
from falconc.verify import device, inputs, shapes
from falconc.verify.exact import Examination, Findings
from falconc.verify.floats import FloatFindings, Floats
from falconc.verify.identical import identical
from falconc.verify.options import Options
from falconc.verify.subject import Subject, only_exact
from falconc.verify.verdict import Defect, Evidence, Verdict, VerdictName

_ALGEBRAIC = frozenset(
    ["fma", "fabs", "floor", "ceil", "trunc", "round", "rint", "copysign", "fdim", "isnan", "isinf", "isfinite"]
).union(["signbit", "abs", "popcount", "clz", "ffs", "brev", "mulhi", "bitcast"])


def equivalent(a: Instance, b: Instance, options: Options | None = None) -> Verdict:
    """Compare the source ``a`` with the target ``b``; parameters correspond by position."""
    options = options or Options()
    extents = dict(a.site.extents) if a.site else {}
    sizes = (dict(a.site.sizes) if a.site else {}) | dict(options.sizes)
    found = device.runner(b) if options.devices else None
    return compare(Subject.of(a), Subject.of(b), options, sizes, extents, found)


def equivalent_kernels(a: Kernel, b: Kernel, options: Options | None = None) -> Verdict:
    """The same for two kernels without a text: floats run as lifted, rounded to nearest."""
    options = options or Options()
    return compare(Subject(a), Subject(b), options, options.sizes, {})


def compare(
    a: Subject,
    b: Subject,
    options: Options,
    sizes: Mapping[str, int],
    extents: Mapping[str, Any],
    on_device: tuple[str, device.Runner] | None = None,
) -> Verdict:
    """Compile both sides, run exact arithmetic and floats, and judge."""
    mismatch = _interface_mismatch(a.kernel, b.kernel)
    if mismatch:
        return Verdict("Unknown", "nothing ran", mismatch, Evidence(seed=options.seed))
    b = only_exact(b)
    failure = _compile((a, "source"), (b, "target"))
    if failure:
        return Verdict("Unknown", "nothing ran", failure, Evidence(seed=options.seed))
    symbolic = not options.shapes and any(s.dtype.is_integer and s.name not in sizes for s in a.kernel.scalars)
    exam = Examination(a, b, options, extents)
    plan = shapes.choose(a.kernel, b.kernel, sizes)
    _all_shapes(exam, plan, symbolic)
    if symbolic and not _hopeless(exam.found) and not exam.found.difference:
        for name, row in plan.none.items():
            exam.without(name, row)
    floats = Floats(exam, on_device)
    if exam.found.settings and not _hopeless(exam.found):
        _run_floats(exam, floats)
    return _judge(exam, floats.found, plan.roomy if symbolic else {})


def check(a: Instance, options: Options | None = None) -> tuple[tuple[Defect, ...], Evidence]:
    """Defects of one kernel on the tried inputs, and what was tried."""
    options = options or Options()
    extents = dict(a.site.extents) if a.site else {}
    sizes = (dict(a.site.sizes) if a.site else {}) | dict(options.sizes)
    return check_subject(Subject.of(a), options, sizes, extents)


def check_subject(
    subject: Subject, options: Options, sizes: Mapping[str, int], extents: Mapping[str, Any]
) -> tuple[tuple[Defect, ...], Evidence]:
    """``check`` for a kernel with or without a text."""
    subject = only_exact(subject)
    failure = _compile((subject, "kernel"))
    if failure:
        return (), Evidence(runs=(failure,), seed=options.seed)
    exam = Examination(subject, None, options, extents)
    _all_shapes(exam, shapes.choose(subject.kernel, subject.kernel, sizes), False)
    found = exam.found
    defects = tuple(found.source.defects.values())
    if found.source.failure:
        defects += (Defect("no-end", subject.kernel.name, found.source.failure),)
    if found.schedule:
        defects += (Defect("schedule-dependent", subject.kernel.name, found.schedule),)
    bad = f"; defects at {len(found.dropped)} more" if found.dropped else ""
    runs = (f"{found.source.runs} clean exact runs over {len(found.settings)} shapes, 3 schedules{bad}",)
    evidence = Evidence(
        shapes=_shapes(found),
        runs=runs,
        assumptions=_taken_for_granted(found),
        unseen_paths=tuple(found.source.unseen(False)),
        unconfirmed_intrinsics=_unconfirmed(subject),
        source_defects=defects,
        seed=options.seed,
    )
    return defects, evidence


# --- stages ----------------------------------------------------------------------------------------------------------


def _interface_mismatch(a: Kernel, b: Kernel) -> str:
    if len(a.params) != len(b.params):
        return f"the kernels take different parameters: {len(a.params)} and {len(b.params)}"
    for x, y in zip(a.params, b.params, strict=True):
        if isinstance(x, Buffer) != isinstance(y, Buffer):
            return f"parameter '{x.name}' is a buffer on one side only"
        if x.dtype != y.dtype and (isinstance(x, Buffer) or x.dtype.is_float or y.dtype.is_float):
            return f"parameter '{x.name}' is {x.dtype} in the source and {y.dtype} in the target"
    return ""


def _compile(*sides: tuple[Subject, str]) -> str:
    """Compile everything, two at a time; the first failure in words."""
    work = [(s, name, attribute) for s, name in sides for attribute in ("library", "text_library")]
    with ThreadPoolExecutor(2) as pool:
        jobs = [(name, pool.submit(getattr, s, attribute)) for s, name, attribute in work]
        for name, job in jobs:
            try:
                job.result()
            except FalconcError as error:
                place = f"{error.where}: " if error.where else ""
                return f"the {name} cannot be run here: {place}{error.what}"
    return ""


def _all_shapes(exam: Examination, plan: shapes.Plan, symbolic: bool) -> None:
    """Run the shapes asked for, else those of the plan: more of them while something is unseen."""
    found = exam.found
    main = [dict(s) for s in exam.options.shapes] or plan.main
    for order, row in enumerate(main):
        exam.shape(row, order)
        if _hopeless(found) or (order + 1 < len(main) and exam.late()):
            return
    for order, row in enumerate(plan.more if symbolic else (), len(main)):
        sides = [side for side in (found.source, found.target) if side]
        unseen = any(s.may_repeat() or len(s.unseen(True)) > len(s.unseen(False)) for s in sides)
        if found.difference or (len(found.settings) > 1 and not unseen) or exam.late():
            return
        exam.shape(row, order)
        if _hopeless(found):
            return


def _hopeless(found: Findings) -> bool:
    """True when more runs cannot change the verdict."""
    target = found.target
    return bool(found.schedule or found.target_schedule or (target and (target.defects or target.failure)))


def _run_floats(exam: Examination, floats: Floats) -> None:
    """All kinds at the first shape, one at two more; first of all what showed a difference in exact arithmetic."""
    difference = exam.found.difference
    if difference:
        guilty = [s for s in exam.found.settings if _plain_sizes(s.sizes) == dict(difference.shape)]
        for s in guilty:
            floats.setting(s, (exam.found.difference_kind, *inputs.FLOAT_KINDS))
    for k, s in enumerate(exam.found.settings):
        if floats.found.ended or (k and exam.late()):
            return
        if k < 3:
            floats.setting(s, inputs.FLOAT_KINDS if k == 0 else ("signed",))


def _plain_sizes(sizes: Mapping[str, Any]) -> dict[str, int]:
    return {k: int(v) for k, v in sizes.items() if isinstance(v, int)}


# --- judgement -------------------------------------------------------------------------------------------------------


def _judge(exam: Examination, floats: FloatFindings, roomy: Mapping[str, int]) -> Verdict:
    found = exam.found
    target = found.target
    assert target is not None
    several = bool(roomy) and len(found.settings) > 1
    unseen = [f"source {u}" for u in found.source.unseen(several)] + [f"target {u}" for u in target.unseen(several)]
    evidence = _evidence(exam, floats, unseen)
    scope = _scope(found)

    def answer(name: VerdictName, reason: str, difference: Any = None) -> Verdict:
        return Verdict(name, scope, reason, evidence, difference)

    if not found.settings:
        return answer("Unknown", _why_nothing_ran(found))
    if found.schedule:
        return answer("Unknown", f"schedule-dependent: {found.schedule}")
    if target.defects and not target.unknowns:
        d = next(iter(target.defects.values()))
        return answer("Refuted", f"the target is undefined where the source is not: {_in_words(d)}", found.difference)
    written = {site: what for site, what in target.overlaps.items() if "beside" not in what}
    if written and not found.source.overlaps:
        site, what = next(iter(written.items()))
        return answer(
            "Refuted", f"the target has a race that the source has not: {what} at {target.subject.where(site)}"
        )
    if target.failure or floats.failure:
        return answer("Refuted", f"the target did not end well: {target.failure or floats.failure}")
    if found.target_schedule:
        return answer("Refuted", f"the target depends on the order of threads: {found.target_schedule}")
    if found.source.failure or floats.source_failure:
        return answer("Unknown", f"the source did not end well: {found.source.failure or floats.source_failure}")
    if floats.mislifted:
        return answer("Unknown", floats.mislifted)
    if floats.difference:
        d = floats.difference
        reason = f"{d.buffer}[{d.index}] is {d.got!r} where the source gives {d.expected!r} ({d.inputs} inputs)"
        return answer("Refuted", reason, d)
    name, reason = _within_bound(found, unseen, roomy)
    if name == "Proved" and floats.worse:
        return answer(
            "Tested", f"equal in exact arithmetic, but the target rounds worse than the source: {floats.worse}"
        )
    if name == "Proved" and floats.zeros:
        return answer("Tested", f"equal but for the sign of a zero: {floats.zeros}")
    return answer(name, reason)


def _is_same_kernel(found: Findings) -> bool:
    target = found.target
    return (
        found.difference is None
        and target is not None
        and identical(found.source.subject.kernel, target.subject.kernel)
    )


def _within_bound(found: Findings, unseen: list[str], roomy: Mapping[str, int]) -> tuple[VerdictName, str]:
    """The verdict once the floats agree."""
    target = found.target
    assert target is not None
    if target.overlaps and not found.source.overlaps:
        site, what = next(iter(target.overlaps.items()))
        return "Tested", f"{what} at {target.subject.where(site)}, which the source has not"
    asked = [{a for a in s.subject.assumptions if a.endswith("is not null")} for s in (found.source, target)]
    if len(asked[0]) != len(asked[1]):
        return "Tested", f"one text asks whether a pointer is null, the other does not: {min(asked[0] | asked[1])}"
    fences = found.source.subject.fences, target.subject.fences
    if found.source.subject.kernel.launch and target.subject.kernel.launch and fences[0] > fences[1]:
        return (
            "Tested",
            f"{fences[0]} memory fences in the source, {fences[1]} in the target: their effect was not tried",
        )
    tried = [s.sizes for s in found.settings] + found.too_large
    small = [n for n, least in roomy.items() if all(sizes[n] < least for sizes in tried)]
    if small and found.dropped:
        return "Unknown", f"source undefined: {_in_words(found.dropped[0][1])}; equal at small sizes only"
    if _is_same_kernel(found):
        return "Proved", "both texts mean the same kernel, statement by statement; the texts' runs agree"
    for side in (found.source, target):
        if side.unknowns:
            site, what = next(iter(side.unknowns.items()))
            return "Unknown", f"{what} at {side.subject.where(site)}; floats agree within the bound"
    if found.difference:
        d = found.difference
        return "Tested", f"floats agree within the bound, but exact arithmetic differs at {d.buffer}[{d.index}]"
    for side in (found.source, target):
        if side.limits:
            site, what = next(iter(side.limits.items()))
            return "Tested", f"{what} at {side.subject.where(site)}: tried on {side.runs} runs only"
    if found.late:
        return "Tested", f"the time was over after {len(found.settings)} shapes"
    if small or (roomy and len(found.settings) < 2):
        return "Tested", f"too few shapes could be run: {found.source.failure or 'none larger than two tiles'}"
    if unseen:
        return "Tested", f"not every path was seen: {unseen[0]}"
    if found.empty:
        return "Tested", f"no finite values to compare: {found.empty[0]}"
    return "Proved", "equal in exact arithmetic, floats within the source's own rounding"


def _why_nothing_ran(found: Findings) -> str:
    if found.dropped:
        return f"source undefined: {_in_words(found.dropped[0][1])}"
    return f"the source did not end well: {found.source.failure or 'no shape could be set up'}"


def _in_words(d: Defect) -> str:
    at = f" at {inputs.describe(d.shape)}" if d.shape else ""
    return f"{d.kind} at {d.where}: {d.detail}{at}"


def _scope(found: Findings) -> str:
    if not found.settings:
        return "nothing ran"
    rows = [inputs.describe(_plain_sizes(s.sizes)) for s in found.settings]
    return ("all sizes; tried: " if _is_same_kernel(found) else "") + "; ".join(rows)


def _shapes(found: Findings) -> tuple[dict[str, int], ...]:
    return tuple(_plain_sizes(s.sizes) for s in found.settings)


def _assumptions(found: Findings) -> tuple[str, ...]:
    dropped = [
        f"not for {inputs.describe(_plain_sizes(sizes))}: there the source is undefined ({_in_words(defect)})"
        for sizes, defect in found.dropped
    ]
    dropped += [f"not tried, for want of memory: {inputs.describe(_plain_sizes(s))}" for s in found.too_large]
    return tuple(dict.fromkeys([*dropped, *_taken_for_granted(found)]))


def _taken_for_granted(found: Findings) -> tuple[str, ...]:
    out = [f"positive: {', '.join(found.positive)} (the source is undefined otherwise)"] if found.positive else []
    for side in (found.source, found.target):
        out += side.subject.assumptions if side else ()
    for side in filter(None, (found.source, found.target)):
        for site, what in side.overlaps.items():
            out.append(f"{what} at {side.subject.where(site)}, which harms nobody")
    kernel = found.source.subject.kernel
    if found.target:
        for x, y in zip(kernel.scalars, found.target.subject.kernel.scalars, strict=True):
            if x.dtype != y.dtype:
                out.append(f"{x.name} fits {min(x.dtype, y.dtype, key=lambda t: t.highest)}")
    loose = [b.name for b in kernel.buffers if not b.restrict]
    if len(loose) > 1:
        out.append(f"buffers do not overlap: {', '.join(loose)}")
    return tuple(dict.fromkeys(out))


def _unconfirmed(*subjects: Subject) -> tuple[str, ...]:
    names = {n for s in subjects for n, trust in s.intrinsics.items() if trust != "hardware"}
    return tuple(sorted(names))


def _evidence(exam: Examination, floats: FloatFindings, unseen: list[str]) -> Evidence:
    found = exam.found
    target = found.target
    assert target is not None and exam.target is not None
    compared = "nothing to compare" if not found.settings else "different" if found.difference else "equal"
    runs = (
        f"exact arithmetic: {found.source.runs} source and {target.runs} target runs over {len(found.settings)} shapes"
        f", 3 schedules: {compared}",
        f"floats: {floats.runs} runs of the texts, largest error {floats.worst:.2g} of the bound",
    )
    if floats.reordered:
        runs += (
            f"rounding: beyond the source's, within its own, as the order of operations gives, at {floats.reordered}",
        )
    if floats.device:
        runs += (f"device: {floats.device}",)
    names = {n.function for s in (exam.source, exam.target) for n in walk(s.kernel.body) if isinstance(n, Apply)}
    heuristic = sorted(n for n in names if n not in _ALGEBRAIC)
    limits = [f"{s.subject.where(k)}: {what}" for s in (found.source, target) for k, what in s.limits.items()]
    return Evidence(
        shapes=_shapes(found),
        runs=runs,
        assumptions=_assumptions(found) + _index_assumptions(exam),
        unseen_paths=tuple(unseen + limits),
        unconfirmed_intrinsics=_unconfirmed(exam.source, exam.target),
        source_defects=tuple(found.source.defects.values()),
        target_defects=tuple(target.defects.values()),
        seed=exam.options.seed,
        error_bound=f"heuristic: {', '.join(heuristic)}" if heuristic else "2^-40 a run",
    )


def _index_assumptions(exam: Examination) -> tuple[str, ...]:
    if not exam.indices or not exam.found.settings:
        return ()
    low, top = max(s.low for s in exam.found.settings), min(s.end for s in exam.found.settings)
    return tuple(f"{n} holds indices in range (tried: {low} to {top - 1})" for n in sorted(exam.indices))
