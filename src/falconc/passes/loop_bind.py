"""Loop bind: independent loops of a plain nest become the block and thread axes of a launch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from falconc.errors import Refused
from falconc.ir import types
from falconc.ir.nodes import SERIAL, Alloc, Barrier, Const, For, Kernel, Launch, Let, Node, Stmt, parallel
from falconc.ir.walk import rewrite, walk
from falconc.passes import Pass, loop_bind_block, loop_bind_grid
from falconc.platform import Platform

_ONE = Const(1, types.I32)


@dataclass(frozen=True, slots=True)
class LoopBind(Pass):
    """Bind loops whose iterations are independent to the grid and its blocks.

    Before::

        for i (data): for j (data): for k: C[i, j] += A[i, k] * B[k, j]

    After (x = 32, y = 8), with i and j guarded where their extent is no multiple of the block's::

        for block.y: for block.x: for thread.y: for thread.x:
            const i = block.y * 8 + thread.y; const j = block.x * 32 + thread.x
            if i < M and j < N: for k: ...

    The loop with the most accesses to neighbouring elements goes to thread.x. A body that is not one nest of
    independent loops runs in one block: its independent loops are dealt to the block's threads with a barrier after
    each, the rest is done by thread 0. Without any independent loop one thread does everything.

    Parameters: x, y: threads of a block along these axes; 0 chooses (1-D 256; 2-D 32 by 8, or 16 by 16 where both
    loops run along memory).

    Refuses: a kernel that has block or thread axes or barriers already. Exact: every iteration is carried out once,
    in an order that no dependence forbids.
    """

    name: ClassVar[str] = "loop-bind"
    x: int = 0
    y: int = 0

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        _check_plain(kernel)
        most = platform.limits.get("threads.block", 1024)
        if self.x < 0 or self.y < 0 or max(self.x, 1) * max(self.y, 1) > most:
            raise Refused(f"a block of {self.x} by {self.y} threads is not possible (at most {most})")
        bound = loop_bind_grid.bind(kernel, platform, self.x, self.y)
        if bound is None:
            bound = loop_bind_block.bind(kernel, platform, self.x * max(self.y, 1))
        if bound is None:
            bound = replace(kernel, launch=Launch((_ONE, _ONE, _ONE), (1, 1, 1)))
        return replace(bound, body=rewrite(bound.body, _in_one_thread))

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        """The chosen shape, and for nests in two dimensions the usual other ones."""
        try:
            _check_plain(kernel)
        except Refused:
            return
        yield cls()
        loops = loop_bind_grid.bindable(kernel)
        shapes = {0: (), 1: ((64, 1), (128, 1), (512, 1))}.get(len(loops), ((16, 16), (64, 4), (32, 4), (32, 32)))
        for x, y in shapes:
            if x * y <= platform.limits.get("threads.block", 1024):
                yield cls(x, y)


def _in_one_thread(n: Node) -> Node:
    """What is left of independent loops runs in order."""
    return replace(n, kind=SERIAL) if isinstance(n, For) and n.kind == parallel("data") else n


def _check_plain(kernel: Kernel) -> None:
    for n in walk(kernel.body):
        if isinstance(n, For) and n.kind.name == "parallel" and n.kind.axis.split(".")[0] in ("block", "thread"):
            raise Refused(f"loop '{n.var}' is bound to {n.kind.axis} already")
        if isinstance(n, Barrier):
            raise Refused("the kernel has barriers: recover its loops first")


def is_declaration(s: Stmt) -> bool:
    """A statement without effect on memory."""
    return isinstance(s, Let | Alloc)
