"""The texts themselves on adversarial inputs, against a bound taken from the source's own rounding behaviour."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from falconc.emulate import lower
from falconc.errors import FalconcError
from falconc.ir.nodes import Binary
from falconc.ir.walk import walk
from falconc.verify import inputs
from falconc.verify.device import Runner
from falconc.verify.exact import Examination, Setting
from falconc.verify.subject import Array, Failed, Sizes, Subject, positional, values
from falconc.verify.verdict import Difference

_NOISY_RUNS = 6  # the last one without noise
_MULTIPLE = 8.0  # of the source's spread
_REORDERED = 16.0  # so much more may another order of the same operations lose: a long sum one by one, not in a tree
_WORSE = 512.0  # and so much more another way of computing the same: no proof then
_ULPS = 4.0  # of the output's type, at least
_DIGITS = {"f16": 11, "bf16": 8, "f32": 24, "f64": 53}
_LEAST = {"f16": 6e-8, "bf16": 9.2e-41, "f32": 1.4e-45, "f64": 5e-324}  # smallest denormals
_MUST_RUN = ("signed", "ties", "positive")
_ON_DEVICE = ("signed", "positive")
_LARGEST = {"f16": 65504.0, "bf16": 3.39e38, "f32": 3.4028235e38, "f64": 1.7976931348623157e308}


@dataclass(slots=True)
class FloatFindings:
    """difference: the first one beyond the bound. failure: the target crashed or hung where the source did not."""

    difference: Difference | None = None
    failure: str = ""
    source_failure: str = ""
    mislifted: str = ""  # a text and its own lifted kernel disagree
    runs: int = 0
    worst: float = 0.0  # largest error over bound seen
    worse: str = ""  # where it loses much more
    reordered: str = ""  # where the target loses more than the source, by its own rounding
    device: str = ""  # what a real device was asked, and said
    zeros: str = ""  # where one side gives 0 and the other -0

    @property
    def ended(self) -> bool:
        return bool(self.difference or self.failure or self.source_failure or self.mislifted)


@dataclass(frozen=True, slots=True)
class _Source:
    """One run of the source: what went in, what its text gave, and its kernel's wide and noisy results."""

    arrays: Mapping[str, Array]
    expected: Mapping[str, Array]
    wide: Mapping[str, Array]
    noisy: list[dict[str, Array]]


class Floats:
    """Compares the texts of both sides."""

    def __init__(self, examination: Examination, device: tuple[str, Runner] | None = None) -> None:
        self.exam = examination
        assert examination.target is not None
        self.source, self.target = examination.source, examination.target
        self.found = FloatFindings()
        self.device = device
        self.seed = examination.options.seed

    def setting(self, setting: Setting, kinds: tuple[str, ...]) -> None:
        """All input kinds at one shape; stops at the first difference."""
        has_floats = any(b.dtype.is_float for b in self.source.kernel.buffers)
        for kind in kinds:
            if not has_floats and kind not in ("signed", "ties", "huge", "positive"):
                continue
            if self.found.runs and self.exam.late():
                return
            self._kind(setting, kind)
            if self.found.ended:
                return

    @cached_property
    def _noisy_target(self) -> Subject:
        """The target with the arithmetic that shows its own rounding."""
        return replace(self.target, modes=(lower.WIDE, lower.NOISY))

    def _kind(self, setting: Setting, kind: str) -> None:
        arrays = self.exam.arrays(setting, kind)
        sizes: Sizes = dict(setting.sizes)
        shape = {k: int(v) for k, v in sizes.items() if isinstance(v, int)}
        place = f"{kind} inputs at {inputs.describe(shape)}"
        try:
            expected = self._native(self.source, sizes, arrays)
            wide, *noisy = self._references(sizes, arrays)
        except Failed as failure:
            if kind in _MUST_RUN:
                self.found.source_failure = f"{failure} on {place}"
            return
        twin_arrays, twin_sizes = (positional(self.source, self.target, m) for m in (arrays, sizes))
        try:
            got = self._native(self.target, twin_sizes, twin_arrays)
            lifted = self._lifted(kind, twin_sizes, twin_arrays)
        except Failed as failure:
            self.found.failure = f"{failure} on {place}"
            return
        self.found.runs += 2
        source = _Source(arrays, expected, wide, noisy)
        self._judge(source, got, lifted, shape, kind, twin_sizes, twin_arrays)
        if not self.found.ended and self.device and kind in _ON_DEVICE and setting is self.exam.found.settings[0]:
            self._on_device(source, shape, kind, twin_sizes, twin_arrays)

    def _on_device(
        self, source: _Source, shape: dict[str, int], kind: str, sizes: Sizes, arrays: Mapping[str, Array]
    ) -> None:
        """The target's text on a real device, against the same bounds."""
        assert self.device
        name, run = self.device
        try:
            got = run(sizes, arrays)
        except FalconcError as error:
            self.found.device = f"{name}: not run: {error.what}"
            self.device = None
            return
        self._judge(source, got, {}, shape, f"{kind} on {name}", sizes, arrays)
        said = "beyond the bound" if self.found.difference else "within the bound"
        self.found.device = f"{name}: the target's text, compiled for it: {said}"

    def _judge(
        self,
        source: _Source,
        got: Mapping[str, Array],
        lifted: Mapping[str, Array],
        shape: dict[str, int],
        kind: str,
        sizes: Sizes,
        arrays: Mapping[str, Array],
    ) -> None:
        """Every buffer that either side writes."""
        for b, twin in zip(self.source.kernel.buffers, self.target.kernel.buffers, strict=True):
            if b.name not in source.expected and twin.name not in got:
                continue
            a = source.expected.get(b.name, source.arrays[b.name])
            plain = a.astype(np.float64)
            case = Case(
                a,
                got.get(twin.name, source.arrays[b.name]),
                source.wide.get(b.name, plain),
                [n.get(b.name, plain) for n in source.noisy],
                lifted.get(twin.name),
                twin.name,
            )
            self._conclude(b.name, b.dtype.name, case, shape, kind, sizes, arrays)
            if self.found.difference or self.found.mislifted:
                return

    def _conclude(
        self,
        name: str,
        dtype: str,
        case: Case,
        shape: dict[str, int],
        kind: str,
        twin_sizes: Sizes,
        twin_arrays: Mapping[str, Array],
    ) -> None:
        """Judge one buffer: the source text against its own kernel, the target text against the source text, then
        the target text against its own kernel."""
        bounds = _bounds(dtype, case)
        opaque = self.exam.found.source.unknowns  # then the lifted kernel says little about values
        at = _beyond_own(case, bounds) if self.source.text and not opaque else None
        if at is not None:
            self.found.mislifted = f"the source's lifted kernel disagrees with its text at {name}[{at}] ({kind} inputs)"
            return
        at = self._beyond(case, bounds)
        if at is not None:
            place = f"{name}[{at}] on {kind} inputs at {inputs.describe(shape)}"
            most = self._own_rounding(dtype, case, bounds, twin_sizes, twin_arrays)
            if most <= _REORDERED:
                self.found.reordered = place
                return
            if most <= _WORSE:
                self.found.worse = place
                return
        if at is not None:
            values_ = float(case.expected[at]), float(case.got[at])
            self.found.difference = Difference(
                name, at, *values_, float(bounds.bound[at]), shape, f"{kind}, seed {self.seed}"
            )
            return
        self._compare_zeros(name, case, kind)
        if case.lifted is not None:
            with np.errstate(all="ignore"):
                off = np.abs(case.got.astype(np.float64) - case.lifted) > 2 * bounds.bound
            off &= np.isfinite(case.lifted) & bounds.finite & (np.abs(case.lifted) <= bounds.largest)
            if off.any():
                at = int(np.argmax(off))
                self.found.mislifted = (
                    f"the target's lifted kernel disagrees with its text at {name}[{at}] ({kind} inputs)"
                )

    def _compare_zeros(self, name: str, case: Case, kind: str) -> None:
        """Remembers zeros of other signs: C tells them apart (1 / x, copysign), a sum's order or a minimum does not."""
        if case.expected.dtype.kind in "iub" or self.found.zeros or self._free_zeros:
            return
        a, t = case.expected.astype(np.float64), case.got.astype(np.float64)
        apart = (a == 0) & (t == 0) & (np.signbit(a) != np.signbit(t))
        if apart.any():
            self.found.zeros = f"{name}[{int(np.argmax(apart))}] on {kind} inputs"

    @cached_property
    def _free_zeros(self) -> bool:
        """Whether a kernel takes minima or maxima of floats: C leaves the sign of a zero among them open."""
        nodes = (n for s in (self.source, self.target) for n in walk(s.kernel.body))
        return any(isinstance(n, Binary) and n.op in ("min", "max") and n.dtype.is_float for n in nodes)

    def _own_rounding(self, dtype: str, case: Case, bounds: Bounds, sizes: Sizes, arrays: Mapping[str, Array]) -> float:
        """How much wider than the source's bound the target's own is, where what is beyond the one is within the other:
        the same operations in another order. Infinite where that is no explanation, or exact arithmetic differs."""
        if dtype not in _DIGITS or self.exam.found.difference is not None or case.buffer not in arrays:
            return math.inf
        try:
            runs = self._noisy_target.lowered_often(
                lower.NOISY, sizes, arrays, _NOISY_RUNS, seed=self.seed, limits=self.exam.limits
            )
        except (Failed, FalconcError):
            return math.inf
        wide, *noisy = (values(r.words[case.buffer], np.dtype(np.float64)) for r in runs if case.buffer in r.words)
        own = _bounds(dtype, Case(case.got, case.got, wide, noisy, None, case.buffer))
        got = case.got.astype(np.float64)
        with np.errstate(all="ignore"):
            error = np.minimum(np.abs(got - bounds.reference), np.abs(got - case.expected.astype(np.float64)))
            explained = (error <= own.bound) & bounds.finite & own.finite
            bad = self._bad(case, bounds)
            wider = np.where(bad, own.bound / bounds.bound, 0.0)
        return math.inf if (bad & ~explained).any() else float(np.max(wider, initial=0.0))

    def _native(self, subject: Subject, sizes: Sizes, arrays: Mapping[str, Array]) -> dict[str, Array]:
        return subject.native(sizes, arrays, seed=self.seed, limits=self.exam.limits)

    def _references(self, sizes: Sizes, arrays: Mapping[str, Array]) -> list[dict[str, Array]]:
        """The source in wide arithmetic, then several times in noisy arithmetic."""
        runs = self.source.lowered_often(
            lower.NOISY, sizes, arrays, _NOISY_RUNS, seed=self.seed, limits=self.exam.limits
        )
        return [{n: values(w, _double_or_whole(arrays[n].dtype)) for n, w in r.words.items()} for r in runs]

    def _lifted(self, kind: str, sizes: Sizes, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """What the target's lifted kernel gives in doubles; nothing where there is no text to compare it with."""
        if self.target.text is None or kind not in _MUST_RUN:
            return {}
        run = self.target.lowered(lower.EXACT, sizes, arrays, seed=self.seed, limits=self.exam.limits)
        if run.defects or run.unknowns:
            return {}
        kinds = {n: a.dtype if a.dtype.kind in "iub" else np.float64 for n, a in arrays.items()}
        return {n: values(w, kinds[n]).astype(np.float64) for n, w in run.words.items()}

    def _beyond(self, case: Case, bounds: Bounds) -> int | None:
        """First element of the target beyond its bound."""
        bad = self._bad(case, bounds)
        return int(np.argmax(bad)) if bad.any() else None

    def _bad(self, case: Case, bounds: Bounds) -> Array:
        """Which elements of the target are beyond their bounds."""
        with np.errstate(all="ignore"):
            a, t = case.expected.astype(np.float64), case.got.astype(np.float64)
            error = np.minimum(np.abs(t - a), np.abs(t - bounds.reference))
            error = np.where(case.got == case.expected, 0.0, error)
            finite = np.isfinite(a)
            same_class = (np.isnan(a) & np.isnan(t)) | (a == t)
            bad = finite & ~(error <= bounds.bound)
            bad &= bounds.finite | np.isfinite(t)
            bad |= ~finite & bounds.steady & ~same_class
            ratio = np.where(finite & np.isfinite(t) & (bounds.bound > 0), error / bounds.bound, 0.0)
        if ratio.size:
            self.found.worst = max(self.found.worst, float(np.nanmax(ratio)))
        return bad


@dataclass(frozen=True, slots=True)
class Case:
    """One buffer after one run. expected, got: the texts'; wide, noisy: the source kernel's; lifted: the target's."""

    expected: Array
    got: Array
    wide: Array
    noisy: list[Array]
    lifted: Array | None
    buffer: str  # the target's name


@dataclass(frozen=True, slots=True)
class Bounds:
    """Per element: the reference, the bound around it; are all noisy runs of one class, and is it the finite one."""

    reference: Array
    bound: Array
    steady: Array
    finite: Array
    largest: float


def _beyond_own(case: Case, bounds: Bounds) -> int | None:
    """First element where a text does not do what its lifted kernel does, rounded to nearest or not at all."""
    a, nearest = case.expected.astype(np.float64), case.noisy[-1].astype(np.float64)
    with np.errstate(all="ignore"):
        error = np.minimum(np.abs(a - bounds.reference), np.abs(a - nearest))
        bad = bounds.finite & ~(error <= bounds.bound) & (a != nearest)
    return int(np.argmax(bad)) if bad.any() else None


def _double_or_whole(dtype: Any) -> Any:
    return np.dtype(np.int64) if np.dtype(dtype).kind in "iub" else np.dtype(np.float64)


def _bounds(dtype: str, case: Case) -> Bounds:
    """A multiple of the source's spread under noise, and a few units in the last place of the output's type."""
    with np.errstate(all="ignore"):
        if dtype not in _DIGITS:
            return _whole_bounds(case)
        largest = _LARGEST[dtype]
        wide = case.wide
        fitted = np.where(np.abs(wide) > largest * (1 + 2.0 ** -_DIGITS[dtype]), np.sign(wide) * np.inf, wide)
        kinds = [_class(n) for n in case.noisy]
        steady = (_class(fitted) == kinds[0]) & np.all([k == kinds[0] for k in kinds], axis=0)
        spread = np.max([np.abs(n - fitted) for n in case.noisy], axis=0)
        spread = np.where(np.isfinite(spread), spread, 0.0)
        usual = float(np.median(spread)) if spread.size else 0.0
        scale = np.where(np.isfinite(fitted), np.abs(fitted), 0.0)
        ulp = np.maximum(scale * 2.0 ** (1 - _DIGITS[dtype]), _LEAST[dtype])
        bound = _MULTIPLE * np.maximum(spread, usual) + _ULPS * ulp
    return Bounds(fitted, bound, steady, steady & (kinds[0] == 0), largest)


def _whole_bounds(case: Case) -> Bounds:
    """Integers may move only as far as noise moves the source's."""
    wide = case.wide.astype(np.float64)
    noisy = [n.astype(case.expected.dtype).astype(np.float64) for n in case.noisy]
    reference = case.wide.astype(case.expected.dtype).astype(np.float64)
    bound = np.max([np.abs(n - reference) for n in noisy], axis=0)
    everywhere = np.ones(wide.shape, np.bool_)
    return Bounds(reference, bound, everywhere, everywhere, float("inf"))


def _class(x: Array) -> Array:
    """0 finite, 1 +inf, 2 -inf, 3 NaN."""
    return np.where(np.isnan(x), 3, np.where(x == np.inf, 1, np.where(x == -np.inf, 2, 0)))
