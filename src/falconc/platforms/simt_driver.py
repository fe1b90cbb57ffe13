"""Runs a compiled kernel on a real GPU, in a process of its own: a driver library, one launch, results back.

CUDA's driver API and HIP's module API have the same shape; ``Api`` holds what differs. As a program this module is the
worker: it reads a pickled ``Launch`` on standard input and writes the arrays, or a message, on standard output.
"""

from __future__ import annotations

import ctypes
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from falconc.errors import FalconcError

_SECONDS = 60
_NAME_BYTES = 256


@dataclass(frozen=True, slots=True)
class Api:
    """One vendor's driver: candidates for the library, and its words for what a launch needs.

    context: how a device is made current, retaining a context and setting it; where empty, ``set_device`` does it.
    """

    libraries: tuple[str, ...]
    init: str
    count: str
    name: str
    load: str
    function: str
    allocate: str
    to_device: str
    to_host: str
    launch: str
    synchronize: str
    context: tuple[str, str] = ("", "")
    set_device: str = ""


@dataclass(frozen=True, slots=True)
class Launch:
    """What the worker does. image: cubin or code object. arguments: index of an array, or a NumPy number."""

    api: Api
    image: bytes
    symbol: str
    arrays: list[Any]
    arguments: list[Any]
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    shared_bytes: int


class DeviceFailed(FalconcError):
    """The driver refuses, or the kernel faults or does not end."""


def run(launch: Launch, seconds: float = _SECONDS) -> list[Any]:
    """The arrays after the kernel.

    Raises:
        DeviceFailed: with what the driver said.
    """
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(command, input=pickle.dumps(launch), capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        raise DeviceFailed(f"the kernel did not end on the device within {seconds:g} s") from late
    if done.returncode:
        raise DeviceFailed(f"the device run failed: {done.stderr.decode(errors='replace').strip()[-500:]}")
    return pickle.loads(done.stdout)


@cache
def device(api: Api) -> str:
    """Name of the first device; "" where there is no driver or no device."""
    try:
        return _Driver(api).device_name()
    except (OSError, DeviceFailed):
        return ""


def _library(names: Sequence[str]) -> ctypes.CDLL:
    for name in names[:-1]:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return ctypes.CDLL(names[-1])


class _Driver:
    """A loaded driver library with the first device found."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.library = _library(api.libraries)
        self.call(api.init, 0)
        count = ctypes.c_int()
        self.call(api.count, ctypes.byref(count))
        if count.value < 1:
            raise DeviceFailed("no device")

    def call(self, function: str, *arguments: Any) -> None:
        status = getattr(self.library, function)(*arguments)
        if status != 0:
            raise DeviceFailed(f"{function} gave error {status}")

    def device_name(self) -> str:
        name = ctypes.create_string_buffer(_NAME_BYTES)
        self.call(self.api.name, name, _NAME_BYTES, 0)
        return name.value.decode(errors="replace")

    def bind(self) -> None:
        retain, current = self.api.context
        if not retain:
            self.call(self.api.set_device, 0)
            return
        context = ctypes.c_void_p()
        self.call(retain, ctypes.byref(context), 0)
        self.call(current, context)

    def launch(self, job: Launch) -> None:
        """Copies the arrays in, runs, copies them back in place."""
        api = self.api
        self.bind()
        module, function = ctypes.c_void_p(), ctypes.c_void_p()
        self.call(api.load, ctypes.byref(module), job.image)
        self.call(api.function, ctypes.byref(function), module, job.symbol.encode())
        pointers = [self._copied(a) for a in job.arrays]
        held = [pointers[a] if isinstance(a, int) else _bytes(a.tobytes()) for a in job.arguments]
        words = (ctypes.c_void_p * max(1, len(held)))(*(ctypes.addressof(h) for h in held))
        self.call(api.launch, function, *job.grid, *job.block, job.shared_bytes, None, words, None)
        self.call(api.synchronize)
        for array, pointer in zip(job.arrays, pointers, strict=True):
            self.call(api.to_host, ctypes.c_void_p(array.ctypes.data), pointer, ctypes.c_size_t(array.nbytes))

    def _copied(self, array: Any) -> ctypes.c_void_p:
        pointer = ctypes.c_void_p()
        self.call(self.api.allocate, ctypes.byref(pointer), ctypes.c_size_t(max(1, array.nbytes)))
        self.call(self.api.to_device, pointer, ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes))
        return pointer


def _bytes(raw: bytes) -> Any:
    return ctypes.create_string_buffer(raw, max(8, len(raw)))


def main() -> None:
    """The worker."""
    job: Launch = pickle.loads(sys.stdin.buffer.read())
    try:
        _Driver(job.api).launch(job)
    except (OSError, DeviceFailed, AttributeError) as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(pickle.dumps(job.arrays))


if __name__ == "__main__":
    main()
