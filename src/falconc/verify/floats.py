"""The texts themselves on adversarial inputs, against a bound taken from the source's own rounding behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from falconc.emulate import lower
from falconc.verify import inputs
from falconc.verify.exact import Examination, Setting
from falconc.verify.subject import Array, Failed, Sizes, Subject, positional, values
from falconc.verify.verdict import Difference

_NOISY_RUNS = 3
_MULTIPLE = 8.0  # of the source's spread
_ULPS = 4.0  # of the output's type, at least
_DIGITS = {"f16": 11, "bf16": 8, "f32": 24, "f64": 53}
_LEAST = {"f16": 6e-8, "bf16": 1e-38, "f32": 1.2e-38, "f64": 2.3e-308}
_LARGEST = {"f16": 65504.0, "bf16": 3.39e38, "f32": 3.4028235e38, "f64": 1.7976931348623157e308}


@dataclass(slots=True)
class FloatFindings:
    """difference: the first one beyond the bound. failure: the target crashed or hung where the source did not."""

    difference: Difference | None = None
    failure: str = ""
    source_failure: str = ""
    runs: int = 0
    worst: float = 0.0  # largest error over bound seen


class Floats:
    """Compares the texts of both sides."""

    def __init__(self, examination: Examination) -> None:
        self.exam = examination
        assert examination.target is not None
        self.source, self.target = examination.source, examination.target
        self.found = FloatFindings()
        self.seed = examination.options.seed

    def setting(self, setting: Setting, kinds: tuple[str, ...]) -> None:
        """All input kinds at one shape; stops at the first difference."""
        has_floats = any(b.dtype.is_float for b in self.source.kernel.buffers)
        for kind in kinds:
            if not has_floats and kind not in ("signed", "ties", "huge", "positive"):
                continue
            self._kind(setting, kind)
            if self.found.difference or self.found.failure or self.found.source_failure:
                return

    def _kind(self, setting: Setting, kind: str) -> None:
        arrays = self.exam.arrays(setting, kind)
        sizes: Sizes = dict(setting.sizes)
        shape = {k: int(v) for k, v in sizes.items() if isinstance(v, int)}
        place = f"{kind} inputs at {inputs.describe(shape)}"
        try:
            expected = self._native(self.source, sizes, arrays)
            wide, *noisy = self._references(sizes, arrays)
        except Failed as failure:
            if kind in ("signed", "ties", "positive"):
                self.found.source_failure = f"{failure} on {place}"
            return
        try:
            twin_arrays, twin_sizes = (positional(self.source, self.target, m) for m in (arrays, sizes))
            got = self._native(self.target, twin_sizes, twin_arrays)
        except Failed as failure:
            self.found.failure = f"{failure} on {place}"
            return
        self.found.runs += 2
        for b, twin in zip(self.source.kernel.buffers, self.target.kernel.buffers, strict=True):
            if b.name not in expected and twin.name not in got:
                continue
            a = expected.get(b.name, arrays[b.name])
            t = got.get(twin.name, arrays[b.name])
            spread = [n.get(b.name, a.astype(np.float64)) for n in noisy]
            reference = wide.get(b.name, a.astype(np.float64))
            found = self._judge(b.dtype.name, a, t, reference, spread)
            if found is not None:
                at, bound = found
                name = f"{kind}, seed {self.seed}"
                self.found.difference = Difference(b.name, at, float(a[at]), float(t[at]), bound, shape, name)
                return

    def _native(self, subject: Subject, sizes: Sizes, arrays: Mapping[str, Array]) -> dict[str, Array]:
        return subject.native(sizes, arrays, seed=self.seed, limits=self.exam.limits)

    def _references(self, sizes: Sizes, arrays: Mapping[str, Array]) -> list[dict[str, Array]]:
        """The source in wide arithmetic, then several times in noisy arithmetic."""
        runs = self.source.lowered_often(
            lower.NOISY, sizes, arrays, _NOISY_RUNS, seed=self.seed, limits=self.exam.limits
        )
        return [{n: values(w, _double_or_whole(arrays[n].dtype)) for n, w in r.words.items()} for r in runs]

    def _judge(
        self, dtype: str, expected: Array, got: Array, wide: Array, noisy: list[Array]
    ) -> tuple[int, float] | None:
        """First element beyond its bound, and the bound."""
        if dtype not in _DIGITS:
            return _judge_whole(expected, got, noisy)
        a, t = (x.astype(np.float64) for x in (expected, got))
        with np.errstate(all="ignore"):
            bound, steady = _bounds(dtype, a, wide, noisy)
            error = np.minimum(np.abs(t - a), np.abs(t - wide))
            error = np.where(t == a, 0.0, error)
            finite = np.isfinite(a)
            bad = finite & ~(error <= bound)
            same_class = (np.isnan(a) & np.isnan(t)) | (a == t)
            bad |= ~finite & steady & ~same_class
            bad &= ~(finite & ~steady & ~np.isfinite(t) & ~np.isfinite(wide))
            ratio = np.where(finite & np.isfinite(t) & (bound > 0), error / bound, 0.0)
        if ratio.size:
            self.found.worst = max(self.found.worst, float(np.nanmax(ratio)))
        if not bad.any():
            return None
        at = int(np.argmax(bad))
        return at, float(bound[at])


def _double_or_whole(dtype: Any) -> Any:
    return np.dtype(np.int64) if np.dtype(dtype).kind in "iub" else np.dtype(np.float64)


def _judge_whole(expected: Array, got: Array, noisy: list[Array]) -> tuple[int, float] | None:
    a, t = expected.astype(np.int64), got.astype(np.int64)
    low, high = a.copy(), a.copy()
    for n in noisy:
        n = n.astype(expected.dtype).astype(np.int64)
        low, high = np.minimum(low, n), np.maximum(high, n)
    bad = (t < low) | (t > high)
    if not bad.any():
        return None
    at = int(np.argmax(bad))
    return at, float(high[at] - low[at])


def _bounds(dtype: str, a: Array, wide: Array, noisy: list[Array]) -> tuple[Array, Array]:
    """Bound per element; and where the source is steady: its result and all references are of one class."""
    largest = _LARGEST[dtype]
    fitted = np.where(np.abs(wide) > largest * (1 + 2.0 ** -_DIGITS[dtype]), np.sign(wide) * np.inf, wide)
    steady = _class(a) == _class(fitted)
    spread = np.abs(a - fitted)
    for n in noisy:
        steady &= _class(a) == _class(n)
        spread = np.maximum(spread, np.abs(n - fitted))
    spread = np.where(np.isfinite(spread), spread, 0.0)
    usual = float(np.median(spread)) if spread.size else 0.0
    scale = np.maximum(np.abs(a), np.where(np.isfinite(fitted), np.abs(fitted), 0.0))
    ulp = np.maximum(scale * 2.0 ** (1 - _DIGITS[dtype]), _LEAST[dtype])
    return _MULTIPLE * np.maximum(spread, usual) + _ULPS * ulp, steady


def _class(x: Array) -> Array:
    """0 finite, 1 +inf, 2 -inf, 3 NaN."""
    return np.where(np.isnan(x), 3, np.where(x == np.inf, 1, np.where(x == -np.inf, 2, 0)))
