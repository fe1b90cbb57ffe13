"""What a caller may ask of the verifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Options:
    """seed: of every random choice. sizes: values of integer parameters, by the source's names. extents: element counts
    of buffers, likewise. shapes: sizes to try in place of those chosen. seconds: limit of one run.
    devices: also run the target's text on a real device, where there is one."""

    seed: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    extents: Mapping[str, int] = field(default_factory=dict[str, int])
    shapes: tuple[Mapping[str, int], ...] = ()
    seconds: float = 10.0
    devices: bool = False
