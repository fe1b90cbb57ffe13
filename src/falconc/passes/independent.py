"""Which loops may run their iterations in any order, or at once."""

from __future__ import annotations

from falconc.analysis import dependence
from falconc.ir.nodes import For, Kernel


def is_independent(kernel: Kernel, loop: For) -> bool:
    """Whether the loop is marked so, or shown to be so by dependence analysis."""
    if loop.kind.name == "parallel":
        return True
    return loop.kind.name == "serial" and dependence.carried(kernel, loop) is None
