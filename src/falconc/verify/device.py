"""The target's text on a real device: one more run of the same comparison, where there is a device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from falconc.frontend.unit import CParam, Instance
from falconc.ir.nodes import Buffer
from falconc.platform import DeviceJob
from falconc.verify.subject import Array, Sizes, Subject, numpy_type

Runner = Callable[[Sizes, Mapping[str, Array]], dict[str, Array]]
_PLAIN = ("pointer", "scalar")


def runner(instance: Instance) -> tuple[str, Runner] | None:
    """(the device's name, a function from sizes and buffers to the buffers afterwards), by the names of the kernel.

    None without a device, or where a parameter is no pointer and no number (a struct, a device variable).
    """
    toolchain = instance.platform.toolchain
    given = [p for p in instance.parameters if p.kind != "launch"]
    if any(p.kind not in _PLAIN for p in given):
        return None
    name = toolchain.device()
    if not name:
        return None
    subject = Subject.of(instance)
    order = [b.name for b in instance.kernel.buffers]

    def run(sizes: Sizes, arrays: Mapping[str, Array]) -> dict[str, Array]:
        grid, block, shared = subject.geometry(sizes)
        copies = [np.ascontiguousarray(arrays[n]).copy() for n in order]
        arguments = [_argument(instance, p, order, sizes) for p in given]
        job = DeviceJob(instance.unit.source, instance.symbol, copies, arguments, grid, block, shared)
        return dict(zip(order, toolchain.execute(job), strict=True))

    return name, run


def _argument(instance: Instance, p: CParam, order: list[str], sizes: Sizes) -> Any:
    """Index of the parameter's array, or its number in its own type."""
    found = next(q for q in instance.kernel.params if q.name == p.names[0])
    if isinstance(found, Buffer):
        return order.index(found.name)
    return numpy_type(found.dtype).type(sizes[found.name])
