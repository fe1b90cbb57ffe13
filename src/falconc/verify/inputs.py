"""Input data: seeded, of several kinds, shaped to reach every comparison outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from falconc.emulate import constants
from falconc.ir.nodes import Buffer, Const, Expr, For, Kernel, Let, Load, Node, Store, Update, View, While
from falconc.ir.types import DType
from falconc.ir.walk import walk
from falconc.verify.subject import Array, numpy_type


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to fill buffers. plain: the exact run takes inputs as the rationals they are, not as random residues."""

    name: str
    plain: bool = False


EXACT_KINDS = (Kind("signed"), Kind("ties", True), Kind("positive"))
FLOAT_KINDS = (
    "signed",
    "negative",
    "large",
    "small",
    "offset",
    "far below",
    "lowest",
    "highest",
    "huge",
    "denormal",
    "constant",
    "one-hot",
    "ties",
    "positive",
    "near bf16",
    "near f16",
    "near f32",
    "special",
    "few special",
)


@dataclass(frozen=True, slots=True)
class Pool:
    """What the kernels' texts suggest: float and integer constants of both, and their exact values for ``phi``."""

    floats: tuple[float, ...]
    integers: tuple[int, ...]
    known: Array


def pool_of(kernels: Iterable[Kernel]) -> Pool:
    floats: dict[float, constants.Exact] = {}
    integers: set[int] = set()
    for kernel in kernels:
        for n in walk(kernel.body):
            if isinstance(n, Const) and n.dtype.is_float and np.isfinite(n.value):
                exact = constants.exact(abs(float(n.value)), n.dtype)
                floats.setdefault(exact.value, exact)
            elif isinstance(n, Const) and n.dtype.is_integer:
                integers.add(int(n.value))
    for v in range(3):
        floats.setdefault(float(v), constants.exact(float(v)))
    rows = [(np.float64(v).view(np.uint64), x.p, x.q) for v, x in floats.items()]
    small = tuple(v for v in floats if v == v and v < 1e4)
    return Pool(small, tuple(v for v in integers if abs(v) < 1 << 31), np.array(rows, np.uint64))


def index_like(kernel: Kernel) -> set[str]:
    """Integer parameters whose data ends up in an index or a loop bound."""
    flows: dict[str, set[str]] = {}
    uses: set[str] = set()
    for n in walk(kernel.body):
        match n:
            case Let():
                flows.setdefault(n.name, set()).update(_sources(n.value))
            case Store():
                flows.setdefault(n.buffer, set()).update(_sources(n.value))
                uses |= _in(n.index)
            case Load():
                uses |= _in(n.index)
            case Update():
                uses |= _in(n.index)
                for a in n.args:
                    flows.setdefault(n.buffer, set()).update(_sources(a))
                if n.old:
                    flows.setdefault(n.old, set()).add(n.buffer)
            case For():
                uses |= _in((n.lo, n.hi, n.step))
            case While():
                uses |= _in((n.cond,))
            case View():
                uses |= _in((n.byte_offset,))
                flows.setdefault(n.buffer.name, set()).add(n.base)
            case _:
                pass
    pending, seen = list(uses), set(uses)
    while pending:
        for name in flows.get(pending.pop(), ()):
            if name not in seen:
                seen.add(name)
                pending.append(name)
    return {b.name for b in kernel.buffers if b.dtype.is_integer and b.name in seen}


def _in(parts: Iterable[Expr]) -> set[str]:
    return {s for e in parts for s in _sources(e)}


def _sources(e: Node) -> set[str]:
    found: set[str] = set()
    for n in walk(e):
        if isinstance(n, Load):
            found.add(n.buffer)
        elif hasattr(n, "name"):
            found.add(n.name)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    return found


def fill(
    b: Buffer, count: int, kind: str, rng: np.random.Generator, pool: Pool, span: tuple[int, int] | None = None
) -> Array:
    """``count`` elements for buffer ``b``; ``span``: the data are indices from the first up to below the second."""
    dtype = numpy_type(b.dtype)
    if b.dtype.kind == "bool":
        return rng.integers(0, 2, count).astype(np.bool_)
    if b.dtype.is_integer:
        if span is not None:
            low, top = max(span[0], b.dtype.lowest), max(1, span[1])
            near = [v + d for v in pool.integers for d in (-1, 0, 1) if low <= v + d < top]
            few = rng.choice(np.array([low, top - 1, *near]), count)
            usual = rng.integers(low, top, count)
            return (np.where(rng.random(count) < 0.5, few, usual) if kind == "ties" else usual).astype(dtype)
        return _integers(b.dtype, count, kind, rng, pool)
    with np.errstate(all="ignore"):
        return _floats(b.dtype, count, kind, rng, pool).astype(dtype)


def _integers(dtype: DType, count: int, kind: str, rng: np.random.Generator, pool: Pool) -> Array:
    low, high = max(dtype.lowest, -100), min(dtype.highest, 100)
    out = rng.integers(low, high + 1, count)
    if kind == "ties":
        near = {v + d for v in pool.integers for d in (-1, 0, 1)} | {0, 1, 2, 3, -1}
        choices = [v for v in sorted(near) if dtype.lowest <= v <= dtype.highest]
        values = np.array(choices)
        return _dominated(rng.choice(values, count), values, rng).astype(numpy_type(dtype))
    if kind in ("huge", "special"):
        edges = np.array([dtype.lowest, dtype.highest, 0, 1], dtype=numpy_type(dtype))
        return np.where(rng.random(count) < 0.3, rng.choice(edges, count), out.astype(numpy_type(dtype)))
    if kind == "positive":
        out = rng.integers(1, high + 1, count)
    return out.astype(numpy_type(dtype))


def _dominated(out: Array, values: Array, rng: np.random.Generator) -> Array:
    """Some runs of 32 hold hardly anything but one value: votes of 32 and of 64 lanes have both outcomes then."""
    run = np.arange(len(out)) // 32
    some = np.array([values.min(), values.max(), rng.choice(values)])
    one = some[(run + int(rng.integers(3))) % 3]
    return np.where(np.isin(run % 8, (1, 4, 5)) & (rng.random(len(out)) < 0.99), one, out)


_STEPS = {"near bf16": 2.0**-9, "near f16": 2.0**-12, "near f32": 2.0**-25}
_HUGE = {"f16": 2e4, "bf16": 1e30, "f32": 1e30, "f64": 1e200}
_TINY = {"f16": 3e-7, "bf16": 1e-40, "f32": 1e-41, "f64": 1e-310}


def _floats(dtype: DType, count: int, kind: str, rng: np.random.Generator, pool: Pool) -> Array:
    normal = rng.standard_normal(count)
    match kind:
        case "signed":
            return normal
        case "negative":
            return -np.abs(normal) - 0.01
        case "positive":
            return rng.uniform(0.1, 2.0, count)
        case "large":
            return normal * 100
        case "small":  # where a difference of large terms loses everything
            return normal * (1e-2 if dtype.name in ("f16", "bf16") else 1e-4)
        case "offset":
            return 1000 + normal
        case "far below":
            return -1000 + normal
        case "lowest":  # below whatever a search for the largest may start from
            return -_HUGE[dtype.name] * rng.uniform(2.0, 3.0, count)
        case "highest":
            return _HUGE[dtype.name] * rng.uniform(2.0, 3.0, count)
        case "huge":
            return np.where(rng.random(count) < 0.2, normal * _HUGE[dtype.name], normal)
        case "denormal":
            return normal * _TINY[dtype.name]
        case "constant":
            return np.full(count, 0.7)
        case "one-hot":
            return np.where(np.arange(count) == rng.integers(0, max(1, count)), 1.0, 0.0)
        case "ties":
            near = [0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 1.5, 2.5, -1.5, 3.0]
            near += [s * v + d for v in pool.floats for s in (1, -1) for d in (0.0, 0.25)]
            few = rng.choice(np.array(near), min(len(near), 8))
            values = few if rng.random() < 0.5 else np.array(near)
            return _dominated(rng.choice(values, count), values, rng)
        case "near bf16" | "near f16" | "near f32":  # neighbours that a rounding makes equal, or moves over a step
            base = rng.choice(np.array([1.0, 1.0, 2.0, 3.0, 0.5, *(v for v in pool.floats if v)]))
            steps = rng.choice(np.arange(-8, 9), 3, replace=False)
            return base * (1 + rng.choice(steps, count) * _STEPS[kind])
        case "special" | "few special":
            values = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0])
            part = 0.1 if kind == "special" else 0.0
            out = np.where(rng.random(count) < part, rng.choice(values, count), normal)
            places = rng.permutation(count)[: min(len(values), count // 2)]
            out[places] = values[: len(places)]
            return out
        case _:
            raise AssertionError(kind)


def scalar(dtype: DType, kind: str, rng: np.random.Generator) -> Any:
    """A value for a float scalar parameter."""
    match kind:
        case "signed":
            v = rng.uniform(0.25, 2.0) * rng.choice([1.0, -1.0])
        case "ties":
            v = rng.choice([0.0, 1.0, -1.0, 0.5, 2.0])
        case "negative" | "far below":
            v = -rng.uniform(0.1, 2.0)
        case "large":
            v = rng.uniform(0.1, 2.0) * 100
        case "one-hot":
            v = 0.0
        case "positive":  # below one, as rates and momenta are
            v = rng.uniform(0.1, 0.95)
        case _:
            v = rng.uniform(0.1, 2.0)
    return numpy_type(dtype).type(v)


def describe(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{k}={v}" for k, v in values.items()) or "the one shape"
