"""Runs a kernel's own text on NumPy arrays, in the emulator, within limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from falconc.emulate import sandbox
from falconc.errors import KernelFault, UsageError
from falconc.frontend.unit import Instance
from falconc.ir.types import DType
from falconc.verify import Options
from falconc.verify.exact import Examination
from falconc.verify.subject import Failed, Subject, evaluate, numpy_type, only_exact

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Blocks of the grid, threads of a block, dynamic shared memory in bytes."""

    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    shared_bytes: int = 0


def geometry(instance: Instance, sizes: Mapping[str, Any]) -> Geometry:
    """The launch of ``instance`` at ``sizes`` (all scalar parameters, by name).

    Raises:
        UsageError: it cannot be computed.
    """
    try:
        return Geometry(*Subject.of(instance).geometry(sizes))
    except Failed as failure:
        raise UsageError(f"no launch of '{instance.symbol}': {failure.message}", "pass --grid and --block") from failure


def run(
    instance: Instance,
    library: Path,
    arrays: Mapping[str, Array],
    scalars: Mapping[str, Any],
    at: Geometry,
    limits: sandbox.Limits,
) -> float:
    """Run ``library``, the compiled text of ``instance`` (``emulate.text.program``). Arrays, by parameter name, change
    in place. Returns the seconds of the kernel alone.

    Raises:
        KernelFault: it crashed, did not end in time, or wanted too much memory; the arrays are as before.
    """
    kernel = instance.kernel
    job = sandbox.Job(
        arrays=[arrays[b.name] for b in kernel.buffers],
        scalars=[number(s.dtype, scalars[s.name]) for s in kernel.scalars],
        grid=at.grid,
        block=at.block,
        shared_bytes=at.shared_bytes,
        lane_width=max(1, instance.platform.lane_width),
    )
    outcome = sandbox.run(library, job, limits)
    if outcome.status == "ok":
        return outcome.seconds
    advice = {"timeout": "give it more seconds, or look for a loop that does not end", "memory": "run a smaller size"}
    what = f"kernel '{instance.symbol}' did not end well: {outcome.status}: {outcome.message}"
    raise KernelFault(what, advice.get(outcome.status, "`falconc check` says where and why"), kernel.where)


def number(dtype: DType, value: Any) -> np.generic:
    """``value`` as a scalar parameter takes it, wrapped as C does."""
    if dtype.is_integer and not isinstance(value, float | np.floating):
        return numpy_type(dtype).type(dtype.wrap(int(value)))
    return numpy_type(dtype).type(value)


def extent(instance: Instance, name: str, sizes: Mapping[str, Any]) -> int | None:
    """Element count of buffer ``name`` as the text's host code or its declared shape says; None where neither does."""
    found = instance.site.extents.get(name) if instance.site else None
    buffer = next(b for b in instance.kernel.buffers if b.name == name)
    try:
        if found is not None:
            return found if isinstance(found, int) else evaluate(found, sizes)
        if buffer.shape and all(e is not None for e in buffer.shape):
            return int(np.prod([evaluate(e, sizes) for e in buffer.shape if e is not None]))
    except (Failed, KeyError):
        return None
    return None


def extents(instance: Instance, sizes: Mapping[str, int], given: Mapping[str, int], seconds: float) -> dict[str, int]:
    """Element counts of all buffers: as given, as the text says, else as a run with exact arithmetic touches them.

    Raises:
        UsageError: that run did not end within ``seconds``.
    """
    found = {b.name: given.get(b.name) or extent(instance, b.name, sizes) for b in instance.kernel.buffers}
    unknown = [n for n, count in found.items() if count is None]
    if not unknown:
        return {n: count or 1 for n, count in found.items()}
    known = {n: count for n, count in found.items() if count is not None}
    exam = Examination(only_exact(Subject.of(instance)), None, Options(extents=known, seconds=seconds), {})
    setting = exam.setting(sizes)
    if setting is None:
        failure = exam.found.source.failure
        if failure:
            advice = "`falconc check` says more; a slow one ends with more --seconds or with --shape"
            raise KernelFault(f"kernel '{instance.symbol}' did not end well: {failure}", advice, instance.kernel.where)
        listed = " ".join(f"--shape {n}=COUNT" for n in unknown)
        raise UsageError(f"how much of {', '.join(unknown)} the kernel touches cannot be told", f"pass {listed}")
    return setting.extents
