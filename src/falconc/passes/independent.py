"""Which loops may run their iterations in any order, or at once."""

from __future__ import annotations

from falconc.analysis import dependence
from falconc.ir.nodes import For, Kernel, Update
from falconc.ir.walk import walk


def is_independent(kernel: Kernel, loop: For) -> bool:
    """Whether the loop is marked so, or shown to be so by dependence analysis."""
    if loop.kind.name == "parallel":
        return True
    return loop.kind.name == "serial" and dependence.carried(kernel, loop) is None


def has_atomics(loop: For) -> bool:
    """Whether iterations meet in one cell through atomic updates."""
    return any(isinstance(n, Update) and n.atomic for n in walk(loop))
