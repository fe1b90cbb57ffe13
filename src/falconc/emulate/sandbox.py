"""Runs a compiled program in a process of its own, within limits on time, memory, files and processes."""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import signal
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, assert_never

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from falconc.emulate import build
from falconc.errors import InternalError
from falconc.ir.types import DType

# Layout of the control file, as runner.cpp declares it: struct Control, one BufferSpec a buffer, scalars; then the
# report; then each buffer on pages of its own.
_CONTROL = struct.Struct("<Qii d 3I3I IIIIII Q qqqqqqq 256s")
_SPEC = struct.Struct("<qqqq")
_MAGIC = 0x46414C434F4E3031
_REPORT = 1 << 20
_PAGE = 4096
_ALIGN = 64  # of a buffer: what the widest vector load needs
_OVERHEAD = 400 << 20  # address space of the runner itself: code, guard pages, stacks of threads
_GUARDS = 9 << 20  # address space around one buffer
_STATUS = {1: "ok", 2: "crashed", 3: "memory", 4: "failed"}

Status = Literal["ok", "crashed", "timeout", "memory", "failed"]
ScalarValue = np.generic | int | float | tuple[DType, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use."""

    seconds: float = 10
    memory_mb: int = 4096
    file_mb: int = 64
    processes: int = 8


@dataclass(frozen=True, slots=True)
class Job:
    """One run: arrays (changed in place when it ends well) and scalars in parameter order, geometry, and how to run.

    A scalar is a NumPy scalar, a (DType, value) pair, an int (64 bits) or a float (double).
    """

    arrays: Sequence[NDArray[Any]]
    scalars: Sequence[ScalarValue] = ()
    grid: tuple[int, int, int] = (1, 1, 1)
    block: tuple[int, int, int] = (1, 1, 1)
    shared_bytes: int = 0
    lane_width: int = 32
    seed: int = 0
    schedule: int = 0
    mode: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. report: the program's lines. seconds: of the kernel alone."""

    status: Status
    message: str
    report: list[str]
    seconds: float


def scalar_bits(value: ScalarValue) -> int:
    """The raw bits of a scalar argument in 64 bits."""
    match value:
        case tuple():
            dtype, number = value
            if dtype.is_integer:
                return dtype.wrap(int(number)) & (1 << 64) - 1
            return int.from_bytes(_float_type(dtype)(number).tobytes(), "little")
        case np.generic():
            if isinstance(value, np.integer | np.bool_):
                return int(value.item()) & (1 << 64) - 1
            return int.from_bytes(value.tobytes(), "little")
        case int():
            return value & (1 << 64) - 1
        case float():
            return int.from_bytes(struct.pack("<d", value), "little")
        case _:
            assert_never(value)


def _float_type(dtype: DType) -> Any:
    return {"f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32, "f64": np.float64}[dtype.name]


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where one array lies in the control file."""

    offset: int
    pages: int
    bytes: int
    front: int

    @property
    def start(self) -> int:
        return self.offset + self.front


def _slots(arrays: Sequence[NDArray[Any]], offset: int) -> list[_Slot]:
    """Each array ends where its last page ends, as nearly as alignment allows: an overrun meets a guard page."""
    slots: list[_Slot] = []
    for array in arrays:
        room = -(-array.nbytes // _ALIGN) * _ALIGN
        pages = -(-room // _PAGE)
        slots.append(_Slot(offset, pages, array.nbytes, pages * _PAGE - room))
        offset += pages * _PAGE
    return slots


def _round_up(n: int) -> int:
    return -(-n // _PAGE) * _PAGE


def run(library: Path, job: Job, limits: Limits | None = None) -> Outcome:
    """Run ``library`` on ``job``. Whatever the program does, this returns within about ``limits.seconds``."""
    limits = limits or Limits()
    report_at = _round_up(_CONTROL.size + _SPEC.size * len(job.arrays) + 8 * len(job.scalars))
    slots = _slots(job.arrays, report_at + _REPORT)
    size = report_at + _REPORT + sum(s.pages for s in slots) * _PAGE
    folder_of = tempfile.TemporaryDirectory(prefix="falconc-")
    with folder_of as folder, _control_file(size) as handle, mmap.mmap(handle, size) as memory:
        _write(memory, job, limits, slots, report_at, size)
        ended = _execute(handle, library, folder, limits.seconds)
        outcome = _read(memory, report_at, ended, limits)
        if outcome.status == "ok":
            for array, slot in zip(job.arrays, slots, strict=True):
                data = np.frombuffer(memory[slot.start : slot.start + slot.bytes], dtype=array.dtype)
                if array.flags.writeable:
                    array[...] = data.reshape(array.shape)
    return outcome


@contextlib.contextmanager
def _control_file(size: int) -> Any:
    """A file without a name: nothing is left however this process ends."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("falconc")
    else:
        handle, name = tempfile.mkstemp(prefix="falconc-")
        os.unlink(name)
    try:
        os.ftruncate(handle, size)
        yield handle
    finally:
        os.close(handle)


def _write(memory: mmap.mmap, job: Job, limits: Limits, slots: list[_Slot], report_at: int, size: int) -> None:
    space = (limits.memory_mb << 20) + size + _OVERHEAD + _GUARDS * len(slots)
    memory[: _CONTROL.size] = _CONTROL.pack(
        _MAGIC, 0, 0, 0.0, *job.grid, *job.block,
        job.lane_width, job.schedule, job.mode, len(slots), len(job.scalars), math.ceil(limits.seconds) + 1,
        job.seed & (1 << 64) - 1,
        job.shared_bytes, space, limits.file_mb << 20, limits.processes, report_at, _REPORT, report_at + _REPORT, b"",
    )  # fmt: skip
    at = _CONTROL.size
    for slot in slots:
        memory[at : at + _SPEC.size] = _SPEC.pack(slot.offset, slot.pages, slot.bytes, slot.front)
        at += _SPEC.size
    memory[at : at + 8 * len(job.scalars)] = b"".join(scalar_bits(s).to_bytes(8, "little") for s in job.scalars)
    for array, slot in zip(job.arrays, slots, strict=True):
        memory[slot.start : slot.start + slot.bytes] = np.ascontiguousarray(array).tobytes()


def _execute(handle: int, library: Path, folder: str, seconds: float) -> int | None:
    """The exit status of the runner, None when its time was over."""
    with subprocess.Popen(
        [str(build.runner()), str(handle), str(library.resolve())],
        pass_fds=(handle,),
        cwd=folder,
        env={"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _read(memory: mmap.mmap, report_at: int, ended: int | None, limits: Limits) -> Outcome:
    fields = _CONTROL.unpack(memory[: _CONTROL.size])
    end = memory.find(b"\0", report_at, report_at + _REPORT)
    text = memory[report_at : end if end >= 0 else report_at + _REPORT].decode(errors="replace")
    report = text.splitlines()
    message = fields[-1].split(b"\0")[0].decode(errors="replace")
    if ended is None or ended == -signal.SIGXCPU:
        return Outcome("timeout", f"not finished after {limits.seconds:g} s", report, 0.0)
    if ended == -signal.SIGKILL:
        return Outcome("memory", "killed by the system, which was out of memory or processor time", report, 0.0)
    if ended == 2:
        raise InternalError("the runner cannot read its job")
    match _STATUS.get(fields[1]):
        case None:
            return Outcome("crashed", message or f"ended by itself (status {ended})", report, 0.0)
        case "ok":
            return Outcome("ok", "", report, fields[3])
        case "failed":
            return Outcome("failed", "; ".join([message, *report[-1:]]), report, 0.0)
        case status:
            return Outcome(status, message, report, 0.0)  # pyright: ignore[reportArgumentType]
