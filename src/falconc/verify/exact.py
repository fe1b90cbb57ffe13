"""Exact arithmetic on both kernels over a list of shapes: limits, races, schedules, paths, equality in the fields."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from falconc.emulate import lower, sandbox
from falconc.ir.nodes import Buffer
from falconc.ir.types import DType
from falconc.verify import inputs
from falconc.verify.coverage import Side
from falconc.verify.inputs import Kind, Pool
from falconc.verify.options import Options
from falconc.verify.subject import Array, Failed, Run, Sizes, Subject, evaluate, positional
from falconc.verify.verdict import Defect, Difference

_ABSENT = np.uint64(0xFFFFFFFFFFFFFFFF)
_MOST_BYTES = 1 << 24  # of one buffer whose extent is inferred
_FIRST_TOP = 11  # index data is drawn below this, and a little below zero, where no extent is known
_LAST_TOP = 2048  # ... or below this, to pass the constants that the kernels compare with
_BEYOND = -2  # index data is so far outside as well, where the source stops it
_SCHEDULES = (1, 2)
_NO_SCHEDULES = 1000  # the order of a shape that other schedules are not tried for
_RUNS = 3  # all runs together may take so many times the limit of one


@dataclass(slots=True)
class Setting:
    """One shape: sizes by the source's names, element counts by its buffers; index data is low <= i < top."""

    sizes: dict[str, Any]
    extents: dict[str, int]
    low: int
    top: int
    given: frozenset[str]

    @property
    def end(self) -> int:
        """One past the largest index drawn: beyond the top as well, as long as it goes below zero."""
        return self.top - self.low


@dataclass(slots=True)
class Findings:
    """What exact arithmetic showed. settings: shapes that ran clean in the source; dropped: those that did not."""

    source: Side
    target: Side | None
    settings: list[Setting] = field(default_factory=list[Setting])
    dropped: list[tuple[dict[str, Any], Defect]] = field(default_factory=list[tuple[dict[str, Any], Defect]])
    difference: Difference | None = None
    difference_kind: str = ""
    schedule: str = ""
    target_schedule: str = ""
    empty: list[str] = field(default_factory=list[str])
    positive: list[str] = field(default_factory=list[str])  # sizes without which the source is undefined
    too_large: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])  # shapes that need too much memory
    late: bool = False  # the time for all runs together was over before all were done


class Examination:
    """Runs the shapes one after another and gathers findings."""

    def __init__(self, source: Subject, target: Subject | None, options: Options, extents: Mapping[str, Any]) -> None:
        self.source, self.target, self.options = source, target, options
        self.known_extents = extents
        self.pool: Pool = inputs.pool_of([source.kernel] + ([target.kernel] if target else []))
        self.indices = inputs.index_like(source.kernel) | self._target_indices()
        self.limits = sandbox.Limits(seconds=options.seconds)
        self.deadline = time.monotonic() + _RUNS * options.seconds
        self.found = Findings(Side.of(source), Side.of(target) if target else None)

    def late(self) -> bool:
        """Whether the time for all runs together is over."""
        self.found.late = self.found.late or time.monotonic() > self.deadline
        return self.found.late

    def _target_indices(self) -> set[str]:
        if self.target is None:
            return set()
        names = {b.name: a.name for a, b in zip(self.source.kernel.params, self.target.kernel.params, strict=True)}
        return {names[n] for n in inputs.index_like(self.target.kernel)}

    def shape(self, sizes: Mapping[str, int], order: int) -> None:
        """Everything exact arithmetic does for one shape; the first ones get other schedules too."""
        setting = self.setting(sizes)
        if setting is None:
            return
        settled = self._settled(setting)
        if settled is None:
            return
        hopeful: dict[str, Array] = {}
        for kind in inputs.EXACT_KINDS:
            if kind.name == "positive" and all(f.all() for f in hopeful.values()):
                continue
            run = settled.get(kind.name) or self._source_run(setting, kind)
            if run is None:
                return
            self._kind(setting, kind, order, hopeful, run)
        self.found.settings.append(setting)
        for name, finite in hopeful.items():
            if not finite.all():
                at = int(np.argmin(finite))
                self.found.empty.append(f"{name}[{at}] was never finite at {inputs.describe(setting.sizes)}")

    def without(self, name: str, sizes: Mapping[str, int]) -> None:
        """The shape with nothing along ``name``. Where the source is undefined then, it is taken to be positive."""
        found, source = self.found, self.found.source
        kept = list(found.dropped), dict(source.defects), source.failure, list(found.empty), list(found.too_large)
        before = len(found.settings)
        self.shape(sizes, _NO_SCHEDULES)
        if len(found.settings) == before:
            found.positive.append(name)
        found.dropped, source.defects, source.failure, found.empty, found.too_large = kept

    # --- extents -------------------------------------------------------------------------------------------------

    def setting(self, sizes: Mapping[str, int]) -> Setting | None:
        """``sizes`` with the extents of all buffers, inferred by a run where nothing tells; None if it does not end."""
        full: dict[str, Any] = dict(sizes)
        for s in self.source.kernel.scalars:
            if s.dtype.is_float:
                full[s.name] = inputs.numpy_type(s.dtype).type(0.5)
        given: dict[str, int] = {}
        for b in self.source.kernel.buffers:
            count = self._given_extent(b.name, b.shape, full)
            if count is not None:
                given[b.name] = count
        extents = {b.name: given.get(b.name, 1) for b in self.source.kernel.buffers}
        first = max([v + 2 for v in self.pool.integers if v + 2 <= _LAST_TOP], default=0)
        top = min([v for n, v in given.items() if n not in self.indices], default=max(_FIRST_TOP, first))
        setting = Setting(full, extents, _BEYOND, top, frozenset(given))
        if len(given) < len(extents):
            run = self._run(self.source, setting, Kind("positive"), lower.EXACT | lower.PROBE)
            if run is None:
                return None
            self._grow(setting, run)
        return setting

    def _given_extent(self, name: str, shape: tuple[Any, ...], sizes: Sizes) -> int | None:
        if name in self.options.extents:
            return int(self.options.extents[name])
        if name in self.known_extents:
            value = self.known_extents[name]
            try:
                return int(value) if isinstance(value, int) else evaluate(value, sizes)
            except (Failed, KeyError):
                return None
        if shape and all(e is not None for e in shape):
            count = 1
            for e in shape:
                count *= evaluate(e, sizes)
            return count
        return None

    def _grow(self, setting: Setting, run: Run) -> bool:
        """Raise inferred extents to what was touched; True if any grew."""
        grew = False
        for b in self.source.kernel.buffers:
            need = run.touched[b.name]
            if b.name not in setting.given and setting.extents[b.name] < need <= _MOST_BYTES // b.dtype.size:
                setting.extents[b.name] = need
                grew = True
        return grew

    def _needs_too_much(self, run: Run) -> bool:
        """Whether a buffer whose extent is inferred would be larger than any that is tried."""
        return any(run.touched[b.name] > _MOST_BYTES // b.dtype.size for b in self.source.kernel.buffers)

    # --- runs ----------------------------------------------------------------------------------------------------

    def arrays(self, setting: Setting, kind: str, salt: int = 0) -> dict[str, Array]:
        """Inputs for every buffer; float scalars in ``setting.sizes`` are drawn anew."""
        rng = np.random.default_rng([self.options.seed, salt, sum(map(ord, kind)), *setting.extents.values()])
        for s in self.source.kernel.scalars:
            if s.dtype.is_float:
                setting.sizes[s.name] = inputs.scalar(s.dtype, kind, rng)
        return {b.name: self._fill(b, setting, kind, rng) for b in self.source.kernel.buffers}

    def _fill(self, b: Buffer, setting: Setting, kind: str, rng: np.random.Generator) -> Array:
        """Data for one buffer. Indices are of two sorts only, both found to be in range by exact arithmetic."""
        count = setting.extents[b.name]
        if b.name not in self.indices:
            return inputs.fill(b, count, kind, rng, self.pool)
        sort = "ties" if kind == "ties" else "signed"
        own = np.random.default_rng([self.options.seed, len(sort), *map(ord, b.name), *setting.extents.values()])
        return inputs.fill(b, count, sort, own, self.pool, (setting.low, setting.end))

    def _run(
        self,
        subject: Subject,
        setting: Setting,
        kind: Kind,
        mode: int = lower.EXACT,
        arrays: dict[str, Array] | None = None,
        schedule: int = 0,
    ) -> Run | None:
        """One exact run of either side; None (and the failure noted) if it does not end."""
        data = arrays if arrays is not None else self.arrays(setting, kind.name)
        sizes: Sizes = setting.sizes
        ranges = {n: _span(b.dtype, setting) for b in self.source.kernel.buffers if (n := b.name) in self.indices}
        if subject is not self.source:
            data, sizes, ranges = (positional(self.source, subject, m) for m in (data, sizes, ranges))
        mode |= lower.PLAIN_INPUTS if kind.plain else 0
        side = self.found.source if subject is self.source else self.found.target
        assert side is not None
        try:
            return subject.lowered(
                mode,
                sizes,
                data,
                seed=self.options.seed,
                schedule=schedule,
                known=self.pool.known,
                ranges=ranges,
                limits=self.limits,
            )
        except Failed as failure:
            side.failure = f"{failure} at {inputs.describe(setting.sizes)}"
            return None

    def _source_run(self, setting: Setting, kind: Kind) -> Run | None:
        """A clean run of the source, with extents grown and index data narrowed as needed; None if there is none."""
        for _ in range(10):
            arrays = self.arrays(setting, kind.name)
            run = self._run(self.source, setting, kind, arrays=arrays)
            if run is not None and not run.defects:
                return run
            outside = run is not None and any(d.kind == "out-of-bounds" for d in run.defects)
            if run is not None and outside and self._grow(setting, run):
                continue
            if run is not None and outside and self._needs_too_much(run):
                self.found.too_large.append(dict(setting.sizes))
                return None
            if self.indices and setting.low < 0:
                setting.low, self.found.source.failure = 0, ""
                continue
            if run is None:
                return None
            if outside and self.indices and setting.top > 1:
                setting.top //= 2
                continue
            self.found.source.blame(run)
            self.found.dropped.append((dict(setting.sizes), run.defects[0]))
            return None
        return None

    def _settled(self, setting: Setting) -> dict[str, Run] | None:
        """Clean runs of the source on two kinds of inputs, all with the same extents and range of indices."""
        found: dict[str, Run] = {}
        for _ in range(6):
            before = setting.low, setting.top, dict(setting.extents)
            for kind in inputs.EXACT_KINDS[:2]:
                run = self._source_run(setting, kind)
                if run is None:
                    return None
                found[kind.name] = run
            if before == (setting.low, setting.top, setting.extents):
                break
        return found

    def _kind(self, setting: Setting, kind: Kind, order: int, hopeful: dict[str, Array], run: Run) -> None:
        """Compare the target with a clean run of the source, in other orders of threads too."""
        arrays = self.arrays(setting, kind.name)
        self.found.source.take(run)
        others = _SCHEDULES if order < 3 and (kind.plain or order == 0) else ()
        self._schedules(self.source, setting, kind, arrays, run, others)
        if not kind.plain:
            _mark_finite(run, arrays, hopeful)
        if self.target is None:
            return
        twin = self._run(self.target, setting, kind, arrays=arrays)
        assert self.found.target is not None
        if twin is None:
            return
        self.found.target.take(twin)
        self.found.target.blame(twin)
        self._schedules(self.target, setting, kind, arrays, twin, others)
        self._compare(setting, kind, arrays, run, twin)

    def _schedules(
        self,
        subject: Subject,
        setting: Setting,
        kind: Kind,
        arrays: dict[str, Array],
        first: Run,
        others: tuple[int, ...],
    ) -> None:
        for schedule in others:
            run = self._run(subject, setting, kind, arrays=arrays, schedule=schedule)
            if run is None:
                return
            side = self.found.source if subject is self.source else self.found.target
            assert side is not None
            side.runs += 1
            side.blame(run)
            for name, words in run.words.items():
                at = first_difference(first.words[name], words, arrays_dtype(subject, name))
                if at is not None:
                    text = f"{name}[{at}] depends on the order of threads at {inputs.describe(setting.sizes)}"
                    if subject is self.source:
                        self.found.schedule = text
                    else:
                        self.found.target_schedule = text

    def _compare(self, setting: Setting, kind: Kind, arrays: dict[str, Array], a: Run, b: Run) -> None:
        assert self.target is not None
        if self.found.difference is not None:
            return
        names = {x.name: y.name for x, y in zip(self.source.kernel.buffers, self.target.kernel.buffers, strict=True)}
        for name in sorted(set(a.words) | {n for n in names if names[n] in b.words}):
            twin = names[name]
            expected = a.words[name] if name in a.words else _unchanged(arrays[name], b.words[twin])
            got = b.words[twin] if twin in b.words else _unchanged(arrays[name], a.words[name])
            at = first_difference(expected, got, arrays[name].dtype)
            if at is not None:
                shown = {k: int(v) for k, v in setting.sizes.items() if isinstance(v, int)}
                values = (_value(expected, at, arrays[name].dtype), _value(got, at, arrays[name].dtype))
                inputs_name = f"{kind.name} (exact), seed {self.options.seed}"
                self.found.difference = Difference(name, at, *values, 0.0, shown, inputs_name)
                self.found.difference_kind = kind.name
                return


def _span(dtype: DType, setting: Setting) -> tuple[float, float]:
    """The least and the largest index that a buffer holds."""
    return float(max(setting.low, dtype.lowest)), float(max(0, setting.end - 1))


def arrays_dtype(subject: Subject, name: str) -> Any:
    return inputs.numpy_type(next(b.dtype for b in subject.kernel.buffers if b.name == name))


def _unchanged(array: Array, like: Array) -> Array:
    """Result words of a buffer that one side cannot write: equal to the other's only where that kept the value."""
    out = like.copy()
    kept = array.astype(np.float64) if array.dtype.kind not in "iub" else array.astype(np.int64)
    changed = out[:, 2] != np.ascontiguousarray(kept).view(np.uint64)
    out[changed, 0] ^= np.uint64(1)
    return out


def _value(words: Array, at: int, dtype: Any) -> float:
    word = words[at : at + 1, 2].copy()
    return float(word.view(np.int64)[0] if np.dtype(dtype).kind in "iub" else word.view(np.float64)[0])


def first_difference(a: Array, b: Array, dtype: Any) -> int | None:
    """Index of the first element whose residues, or whose doubles, do not agree; None if all do."""
    if len(a) == 0:
        return None
    q_differs = (a[:, 1] != b[:, 1]) & (a[:, 1] != _ABSENT) & (b[:, 1] != _ABSENT)
    bad = (a[:, 0] != b[:, 0]) | q_differs | (a[:, 3] != b[:, 3])
    if np.dtype(dtype).kind in "iub":
        bad |= a[:, 2] != b[:, 2]
    else:
        x, y = (np.ascontiguousarray(w[:, 2]).view(np.float64) for w in (a, b))
        with np.errstate(all="ignore"):
            scale = np.maximum(np.abs(x), np.abs(y))
            near = np.abs(x - y) <= 1e-6 * scale + 1e-9
        bad |= ~(near | (x == y) | (np.isnan(x) & np.isnan(y)))
    return int(np.argmax(bad)) if bad.any() else None


def _mark_finite(run: Run, arrays: dict[str, Array], hopeful: dict[str, Array]) -> None:
    """Remember which elements were finite in a run with random residues (others carry no evidence)."""
    for name, words in run.words.items():
        if arrays[name].dtype.kind in "iub":
            continue
        finite = np.isfinite(np.ascontiguousarray(words[:, 2]).view(np.float64))
        hopeful[name] = hopeful[name] | finite if name in hopeful else finite
