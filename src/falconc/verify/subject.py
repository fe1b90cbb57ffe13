"""One side of a comparison: a kernel, its lowered program, its text's program, and how to run them on given sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from falconc.emulate import build, lower, sandbox
from falconc.frontend.unit import Instance
from falconc.ir.nodes import Apply, Binary, Cast, Const, Expr, Kernel, Select, Unary, Var
from falconc.ir.types import DType
from falconc.verify.verdict import Defect

NEAREST = 1024  # noisy arithmetic with every rounding to nearest: what a correct compiler makes of the lifted kernel
Array = np.ndarray[Any, Any]
Sizes = Mapping[str, Any]

NUMPY: dict[str, Any] = {
    "bool": np.bool_,
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
    "f32": np.float32,
    "f64": np.float64,
} | {f"{s}{b}": np.dtype(f"{n}{b}") for s, n in (("i", "int"), ("u", "uint")) for b in (8, 16, 32, 64)}


def numpy_type(dtype: DType) -> Any:
    return np.dtype(NUMPY[dtype.name])


class Failed(Exception):
    """A program did not run to its end: status and message."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True)
class Run:
    """What one lowered run left: result words per buffer ([n, 4] u64), extents touched (elements), counts per site
    ([sites, 6]), defects; limits, unknowns and overlaps (harmless touches by several threads) as (site, text)."""

    words: Mapping[str, Array]
    touched: Mapping[str, int]
    counts: Array
    defects: tuple[Defect, ...]
    limits: tuple[tuple[int, str], ...]
    unknowns: tuple[tuple[int, str], ...]
    overlaps: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Subject:
    """A kernel and, where there is one, the program of its text (``text``: None when only the kernel is known)."""

    kernel: Kernel
    lane_width: int = 32
    text: Callable[[], Path] | None = None
    assumptions: tuple[str, ...] = ()
    intrinsics: Mapping[str, str] = field(default_factory=dict[str, str])
    fences: int = 0
    modes: tuple[int, ...] = (lower.EXACT, lower.WIDE, lower.NOISY)

    @classmethod
    def of(cls, instance: Instance) -> Subject:
        from falconc.emulate import text

        width = max(1, instance.platform.lane_width)
        program = partial(text.program, instance)
        i = instance
        return cls(i.kernel, width, program, i.assumptions, i.intrinsics, i.fences)

    @cached_property
    def program(self) -> lower.Program:
        return lower.lower(self.kernel, self.modes)

    @cached_property
    def library(self) -> Path:
        return build.compile_cpp(self.program.code, flags=lower.FLAGS)

    @cached_property
    def text_library(self) -> Path | None:
        return self.text() if self.text else None

    @cached_property
    def sites(self) -> tuple[lower.Site, ...]:
        return self.program.sites

    def where(self, site: int) -> str:
        """file:line:column of a site, or what it is."""
        if not 0 <= site < len(self.sites):
            return self.kernel.name
        s = self.sites[site]
        return str(s.where) if s.where else f"{self.kernel.name}: {s.what}"

    def geometry(self, sizes: Sizes) -> tuple[tuple[int, int, int], tuple[int, int, int], int]:
        """Grid, block and dynamic shared bytes."""
        launch = self.kernel.launch
        if launch is None:
            return (1, 1, 1), (1, 1, 1), 0
        x, y, z = (max(0, evaluate(e, sizes)) for e in launch.grid)  # a launch of no blocks runs nothing
        return (x, y, z), launch.block, evaluate(launch.shared_bytes, sizes)

    # --- runs ----------------------------------------------------------------------------------------------------

    def lowered(
        self,
        mode: int,
        sizes: Sizes,
        arrays: Mapping[str, Array],
        *,
        seed: int = 0,
        schedule: int = 0,
        known: Array | None = None,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        limits: sandbox.Limits | None = None,
    ) -> Run:
        """Run the lowered program. Raises Failed if it does not end well."""
        return self.lowered_often(
            mode, sizes, arrays, 0, seed=seed, schedule=schedule, known=known, ranges=ranges, limits=limits
        )[0]

    def lowered_often(
        self,
        mode: int,
        sizes: Sizes,
        arrays: Mapping[str, Array],
        more: int,
        *,
        seed: int = 0,
        schedule: int = 0,
        known: Array | None = None,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        limits: sandbox.Limits | None = None,
    ) -> list[Run]:
        """One run, or (``more`` > 0) a wide one and ``more`` in ``mode`` in one process."""
        kernel = self.kernel
        buffers = kernel.buffers
        words = [
            {n: np.zeros((max(1, len(arrays[n])), 4), np.uint64) for n in self.program.results} for _ in range(more + 1)
        ]
        aux = np.zeros(len(buffers) + 6 * max(1, len(self.sites)), np.int64)
        table = known if known is not None and len(known) else np.full(3, 0xFFFFFFFFFFFFFFFF, np.uint64)
        spans = np.array([(ranges or {}).get(b.name, _full_range(b.dtype)) for b in buffers] or [(0, 0)], np.float64)
        inputs = [arrays[b.name].copy() for b in buffers]
        every = [
            *inputs,
            *(w.reshape(-1) for group in words for w in group.values()),
            aux,
            table.reshape(-1),
            spans.reshape(-1),
        ]
        outcome = self._run(self.library, every, sizes, seed, schedule, mode | more << lower.MORE_RUNS, limits)
        touched = {b.name: -(-int(aux[k]) // b.dtype.size) for k, b in enumerate(buffers)}
        counts = aux[len(buffers) :].reshape(-1, 6)[: len(self.sites)]
        defects = self._defects(outcome.report, sizes)
        limited, unknown, overlaps = (_remarks(outcome.report, kind) for kind in ("limit", "unknown", "overlap"))
        sized = [{n: w[: len(arrays[n])] for n, w in group.items()} for group in words]
        return [Run(group, touched, counts, defects, limited, unknown, overlaps) for group in sized]

    def native(
        self,
        sizes: Sizes,
        arrays: Mapping[str, Array],
        *,
        seed: int = 0,
        schedule: int = 0,
        limits: sandbox.Limits | None = None,
    ) -> dict[str, Array]:
        """Run the text on copies of ``arrays`` (the lifted kernel, rounded to nearest, where there is no text)."""
        if self.text_library is None:
            run = self.lowered(lower.NOISY | NEAREST, sizes, arrays, seed=seed, schedule=schedule, limits=limits)
            return {n: values(w, arrays[n].dtype) for n, w in run.words.items()}
        copies = [arrays[b.name].copy() for b in self.kernel.buffers]
        self._run(self.text_library, copies, sizes, seed, schedule, 0, limits)
        return {b.name: a for b, a in zip(self.kernel.buffers, copies, strict=True) if b.name in self.program.results}

    def _run(
        self,
        library: Path,
        arrays: Sequence[Array],
        sizes: Sizes,
        seed: int,
        schedule: int,
        mode: int,
        limits: sandbox.Limits | None,
    ) -> sandbox.Outcome:
        grid, block, shared = self.geometry(sizes)
        scalars = [numpy_type(s.dtype).type(sizes[s.name]) for s in self.kernel.scalars]
        job = sandbox.Job(
            arrays=list(arrays),
            scalars=scalars,
            grid=grid,
            block=block,
            shared_bytes=shared,
            lane_width=self.lane_width,
            seed=seed,
            schedule=schedule,
            mode=mode,
        )
        outcome = sandbox.run(library, job, limits) if limits else sandbox.run(library, job)
        if outcome.status != "ok" and not any(line.startswith("defect ") for line in outcome.report):
            raise Failed(outcome.status, outcome.message)
        return outcome

    def _defects(self, report: Sequence[str], sizes: Sizes) -> tuple[Defect, ...]:
        lines = (line.split() for line in report)
        return tuple(self._defect(words[1:], sizes) for words in lines if words[:1] == ["defect"] and len(words) > 1)

    def _defect(self, parts: list[str], sizes: Sizes) -> Defect:
        name, numbers = parts[0], [int(p) for p in parts[1:] if p.lstrip("-").isdigit()]
        site = numbers[0] if numbers else -1
        what = self.sites[site].what if 0 <= site < len(self.sites) else ""
        detail = what
        if name == "out-of-bounds" and len(numbers) == 3:
            detail = f"{what}: index {numbers[1]}, extent {numbers[2]}"
        elif name == "divergent-barrier" and len(numbers) > 1:
            detail = f"threads wait at {self.where(site)} and at {self.where(numbers[1])}"
        return Defect(name, self.where(site), detail, {k: int(v) for k, v in sizes.items() if isinstance(v, int)})


def _remarks(report: Sequence[str], kind: str) -> tuple[tuple[int, str], ...]:
    """The lines of a report of one kind: site and what is said about it."""
    lines = (line.split() for line in report)
    return tuple((int(words[1]), " ".join(words[2:])) for words in lines if words[:1] == [kind] and len(words) > 1)


def positional(source: Subject, target: Subject, values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` by the source's parameter names, renamed to the target's."""
    names = {a.name: b.name for a, b in zip(source.kernel.params, target.kernel.params, strict=True)}
    return {names[k]: v for k, v in values.items() if k in names}


def values(words: Array, dtype: Any) -> Array:
    """The values in result words: doubles for floats, else integers, as ``dtype``."""
    column = np.ascontiguousarray(words[:, 2])
    is_whole = np.dtype(dtype).kind in "iub"
    with np.errstate(all="ignore"):
        return (column.view(np.int64) if is_whole else column.view(np.float64)).astype(dtype)


def _full_range(dtype: DType) -> tuple[float, float]:
    return (float(dtype.lowest), float(dtype.highest)) if dtype.is_integer else (0.0, 0.0)


def evaluate(e: Expr, sizes: Sizes) -> int:
    """An integer expression over scalar parameters, C's division."""
    match e:
        case Const():
            return int(e.value)
        case Var():
            return int(sizes[e.name])
        case Cast():
            return e.dtype.wrap(evaluate(e.operand, sizes))
        case Unary():
            v = evaluate(e.operand, sizes)
            return {"neg": -v, "not": ~v, "lnot": int(not v)}[e.op]
        case Select():
            return evaluate(e.then if evaluate(e.cond, sizes) else e.orelse, sizes)
        case Binary():
            return _binary(e.op, evaluate(e.left, sizes), evaluate(e.right, sizes))
        case Apply(function="abs"):
            return abs(evaluate(e.args[0], sizes))
        case _:
            raise Failed("failed", f"cannot evaluate {type(e).__name__} in the launch geometry")


def _binary(op: str, a: int, b: int) -> int:
    if op in ("div", "mod", "floordiv", "floormod") and b == 0:
        raise Failed("failed", "division by zero in the launch geometry")
    quotient = abs(a) // abs(b or 1) * (1 if (a < 0) == (b < 0) else -1)
    table: dict[str, Callable[[], int]] = {
        "add": lambda: a + b,
        "sub": lambda: a - b,
        "mul": lambda: a * b,
        "div": lambda: quotient,
        "mod": lambda: a - quotient * b,
        "floordiv": lambda: a // b,
        "floormod": lambda: a % b,
        "min": lambda: min(a, b),
        "max": lambda: max(a, b),
        "and": lambda: a & b,
        "or": lambda: a | b,
        "xor": lambda: a ^ b,
        "shl": lambda: a << b,
        "shr": lambda: a >> b,
        "lt": lambda: int(a < b),
        "le": lambda: int(a <= b),
        "gt": lambda: int(a > b),
        "ge": lambda: int(a >= b),
        "eq": lambda: int(a == b),
        "ne": lambda: int(a != b),
        "land": lambda: int(bool(a) and bool(b)),
        "lor": lambda: int(bool(a) or bool(b)),
    }
    return table[op]()


def only_exact(subject: Subject) -> Subject:
    """The same side with exact arithmetic alone (the target needs no reference), plus noisy where no text is known."""
    modes = (lower.EXACT,) if subject.text else (lower.EXACT, lower.NOISY)
    return replace(subject, modes=modes)
