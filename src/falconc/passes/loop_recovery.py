"""Loop recovery: the plain loop nest behind a kernel of parallel threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from falconc.ir.nodes import Barrier, Binary, Cast, Collective, Const, Expr, For, Kernel
from falconc.ir.types import U32, DType
from falconc.ir.walk import walk
from falconc.passes import Pass
from falconc.passes.loop_fission import fission
from falconc.passes.names import Names, axes_named, readable
from falconc.passes.normal_form import normalise
from falconc.passes.polynomial import Facts, Poly, atom, const
from falconc.passes.reductions import Reductions
from falconc.passes.reindex import tidy
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
    """A launch has at least one block along each axis, so what the grid is computed from is large enough; the host
    computes it without overflow, and threads can be counted in 32 bits, as texts do."""
    facts = Facts()
    threads = {n.kind.axis[-1]: n.hi for n in walk(kernel.body) if isinstance(n, For) and "thread." in n.kind.axis}
    for n in walk(kernel.body):
        if isinstance(n, For) and n.kind.axis.startswith("block.") and not isinstance(n.hi, Const):
            facts = facts.with_known(*_host_arithmetic(n.hi))
            extent = n.hi
            while isinstance(extent, Cast):
                extent = extent.operand
            wide = threads.get(n.kind.axis[-1])
            for blocks in dict.fromkeys((facts.poly(extent), facts.poly(tidy(extent, facts)))):
                facts = facts.with_known(blocks - const(1))
                if isinstance(wide, Const):
                    facts = facts.with_known(const(U32.highest) - blocks.scaled(int(wide.value)))
            if isinstance(extent, Binary) and extent.op == "div" and isinstance(extent.right, Const):
                for rounded in dict.fromkeys((_value(extent.left), facts.poly(extent.left))):
                    facts = facts.with_known(rounded - const(int(extent.right.value)))
                    facts = facts.with_known(const(extent.left.dtype.highest) - rounded)
    return facts


def _host_arithmetic(extent: Expr) -> Iterator[Poly]:
    """What is >= 0 where no part of ``extent`` wraps or is cut off."""
    for e in walk(extent):
        match e:
            case Cast() if e.operand.dtype.is_integer:
                yield from _in_type(_value(e.operand), e.dtype)
            case Binary(op="add" | "sub" | "mul") if not e.dtype.is_signed:
                yield from _in_type(_value(e), e.dtype)
            case _:
                pass


def _in_type(p: Poly, dtype: DType) -> Iterator[Poly]:
    if p.constant is None:
        yield const(dtype.highest) - p
        if not dtype.is_signed:
            yield p


def _value(e: Expr) -> Poly:
    """The value of host arithmetic in whole numbers."""
    match e:
        case Const():
            return const(int(e.value))
        case Cast() if e.operand.dtype.is_integer:
            return _value(e.operand)
        case Binary(op="add"):
            return _value(e.left) + _value(e.right)
        case Binary(op="sub"):
            return _value(e.left) - _value(e.right)
        case Binary(op="mul"):
            return _value(e.left) * _value(e.right)
        case _:
            return atom(e)


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
