"""Kernels of any dialect as Python callables on NumPy arrays, after CuPy's convention, without a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from falconc import frontend, platform, running
from falconc.emulate import sandbox
from falconc.emulate.text import program
from falconc.errors import UsageError
from falconc.frontend.unit import CParam, Instance
from falconc.ir.nodes import Buffer, Const, Launch
from falconc.ir.types import I32
from falconc.running import Array, Geometry
from falconc.source import Source
from falconc.verify.subject import numpy_type

_THREE = "up to three positive numbers"


class RawKernel:
    """A kernel of a text, ready to run::

        saxpy = falconc.RawKernel(text, "saxpy", platform="cuda")
        saxpy(((n + 255) // 256,), (256,), (n, np.float32(2), x, y))     # y changes in place

    Args:
        text: the program text, unmodified.
        name: the kernel.
        platform: the dialect, one of ``falconc platforms``.
        template: arguments of a template kernel, e.g. "16, float".
        defines: macros, e.g. ("N=4",).
        seconds, memory_mb: limits of one call.

    Raises:
        UsageError: no such kernel or platform. SourceDefect: the text does not parse.
    """

    def __init__(
        self,
        text: str,
        name: str,
        *,
        platform: str,
        template: str = "",
        defines: tuple[str, ...] = (),
        seconds: float = 60.0,
        memory_mb: int = 4096,
    ) -> None:
        self.name = name
        self._template = template
        self._limits = sandbox.Limits(seconds=seconds, memory_mb=memory_mb)
        self._unit = frontend.load(Source("<text>", text), _platform(platform), defines)
        self._instances: dict[tuple[int, int, int], tuple[Instance, Path]] = {}
        known = [k.name for k in self._unit.kernels]
        if name not in known:
            raise UsageError(f"no kernel '{name}' in the text", f"kernels: {', '.join(known) or 'none'}")

    def __call__(
        self,
        grid: Sequence[int],
        block: Sequence[int],
        args: Sequence[Any],
        *,
        shared_mem: int = 0,
        globals: Mapping[str, Any] | None = None,
    ) -> float:
        """Run it; arrays among ``args`` change in place.

        Args:
            grid: blocks along x, y, z (missing ones are 1); (1,) for a plain function. block: threads likewise.
            args: one a parameter of the text, in its order. A pointer takes a NumPy array of its type (or whatever
                offers DLPack), a struct a NumPy structured scalar or a sequence of fields, all others a number.
            shared_mem: bytes of dynamic shared memory.
            globals: values of ``__constant__`` and ``__device__`` variables, by name.

        Returns:
            Seconds that the kernel alone took.

        Raises:
            UsageError: arguments that do not fit. KernelFault: the kernel crashed or did not end. Unsupported: see
            ``falconc check``.
        """
        at = Geometry(_three(grid, "grid"), _three(block, "block"), shared_mem)
        instance, library = self._program(at)
        arrays, scalars = _Arguments(instance).bind(args, globals or {})
        return running.run(instance, library, arrays, scalars, at, self._limits)

    def _program(self, at: Geometry) -> tuple[Instance, Path]:
        """The lifted kernel, which tells the parameters, and its compiled text; they depend on the block alone."""
        if at.block not in self._instances:
            x, y, z = (Const(n, I32) for n in at.grid)
            launch = Launch((x, y, z), at.block, Const(at.shared_bytes, I32))
            lifted = frontend.instance(self._unit, self.name, self._template, launch)
            self._instances[at.block] = lifted, program(lifted)
        return self._instances[at.block]


def _platform(name: str) -> platform.Platform:
    return platform.get(name)


def _three(values: Sequence[int], what: str) -> tuple[int, int, int]:
    numbers = [int(v) for v in values]
    if not 1 <= len(numbers) <= 3 or min(numbers) < 1:
        raise UsageError(f"{what} {tuple(numbers)} is not {_THREE}", f"give e.g. {what}=(256,)")
    x, y, z = [*numbers, 1, 1][:3]
    return x, y, z


class _Arguments:
    """Takes the arguments of a call apart into the buffers and scalars of the lifted kernel."""

    def __init__(self, instance: Instance) -> None:
        self.name = instance.symbol
        self.given = [p for p in instance.parameters if p.kind != "global"]
        self.outer = {p.name: p for p in instance.parameters if p.kind == "global"}
        self.params = {p.name: p for p in instance.kernel.params}
        self.arrays: dict[str, Array] = {}
        self.scalars: dict[str, Any] = {}

    def bind(self, args: Sequence[Any], outer: Mapping[str, Any]) -> tuple[dict[str, Array], dict[str, Any]]:
        if len(args) != len(self.given):
            listed = ", ".join(f"{p.c_type} {p.name}" for p in self.given)
            raise UsageError(f"'{self.name}' takes {len(self.given)} arguments, not {len(args)}", f"they are: {listed}")
        missing = [n for n in self.outer if n not in outer]
        if missing:
            raise UsageError(f"'{self.name}' reads {', '.join(missing)}", "pass globals={'NAME': value}")
        for p, value in zip(self.given, args, strict=True):
            self._bind(p, value)
        for name, p in self.outer.items():
            self._bind(p, outer[name])
        return self.arrays, self.scalars

    def _bind(self, p: CParam, value: Any) -> None:
        values = [value] if not p.paths else _fields(p, value)
        for name, v in zip(p.names, values, strict=True):
            param = self.params[name]
            if isinstance(param, Buffer):
                self.arrays[name] = _array(p, param, v)
            else:
                self.scalars[name] = _scalar(p, v)


def _fields(p: CParam, value: Any) -> list[Any]:
    """The plain fields of a struct argument, in the order of ``p.paths``."""
    if isinstance(value, np.void) and value.dtype.names:
        value = value.item()
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise UsageError(f"parameter '{p.name}' is a struct ({p.c_type})", f"give its fields: {', '.join(p.paths)}")
    flat = _flat(cast(Sequence[Any], value))
    if len(flat) != len(p.paths):
        raise UsageError(
            f"parameter '{p.name}' has {len(p.paths)} fields, not {len(flat)}", f"its fields: {', '.join(p.paths)}"
        )
    return flat


def _flat(values: Sequence[Any]) -> list[Any]:
    out: list[Any] = []
    for v in values:
        out += _flat(cast(Sequence[Any], v)) if isinstance(v, Sequence) and not isinstance(v, str) else [v]
    return out


def _array(p: CParam, buffer: Buffer, value: Any) -> Array:
    if not isinstance(value, np.ndarray):
        if not hasattr(value, "__dlpack__"):
            raise UsageError(f"parameter '{p.name}' is {p.c_type}: it takes an array", "give a NumPy array")
        value = np.from_dlpack(value)
    array = cast(Array, value)
    wanted = numpy_type(buffer.dtype)
    if array.dtype != wanted:
        what = f"parameter '{p.name}' is {p.c_type}: it takes an array of {wanted}, not of {array.dtype}"
        raise UsageError(what, f"convert it: x.astype('{wanted}')")
    if not array.flags.writeable and not buffer.readonly:
        raise UsageError(f"parameter '{p.name}' is written to, and its array is read-only", "give a copy")
    return array


def _scalar(p: CParam, value: Any) -> Any:
    if not isinstance(value, int | float | np.number | np.bool_):
        raise UsageError(f"parameter '{p.name}' is {p.c_type}: it takes a number", "give a Python or NumPy number")
    return cast(Any, value)
