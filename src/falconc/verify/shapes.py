"""Which sizes to try for the integer parameters of a kernel: around one tile, more than two tiles, distinct primes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from falconc.ir.nodes import COMPARE_OPS, Binary, Const, Expr, For, Kernel, Let, Node, Var
from falconc.ir.walk import walk

_PRIMES = [p for p in range(2, 4000) if all(p % d for d in range(2, int(p**0.5) + 1))]
_WORK = 60_000  # the product of all sizes that one run should not pass by much
_LARGEST_TILE = 1024
_MANY = 128  # one size is larger: more than a signed byte holds
EQUAL_SIZES = 5  # number of the row in which all free sizes are equal


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
                case Binary() if n.op in COMPARE_OPS or n.op in ("min", "max"):
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
                    if not any(isinstance(v, Var) for v in walk(e)):
                        self._collect(e, reach, seen)


def choose(source: Kernel, target: Kernel, given: Mapping[str, int]) -> list[dict[str, int]]:
    """Sizes for the source's integer parameters, by its names; ``given`` ones are kept. Positions correspond."""
    a, b = _Tiles(source).tiles, _Tiles(target).tiles
    twins = {s.name: t.name for s, t in zip(source.scalars, target.scalars, strict=False)}
    free = [s.name for s in source.scalars if s.dtype.is_integer and s.name not in given]
    fixed = {s.name: int(given[s.name]) for s in source.scalars if s.name in given}
    if not free:
        return [fixed]
    tile = {n: max(a[n] | b.get(twins.get(n, ""), set()), default=4) for n in free}
    flags = {s.name for s in source.scalars if s.dtype.kind == "bool"}
    rows = _rows(free, tile)
    shaped = [{n: (k % 2 if n in flags else _at_least_one(v)) for n, v in row.items()} for k, row in enumerate(rows)]
    distinct = [fixed | _within(row) for row in shaped]
    return [row for k, row in enumerate(distinct) if row not in distinct[:k]]


def _at_least_one(v: int) -> int:
    return max(1, v)


def _rows(free: list[str], tile: Mapping[str, int]) -> list[dict[str, int]]:
    primes = iter(_PRIMES)
    large: dict[str, int] = {}
    for n in sorted(free, key=lambda n: tile[n]):
        least = max(2 * tile[n], _MANY if n == free[-1] else 0)
        large[n] = next(p for p in primes if p > least)
    same = max(large.values())
    return [
        {n: large[n] for n in free},
        dict(tile),
        {n: tile[n] + (1 if k % 2 else -1) for k, n in enumerate(free)},
        {n: tile[n] + (-1 if k % 2 else 1) for k, n in enumerate(free)},
        {n: (3, 2, 5, 1)[k % 4] for k, n in enumerate(free)},
        dict.fromkeys(free, same),
    ]


def _within(row: dict[str, int]) -> dict[str, int]:
    """The row with its largest sizes lowered until the work is bearable."""
    row = dict(row)
    for _ in range(64):
        work = 1
        for v in row.values():
            work *= v
        if work <= _WORK:
            break
        name = max(row, key=lambda n: row[n])
        row[name] = max(3, row[name] * 2 // 3 | 1)
    return row
