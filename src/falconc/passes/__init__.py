"""Passes: one file each, one frozen record each. A pass says what it does in its docstring: what, before / after,
when it refuses, how exact it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from falconc.ir.nodes import Kernel
from falconc.platform import Platform


@dataclass(frozen=True, slots=True)
class Pass:
    """One transformation of a kernel. Fields of a subclass are its parameters (str, int, bool).

    optional: a kernel is as legal without it; a pipeline goes on where it fails on an expression that is too deep.
    """

    name: ClassVar[str] = ""
    optional: ClassVar[bool] = False

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        """The transformed kernel.

        Raises:
            Refused: the step is not legal here; says why.
        """
        raise NotImplementedError

    @classmethod
    def sites(cls, kernel: Kernel, platform: Platform) -> Iterator[Self]:
        """Every legal variant worth trying on ``kernel``."""
        yield from ()


Pipeline = tuple[Pass, ...]
