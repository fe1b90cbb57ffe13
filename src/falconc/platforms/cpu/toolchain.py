"""g++ on this machine: the compiler falconc always has."""

from __future__ import annotations

import platform as machine
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from falconc.platform import DeviceJob, ToolReport
from falconc.platforms import tools
from falconc.platforms.cpu import device
from falconc.source import Source

_ADVICE = "install a C++ compiler: apt-get install g++"
# A text with vector intrinsics is checked for the units that the intrinsics of meaning.h need, whatever this CPU has.
_VECTOR_UNITS = ("avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512vnni")
_VECTOR_FLAGS = tuple(f"-m{unit}" for unit in _VECTOR_UNITS)


@dataclass(frozen=True, slots=True)
class CpuToolchain:
    """Compiles with ``-O3 -fopenmp`` for this machine's CPU."""

    def doctor(self) -> list[ToolReport]:
        return [tools.presence("g++", tools.find("g++"), _ADVICE)]

    def device(self) -> str:
        return _processor() if tools.find("g++") else ""

    def execute(self, job: DeviceJob) -> list[Any]:
        native = ("-march=native",) if _knows_native() else ()
        return device.execute(job, native)

    def compile(self, source: Source) -> list[ToolReport]:
        path = tools.find("g++")
        target = "x86-64, this CPU" if _knows_native() else "x86-64"
        if not path:
            return [ToolReport("g++", target, "missing", advice=_ADVICE)]
        native = ["-march=native"] if _knows_native() else []
        vector = _VECTOR_FLAGS if "immintrin.h" in source.text else ()
        with tools.workspace() as folder:
            text = folder / "kernel.cpp"
            text.write_text(source.text)
            result = tools.run(
                [path, "-std=c++17", "-O3", "-fopenmp", *native, *vector, "-Wall", "-fopt-info-vec-optimized",
                 "-shared", "-fPIC", text, "-o", folder / "kernel.so"]
            )  # fmt: skip
        log = result.output.replace(str(text), source.name)
        loops = {m.group(1) for m in re.finditer(r"^\S+?:(\d+):\d+: optimized: loop vectorized", log, re.MULTILINE)}
        notes = "\n".join(line for line in log.splitlines() if ": optimized: " not in line)
        resources = {"vectorised loops": str(len(loops))} if result.ok else {}
        return [ToolReport(f"g++ {tools.version(path)}", target, "ok" if result.ok else "failed", resources, notes)]


@cache
def _knows_native() -> bool:
    path = tools.find("g++")
    return bool(path) and tools.run([path, "-march=native", "-E", "-x", "c", "/dev/null"]).ok


@cache
def _processor() -> str:
    """What the machine calls its CPU."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return found.group(1).strip() if found else machine.processor() or "this CPU"
