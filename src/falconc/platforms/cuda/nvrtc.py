"""NVRTC through ctypes: compiles the device part of a text to a cubin; no driver, no toolkit needed."""

from __future__ import annotations

import ctypes
import importlib.util
import re
from functools import cache
from pathlib import Path

from falconc.errors import ToolMissing
from falconc.platform import ToolReport
from falconc.platforms.device_part import device_part, instances
from falconc.platforms.simt_driver import DeviceFailed
from falconc.source import Source

_ADVICE = "pip install 'falconc[cuda]' (NVRTC wheels, no driver needed)"
# Headers that the wheels hold and device code needs; everything else is host code's, or built in.
_DEVICE_HEADERS = re.compile(r"cuda_fp16|cuda_bf16|cuda_fp8|cooperative_groups|mma\.h|cuda_pipeline|vector_types|cuda/")
_STATISTICS = re.compile(r"ptxas info|bytes stack frame|Function properties for")
# What device code takes from C headers that NVRTC does not have.
_C_NAMES = """\
typedef signed char int8_t; typedef short int16_t; typedef int int32_t; typedef long long int64_t;
typedef unsigned char uint8_t; typedef unsigned short uint16_t; typedef unsigned int uint32_t;
typedef unsigned long long uint64_t; typedef unsigned long long uintptr_t;
#define INFINITY __int_as_float(0x7f800000)
#define NAN __int_as_float(0x7fffffff)
#define FLT_MAX 3.402823466e+38f
#define FLT_MIN 1.175494351e-38f
#define FLT_EPSILON 1.192092896e-7f
#define DBL_MAX 1.7976931348623157e+308
#define INT_MAX 2147483647
#define INT_MIN (-2147483647 - 1)
#define UINT_MAX 4294967295u
#define LLONG_MAX 9223372036854775807ll
"""


def presence() -> ToolReport:
    """A doctor's line."""
    library = _library()
    if library is None:
        return ToolReport("NVRTC", "", "missing", advice=_ADVICE)
    return ToolReport("NVRTC", f"{_version(library)} ({_path()})", "ok")


def compile_for(source: Source, target: str) -> ToolReport:
    """Compile the device part of ``source`` for ``target`` ("sm_80")."""
    library = _library()
    if library is None:
        return ToolReport("NVRTC", target, "missing", advice=_ADVICE)
    try:
        text = device_text(source)
        uses, unknown = instances(source)
    except Exception as error:  # a text that does not even tokenize is the compiler's to report
        return ToolReport("NVRTC", target, "failed", log=str(error))
    ok, log = _compile(library, text, source.name, _options(target), uses)
    left = "".join(
        f"not compiled: '{name}' is a template, and the text does not tell its arguments\n" for name in unknown
    )
    status = "ok" if ok else "failed"
    return ToolReport(f"NVRTC {_version(library)}", target, status, resources(log), f"{left}{notes(log)}".strip())


def cubin(source: Source, target: str, symbol: str) -> tuple[bytes, str]:
    """(machine code of the device part for ``target``, the mangled name of the kernel ``symbol``).

    Raises:
        ToolMissing: no NVRTC. DeviceFailed: NVRTC refuses the text.
    """
    library = _library()
    if library is None:
        raise ToolMissing("no NVRTC to compile for the device", _ADVICE)
    program = ctypes.c_void_p()
    text = device_text(source)
    library.nvrtcCreateProgram(ctypes.byref(program), text.encode(), source.name.encode(), 0, None, None)
    library.nvrtcAddNameExpression(program, symbol.encode())
    options = _options(target)
    words = (ctypes.c_char_p * len(options))(*(o.encode() for o in options))
    if library.nvrtcCompileProgram(program, len(options), words):
        raise DeviceFailed(f"NVRTC refuses the text for {target}")
    lowered, size = ctypes.c_char_p(), ctypes.c_size_t()
    library.nvrtcGetLoweredName(program, symbol.encode(), ctypes.byref(lowered))
    name = (lowered.value or symbol.encode()).decode()
    library.nvrtcGetCUBINSize(program, ctypes.byref(size))
    image = ctypes.create_string_buffer(size.value)
    library.nvrtcGetCUBIN(program, image)
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return image.raw, name


def device_text(source: Source) -> str:
    """The device part of ``source`` with what NVRTC lacks in front."""
    return f'{_C_NAMES}#line 1 "{source.name}"\n{device_part(source, _DEVICE_HEADERS)}'


def _options(target: str) -> list[str]:
    return [
        f"--gpu-architecture={target}", "--std=c++17", "-default-device", "--ptxas-options=-v",
        *(f"-I{folder}" for folder in _include_folders()),
    ]  # fmt: skip


def resources(log: str) -> dict[str, str]:
    """Registers, spills, shared memory and stack from ptxas's log, the largest of all kernels and targets."""
    patterns = {
        "registers": r"Used (\d+) registers",
        "spilled bytes": r"(\d+) bytes spill stores",
        "shared bytes": r"(\d+) bytes smem",
        "stack bytes": r"(\d+) bytes stack frame",
    }
    found = {name: [int(n) for n in re.findall(pattern, log)] for name, pattern in patterns.items()}
    return {name: str(max(values)) for name, values in found.items() if values}


def notes(log: str) -> str:
    """What the log says beyond ptxas's statistics."""
    return "\n".join(line for line in log.splitlines() if line.strip() and not _STATISTICS.search(line))


def _compile(library: ctypes.CDLL, text: str, name: str, options: list[str], uses: list[str]) -> tuple[bool, str]:
    program = ctypes.c_void_p()
    library.nvrtcCreateProgram(ctypes.byref(program), text.encode(), name.encode(), 0, None, None)
    for use in uses:
        library.nvrtcAddNameExpression(program, use.encode())
    words = (ctypes.c_char_p * len(options))(*(o.encode() for o in options))
    code = library.nvrtcCompileProgram(program, len(options), words)
    size = ctypes.c_size_t()
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return code == 0, log.value.decode(errors="replace")


@cache
def _folder() -> Path | None:
    """Where the wheels put CUDA: the newest nvidia/cu* folder."""
    spec = importlib.util.find_spec("nvidia")
    roots = [Path(p) for p in (spec.submodule_search_locations or [])] if spec else []
    found = [f for root in roots for f in sorted(root.glob("cu[0-9]*"), reverse=True)]
    return next((f for f in found if list(f.glob("lib/libnvrtc.so*"))), None)


def _path() -> str:
    folder = _folder()
    return str(next(folder.glob("lib/libnvrtc.so*"))) if folder else ""


def _include_folders() -> list[Path]:
    folder = _folder()
    return [folder / "include", folder / "include" / "cccl"] if folder else []


@cache
def _library() -> ctypes.CDLL | None:
    folder = _folder()
    if folder is None:
        return None
    try:
        for builtins in folder.glob("lib/libnvrtc-builtins.so*"):  # 13.0 does not find them by itself
            ctypes.CDLL(str(builtins), mode=ctypes.RTLD_GLOBAL)
        return ctypes.CDLL(_path())
    except OSError:
        return None


@cache
def _version(library: ctypes.CDLL) -> str:
    major, minor = ctypes.c_int(), ctypes.c_int()
    library.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    return f"{major.value}.{minor.value}"
