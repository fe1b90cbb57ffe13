"""Loop recovery: the plain loop nest behind a kernel of parallel threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from falconc.ir.nodes import Barrier, Binary, Cast, Collective, Const, For, Kernel
from falconc.ir.walk import walk
from falconc.passes import Pass
from falconc.passes.loop_fission import fission
from falconc.passes.names import Names, axes_named, readable
from falconc.passes.normal_form import normalise
from falconc.passes.polynomial import Facts, const
from falconc.passes.reductions import Reductions
from falconc.passes.scalar_values import ScalarValues, values
from falconc.passes.simplify import Simplify
from falconc.passes.staging import UndoStaging
from falconc.passes.thread_program import names_of_values
from falconc.platform import Platform


@dataclass(frozen=True, slots=True)
class LoopRecovery(Pass):
    """From threads, barriers, lane exchanges and shared memory to loops.

    Before: a block of threads stages tiles of its operands in shared memory, meets at barriers and adds up. After:
    the loop nest a person would write; loops known to be independent are marked so.
    Refuses what has no such form: a barrier that not all threads of a block reach, a barrier across the grid.
    Exact but for the order of sums, for programs without data races.
    """

    name: ClassVar[str] = "loop-recovery"

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        if not _has_threads(kernel):
            return kernel
        axes = {n.var for n in walk(kernel.body) if isinstance(n, For) and "." in n.kind.axis}
        kernel = replace(kernel, body=values(kernel.body, Names(kernel), axes))
        kernel, axes = axes_named(kernel)
        axes |= {"lane", "wave"}
        facts = launch_facts(kernel)
        names = names_of_values(kernel.body)
        kernel = UndoStaging().apply(kernel, platform)
        if _meets(kernel):
            kernel = ScalarValues().apply(Reductions().apply(kernel, platform), platform)
            kernel = UndoStaging().apply(kernel, platform)
        kernel, lanes = fission(kernel)
        names = {**names, **{seen.seen(e): name for e, name in names.items() for seen in lanes}}
        kernel = ScalarValues().apply(kernel, platform)
        kernel = replace(kernel, body=normalise(kernel, names, facts, axes))
        kernel = Simplify().apply(ScalarValues().apply(kernel, platform), platform)
        return readable(kernel, axes)

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        if _has_threads(kernel):
            yield cls()


def launch_facts(kernel: Kernel) -> Facts:
    """A launch has at least one block along each axis, so what the grid is computed from is large enough; and the host
    computes it without overflow."""
    facts = Facts()
    for n in walk(kernel.body):
        if isinstance(n, For) and n.kind.axis.startswith("block.") and not isinstance(n.hi, Const):
            extent = n.hi
            while isinstance(extent, Cast):
                extent = extent.operand
            facts = facts.with_known(facts.poly(extent) - const(1))
            if isinstance(extent, Binary) and extent.op == "div" and isinstance(extent.right, Const):
                rounded = facts.poly(extent.left)
                facts = facts.with_known(rounded - const(int(extent.right.value)))
                facts = facts.with_known(const(extent.left.dtype.highest) - rounded)
    return facts


def _meets(kernel: Kernel) -> bool:
    return any(isinstance(n, Barrier | Collective) for n in walk(kernel.body))


def _has_threads(kernel: Kernel) -> bool:
    """Whether ``kernel`` has axes of a launch, or threads that meet."""
    for n in walk(kernel.body):
        if isinstance(n, Barrier | Collective) or (
            isinstance(n, For) and n.kind.axis.startswith(("block.", "thread."))
        ):
            return True
    return False
