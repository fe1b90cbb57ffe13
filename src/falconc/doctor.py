"""What this machine has: libraries, compilers and devices, and how to get what is missing."""

from __future__ import annotations

import dataclasses
import platform as machine
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from falconc import platform
from falconc.emulate import build
from falconc.errors import ToolMissing
from falconc.platform import ToolReport

_LIBRARIES = ("libclang", "numpy", "ml_dtypes", "z3-solver", "islpy", "rich")

Found = dict[str, list[ToolReport]]


def examine() -> Found:
    """Reports by heading: falconc itself, then each platform."""
    own = [ToolReport("python", machine.python_version(), "ok"), *(_library(n) for n in _LIBRARIES), _emulator()]
    return {"falconc": own} | {p.name: p.toolchain.doctor() for p in platform.all_platforms().values()}


def _library(name: str) -> ToolReport:
    try:
        return ToolReport(name, version(name), "ok")
    except PackageNotFoundError:
        return ToolReport(name, "", "missing", advice=f"pip install {name}")


def _emulator() -> ToolReport:
    """The compiler that kernels are run with, and where what it made is kept."""
    try:
        return ToolReport("C++ compiler of the emulator", build.compiler(), "ok", {"cache": str(build.cache_folder())})
    except ToolMissing as error:
        return ToolReport("C++ compiler of the emulator", "", "missing", advice=error.next_step)


def data(found: Found) -> dict[str, Any]:
    """The same for JSON."""
    return {"tools": {title: [dataclasses.asdict(r) for r in reports] for title, reports in found.items()}}
