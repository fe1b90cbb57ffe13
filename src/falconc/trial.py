"""A kernel's text on inputs that the command line names: prepared, run once, summed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.text import Text

from falconc import flow, running
from falconc.emulate import sandbox
from falconc.emulate.text import program
from falconc.errors import UsageError
from falconc.frontend.unit import Instance
from falconc.ir.nodes import Buffer
from falconc.ir.walk import buffers_written
from falconc.running import Array, Geometry
from falconc.verify.subject import numpy_type

_SHOWN = 6  # first elements of a buffer in a summary
_FILLS = ("random", "zeros", "ones", "arange")


@dataclass(frozen=True, slots=True)
class Trial:
    """One run. arrays: every buffer after it. written: those the kernel may write to."""

    name: str
    geometry: Geometry
    sizes: Mapping[str, Any]
    arrays: Mapping[str, Array]
    written: tuple[str, ...]
    seconds: float

    def summary(self) -> Text:
        """The launch, the sizes and the written buffers in numbers."""
        g = self.geometry
        sizes = ", ".join(f"{k}={v}" for k, v in self.sizes.items())
        out = Text(
            f"{self.name}: grid {g.grid}, block {g.block}, {sizes}: {self.seconds * 1e3:.3f} ms in the emulator\n"
        )
        for name in self.written:
            a = self.arrays[name]
            first = ", ".join(str(v) for v in a[:_SHOWN])
            out.append(
                f"  {name} {a.dtype}[{a.size}]: {_statistics(a)}; [{first}{', ...' if a.size > _SHOWN else ''}]\n"
            )
        return out

    def data(self) -> dict[str, Any]:
        """The same for JSON."""
        rows = {n: {"dtype": str(a.dtype), "count": a.size, **_numbers(a)} for n, a in self._outputs()}
        sizes = {k: np.asarray(v).item() for k, v in self.sizes.items()}
        launch = {"grid": self.geometry.grid, "block": self.geometry.block, "shared": self.geometry.shared_bytes}
        return {"name": self.name, **launch, "sizes": sizes, "seconds": self.seconds, "outputs": rows}

    def _outputs(self) -> list[tuple[str, Array]]:
        return [(n, self.arrays[n]) for n in self.written]

    def save(self, files: Mapping[str, str]) -> None:
        """Write buffers as .npy files.

        Raises:
            UsageError: no such buffer, or a file that cannot be written.
        """
        for name, path in files.items():
            if name not in self.arrays:
                raise UsageError(f"--save {name}: no such buffer", f"buffers: {', '.join(self.arrays)}")
            try:
                with open(path, "wb") as file:
                    np.save(file, self.arrays[name])
            except OSError as error:
                raise UsageError(f"cannot write {path}: {(error.strerror or '').lower()}") from error


def _numbers(a: Array) -> dict[str, Any]:
    """Least, greatest and mean of the finite elements, and how many are not finite."""
    values = a.astype(np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return {"non-finite": int(a.size)}
    out = {"min": float(finite.min()), "max": float(finite.max()), "mean": float(finite.mean())}
    return out | {"non-finite": int(a.size - finite.size)}


def _statistics(a: Array) -> str:
    return ", ".join(f"{k} {v:.6g}" for k, v in _numbers(a).items() if k != "non-finite" or v)


def run(instance: Instance, options: flow.Options, inputs: Mapping[str, str]) -> Trial:
    """Run the text of ``instance`` once. inputs: how to fill buffers and float parameters, by name.

    Raises:
        UsageError: a size or an input that is missing or makes no sense. KernelFault: it did not end well.
    """
    kernel = instance.kernel
    known = [p.name for p in kernel.params]
    for name in inputs:
        if name not in known:
            raise UsageError(
                f"--input {name}: kernel '{kernel.name}' has no such parameter", f"it has {', '.join(known)}"
            )
    sizes = _scalars(instance, options, inputs)
    files = {n: _file(n, path) for n, path in inputs.items() if path.endswith(".npy")}
    given = dict(options.extents) | {n: a.size for n, a in files.items()}
    extents = running.extents(instance, sizes, given, options.seconds)
    arrays = {
        b.name: _fill(b, extents[b.name], inputs.get(b.name, "random"), files.get(b.name), options.seed + k)
        for k, b in enumerate(kernel.buffers)
    }
    at = running.geometry(instance, sizes)
    seconds = running.run(instance, program(instance), arrays, sizes, at, sandbox.Limits(seconds=options.seconds))
    changed = buffers_written(kernel.body)
    written = tuple(b.name for b in kernel.buffers if not b.readonly and b.name in changed)
    return Trial(instance.symbol, at, sizes, arrays, written, seconds)


def _scalars(instance: Instance, options: flow.Options, inputs: Mapping[str, str]) -> dict[str, Any]:
    """Values of all scalar parameters: of --size, of --input, or as the host code fixes them; floats 1 if unsaid."""
    said = (dict(instance.site.sizes) if instance.site else {}) | dict(options.sizes)
    out: dict[str, Any] = {}
    missing: list[str] = []
    for s in instance.kernel.scalars:
        if s.name in inputs:
            out[s.name] = running.number(s.dtype, _number(s.name, inputs[s.name]))
        elif s.name in said:
            out[s.name] = running.number(s.dtype, said[s.name])
        elif s.dtype.is_float:
            out[s.name] = running.number(s.dtype, 1.0)
        else:
            missing.append(s.name)
    if missing:
        given = " ".join(f"--size {n}=..." for n in missing)
        raise UsageError(f"kernel '{instance.kernel.name}' needs values for {', '.join(missing)}", f"pass {given}")
    return out


def _number(name: str, text: str) -> int | float:
    try:
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError as error:
        raise UsageError(f"--input {name}={text}: not a number", f"write --input {name}=0.5") from error


def _file(name: str, path: str) -> Array:
    try:
        return np.load(Path(path), allow_pickle=False).reshape(-1)
    except (OSError, ValueError) as error:
        raise UsageError(f"--input {name}={path}: cannot be read as a .npy file", "write it with numpy.save") from error


def _fill(b: Buffer, count: int, how: str, file: Array | None, seed: int) -> Array:
    """``count`` elements: random floats are normal, random integers 0 to 9."""
    dtype = numpy_type(b.dtype)
    if file is not None:
        if file.dtype != dtype or file.size != count:
            what = f"--input {b.name}: {file.dtype}[{file.size}] where {dtype}[{count}] is needed"
            raise UsageError(what, "convert the file, or pass another --size")
        return file.copy()
    match how:
        case "random":
            rng = np.random.default_rng(seed)
            values = rng.standard_normal(count) if b.dtype.is_float else rng.integers(0, 10, count)
        case "zeros":
            values = np.zeros(count)
        case "ones":
            values = np.ones(count)
        case "arange":
            values = np.arange(count)
        case _:
            values = np.full(count, _element(b.name, how))
    return values.astype(dtype)


def _element(name: str, how: str) -> int | float:
    try:
        return _number(name, how)
    except UsageError as error:
        listed = ", ".join(_FILLS)
        raise UsageError(
            f"--input {name}={how} is not understood", f"give a .npy file, {listed} or a number"
        ) from error
