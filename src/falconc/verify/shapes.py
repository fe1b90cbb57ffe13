"""Which sizes to try for the integer parameters of a kernel: around one tile, more than two tiles, distinct primes; and
which values for those that choose what the kernel does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from falconc.emulate.lower_facts import size_like
from falconc.ir.nodes import (
    COMPARE_OPS,
    Binary,
    Const,
    Expr,
    For,
    Kernel,
    Let,
    Load,
    Node,
    Store,
    Update,
    Var,
    While,
)
from falconc.ir.walk import names_behind, walk


def _primes(limit: int) -> list[int]:
    """Primes below ``limit`` (sieve of Eratosthenes)."""
    is_prime = np.ones(limit, np.bool_)
    is_prime[:2] = False
    for d in range(2, int(limit**0.5) + 1):
        if is_prime[d]:
            is_prime[d * d :: d] = False
    return [int(p) for p in np.flatnonzero(is_prime)]


_PRIMES = _primes(80_000)
_WORK = 100_000  # the product of all sizes that one run should not pass by much
_LARGEST_TILE = 1 << 15
_MANY = 128  # one size is larger: more than a signed byte holds
_MODES = 12  # values tried for a parameter that is no size


@dataclass(slots=True)
class _Reach:
    """The constants and parameters that an expression depends on, through Lets and loop variables."""

    constants: set[int] = field(default_factory=set[int])
    parameters: set[str] = field(default_factory=set[str])


class _Tiles:
    """For each integer parameter, the constants that meet it in a comparison, a loop or the launch geometry."""

    def __init__(self, kernel: Kernel) -> None:
        self.lets = {n.name: n.value for n in walk(kernel.body) if isinstance(n, Let)}
        self.loops = {n.var: n for n in walk(kernel.body) if isinstance(n, For)}
        self.sizes = {s.name for s in kernel.scalars if s.dtype.is_integer}
        self.tiles: dict[str, set[int]] = {n: set() for n in self.sizes}
        for n in walk(kernel.body):
            match n:
                case Binary() if n.left.dtype.is_integer and (n.op in COMPARE_OPS or n.op in ("min", "max")):
                    self._meet(n.left, n.right)
                case For():
                    self._meet(n.lo, n.hi, n.step)
                case _:
                    pass
        if kernel.launch:
            for e in kernel.launch.grid:
                self._meet(e)

    def _meet(self, *parts: Expr) -> None:
        reach = _Reach()
        for e in parts:
            self._collect(e, reach, set())
        for name in reach.parameters:
            self.tiles[name] |= reach.constants

    def _collect(self, node: Node, reach: _Reach, seen: set[str]) -> None:
        for n in walk(node):
            if isinstance(n, Const) and n.dtype.is_integer and 2 <= int(n.value) <= _LARGEST_TILE:
                reach.constants.add(int(n.value))
            if not isinstance(n, Var) or n.name in seen:
                continue
            seen.add(n.name)
            if n.name in self.sizes:
                reach.parameters.add(n.name)
            elif n.name in self.lets:
                self._collect(self.lets[n.name], reach, seen)
            elif n.name in self.loops:
                loop = self.loops[n.name]
                for e in (loop.hi, loop.step):
                    self._collect(e, reach, seen)


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes for the source's integer parameters, by its names.

    main: always tried. more: while a path is still unseen. roomy: what is more than two tiles, for each size.
    none: for each size, a row without any of it.
    """

    main: list[dict[str, int]]
    more: list[dict[str, int]]
    roomy: dict[str, int]
    none: dict[str, dict[str, int]]


def choose(source: Kernel, target: Kernel, given: Mapping[str, int]) -> Plan:
    """Which sizes to try; ``given`` ones are kept. Positions of parameters correspond."""
    a, b = _Tiles(source).tiles, _Tiles(target).tiles
    twins = {s.name: t.name for s, t in zip(source.scalars, target.scalars, strict=False)}
    free = [s.name for s in source.scalars if s.dtype.is_integer and s.name not in given]
    fixed = {s.name: int(given[s.name]) for s in source.scalars if s.name in given}
    if not free:
        return Plan([fixed], [], {}, {})
    tiles = {n: a[n] | b.get(twins.get(n, ""), set()) for n in free}
    modes = _modes(source, target, free, twins)
    sizes = [n for n in free if n not in modes]
    tile = {n: max(tiles[n], default=4) for n in sizes}
    large, *others = _rows(sizes, tile)
    rows = [_within(large, k) for k in range(max(1, len(sizes)))]
    rows = [row for k, row in enumerate(rows) if row not in rows[:k]]
    rows += [_within(row, k) for k, row in enumerate(others)]
    rows += [rows[-1 - k % 2] for k in range(max(map(len, modes.values()), default=0) - len(rows))]
    more = [_within(row, k) for k, row in enumerate(_more(sizes, tile))]
    roomy = {n: 2 * tile[n] for n in sizes}
    none = {z: _finished([{n: 0 if n == z else min(tile[n], 3) for n in sizes}], modes, fixed, 0)[0] for z in sizes}
    return Plan(_finished(rows, modes, fixed, 0), _finished(more, modes, fixed, len(rows)), roomy, none)


def _finished(
    rows: list[dict[str, int]], modes: Mapping[str, list[int]], fixed: Mapping[str, int], first: int
) -> list[dict[str, int]]:
    """The rows with the given sizes and the next value of every mode."""
    full = [
        dict(fixed) | row | {n: values[k % len(values)] for n, values in modes.items()}
        for k, row in enumerate(rows, first)
    ]
    return [row for k, row in enumerate(full) if row not in full[:k]]


def _modes(source: Kernel, target: Kernel, free: list[str], twins: Mapping[str, str]) -> dict[str, list[int]]:
    """Parameters that are no sizes on either side: the values to try. Around the constants they are compared with; of
    both signs, where they are no part of an index."""
    back = {t: n for n, t in twins.items()}
    sizes = {s.name for s in size_like(source)} | {back.get(s.name, "") for s in size_like(target)}
    lets = {n.name: n.value for k in (source, target) for n in walk(k.body) if isinstance(n, Let)}
    found: dict[str, set[int]] = {s.name: {0, 1} for s in source.scalars if s.dtype.kind == "bool"}
    for kernel, names in ((source, {n: n for n in twins}), (target, back)):
        for n in walk(kernel.body):
            if not isinstance(n, Binary) or n.op not in COMPARE_OPS:
                continue
            for x, y in ((n.left, n.right), (n.right, n.left)):
                about = {v.name for v in walk(_resolved(x, lets)) if isinstance(v, Var)} & set(names)
                if isinstance(y, Const) and y.dtype.is_integer and len(about) == 1:
                    found.setdefault(names[about.pop()], {0}).update(int(y.value) + d for d in (-1, 0, 1))
    placing = _placing(source, lets) | {back.get(n, "") for n in _placing(target, lets)}
    for s in source.scalars:
        if s.dtype.is_integer and s.dtype.kind != "bool" and s.name not in placing:
            found.setdefault(s.name, {0}).update((1, -1, 2, -7, 9))
    lowest = {s.name: s.dtype.lowest for s in source.scalars if s.dtype.is_integer}
    return {
        n: sorted((v for v in values if v >= lowest[n]), key=abs)[:_MODES]
        for n, values in found.items()
        if n in free and n not in sizes
    }


def _placing(kernel: Kernel, lets: Mapping[str, Expr]) -> set[str]:
    """Names that indices depend on, or that something else than a constant is compared with, by way of Lets or not."""
    pending = [e for n in walk(kernel.body) if isinstance(n, Load | Store | Update) for e in n.index]
    for n in walk(kernel.body):
        if isinstance(n, While):
            pending.append(n.cond)
        elif isinstance(n, Binary) and n.op in (*COMPARE_OPS, "min", "max") and n.left.dtype.is_integer:
            pending += [] if isinstance(n.left, Const) or isinstance(n.right, Const) else [n.left, n.right]
    return names_behind(pending, lets)


def _resolved(e: Expr, lets: Mapping[str, Expr]) -> Expr:
    """``e``, or what it stands for if it is a name."""
    for _ in range(8):
        if not (isinstance(e, Var) and e.name in lets):
            break
        e = lets[e.name]
    return e


def _rows(free: list[str], tile: Mapping[str, int]) -> list[dict[str, int]]:
    primes = iter(_PRIMES)
    large: dict[str, int] = {}
    for n in sorted(free, key=lambda n: tile[n]):
        least = max(2 * tile[n], _MANY if n == free[-1] else 0)
        large[n] = next(p for p in primes if p > least)
    return [
        {n: large[n] for n in free},
        dict(tile),
        {n: max(1, tile[n] + (1 if k % 2 else -1)) for k, n in enumerate(free)},
        {n: max(1, tile[n] + (-1 if k % 2 else 1)) for k, n in enumerate(free)},
        {n: (3, 2, 5, 1)[k % 4] for k, n in enumerate(free)},
    ]


def _more(free: list[str], tile: Mapping[str, int]) -> list[dict[str, int]]:
    """All sizes equal, small ones that grow or shrink from one to the next, multiples of a tile, random ones, one
    large and the others 1, and none of one."""
    same = next(p for p in _PRIMES if p > 2 * max(tile.values(), default=1))
    rng = np.random.default_rng(len(free))
    rows = [dict.fromkeys(free, same), dict.fromkeys(free, 1)]
    rows += [{n: k + 2 for k, n in enumerate(free)}, {n: len(free) + 1 - k for k, n in enumerate(free)}]
    rows += [{n: 2 * tile[n] for n in free}, {n: (3 + k % 2) * tile[n] for k, n in enumerate(free)}]
    rows += [{n: int(rng.integers(1, 3 * tile[n] + 2)) for n in free} for _ in range(3)]
    if len(free) > 1:  # more work than one unit can do at once, and one unit
        rows += [{n: same if n == large else 1 for n in free} for large in free]
    rows += [{n: 9 * tile[n] if n == large else 3 for n in free} for large in free]
    return rows + [{n: 0 if n == zero else tile[n] for n in free} for zero in free]


def _within(row: Mapping[str, int], first: int) -> dict[str, int]:
    """The row with as many sizes kept, from the ``first`` on, as make bearable work; the others become small."""
    names = list(row)
    out = {n: min(row[n], _PRIMES[1 + k]) for k, n in enumerate(names)}
    work = 1
    for v in out.values():
        work *= max(1, v)
    for k in range(len(names)):
        n = names[(first + k) % len(names)]
        others = work // max(1, out[n])
        if others * row[n] <= _WORK or k == 0:
            work = max(1, others * row[n])
            out[n] = row[n]
    return out
