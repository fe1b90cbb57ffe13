"""This machine's own CPU: the text compiled as it stands, with the real headers and OpenMP, and called in a process of
its own. As a program this module is the worker: it reads a pickled ``Call`` and writes the arrays."""

from __future__ import annotations

import ctypes
import pickle
import resource
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from falconc.platform import DeviceJob
from falconc.platforms import tools
from falconc.platforms.simt_driver import DeviceFailed

_SECONDS = 60
_BYTES = 16 << 30  # address space of the worker
_NUMBERS: dict[str, Any] = {
    "bool": ctypes.c_bool,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
    **{f"{sign}int{bits}": getattr(ctypes, f"c_{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)},
}


@dataclass(frozen=True, slots=True)
class Call:
    library: str
    symbol: str
    arrays: list[Any]
    arguments: list[Any]


def execute(job: DeviceJob, flags: tuple[str, ...]) -> list[Any]:
    """The arrays after the function ran; ``flags`` of the compiler.

    Raises:
        DeviceFailed: it does not compile, crashes, or does not end.
    """
    if any(not isinstance(a, int) and a.dtype.name not in _NUMBERS for a in job.arguments):
        raise DeviceFailed("a parameter of a type that cannot be passed by value here")
    is_c = job.source.name.endswith(".c")
    with tools.workspace() as folder:
        text, library = folder / ("kernel.c" if is_c else "kernel.cpp"), folder / "kernel.so"
        text.write_text(job.source.text)
        language = ("-x", "c", "-std=gnu11") if is_c else ("-x", "c++", "-std=c++17")
        common = ("-O3", "-fopenmp", "-ffp-contract=off", "-w", "-shared", "-fPIC")
        built = tools.run([tools.find("g++"), *language, *common, *flags, text, "-o", library, "-lm"])
        if not built.ok:
            raise DeviceFailed(f"g++ refuses the text: {built.output[:300]}")
        call = Call(str(library), job.symbol.split("::")[-1], job.arrays, job.arguments)
        command = [sys.executable, "-m", __name__]
        try:
            done = subprocess.run(command, input=pickle.dumps(call), capture_output=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired as late:
            raise DeviceFailed(f"the function did not end within {_SECONDS} s") from late
    if done.returncode:
        raise DeviceFailed(f"the function failed: {done.stderr.decode(errors='replace').strip()[-300:] or 'crashed'}")
    return pickle.loads(done.stdout)


def main() -> None:
    """The worker."""
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    call: Call = pickle.loads(sys.stdin.buffer.read())
    try:
        function = getattr(ctypes.CDLL(call.library), call.symbol)
    except (OSError, AttributeError) as error:
        sys.exit(str(error))
    function.restype = None
    function(*(_argument(call, a) for a in call.arguments))
    sys.stdout.buffer.write(pickle.dumps(call.arrays))


def _argument(call: Call, a: Any) -> Any:
    if isinstance(a, int):
        return ctypes.c_void_p(call.arrays[a].ctypes.data)
    return _NUMBERS[a.dtype.name](a.item())


if __name__ == "__main__":
    main()
