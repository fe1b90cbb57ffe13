"""hipcc where there is one, else LLVM's AMDGPU backend with our own declarations: real code objects, no GPU needed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from falconc.errors import ToolMissing
from falconc.platform import DeviceJob, ToolReport
from falconc.platforms import tools
from falconc.platforms.device_part import device_part, instances
from falconc.platforms.simt_driver import DeviceFailed
from falconc.source import Source

TARGETS = ("gfx90a", "gfx942")
_NO_HEADER = re.compile(r"(?!)")
_HIPCC_ADVICE = "install ROCm (hipcc)"
_CLANG_ADVICE = "apt-get install clang-22 lld-22 rocm-device-libs (or any clang with the amdgcn target, and its lld)"
_LIBS_ADVICE = "apt-get install rocm-device-libs"
_CLANGS = (*(f"clang-{n}" for n in range(23, 16, -1)), "clang")
_BITCODE_FOLDERS = (
    "/opt/rocm/amdgcn/bitcode",
    "/usr/lib/x86_64-linux-gnu/amdgcn/bitcode",
    "/usr/amdgcn/bitcode",
)
_DECLARATIONS = Path(__file__).parent / "declarations.h"


@dataclass(frozen=True, slots=True)
class HipToolchain:
    """hipcc compiles the whole file; LLVM's backend the device part, against declarations of our own."""

    def doctor(self) -> list[ToolReport]:
        libraries = _device_libraries()
        return [
            tools.presence("hipcc", tools.find("hipcc"), _HIPCC_ADVICE),
            tools.presence("LLVM AMDGPU backend", _clang(), _CLANG_ADVICE),
            ToolReport("ROCm device libraries", str(libraries), "ok")
            if libraries
            else ToolReport("ROCm device libraries", "", "missing", advice=_LIBS_ADVICE),
        ]

    def device(self) -> str:
        from falconc.platforms.hip import device

        return device.name()

    def execute(self, job: DeviceJob) -> list[Any]:
        from falconc.platforms.hip import device

        return device.execute(job)

    def compile(self, source: Source) -> list[ToolReport]:
        jobs: list[Callable[[], ToolReport]] = []
        if tools.find("hipcc"):
            jobs += [lambda target=target: _hipcc(source, target) for target in TARGETS]
        jobs += [lambda target=target: _llvm(source, target) for target in TARGETS]
        return tools.together(jobs)


def _hipcc(source: Source, target: str) -> ToolReport:
    path = tools.find("hipcc")
    with tools.workspace() as folder:
        text = folder / "kernel.hip"
        text.write_text(source.text)
        result = tools.run(
            [path, "-x", "hip", "-std=c++17", "-O3", f"--offload-arch={target}", "-c", text, "-o", folder / "k.o",
             "-Rpass-analysis=kernel-resource-usage"]
        )  # fmt: skip
    return _report(f"hipcc {tools.version(path)}", target, result, str(text), source.name)


def code_object(source: Source, target: str) -> bytes:
    """Machine code of the device part of ``source`` for ``target`` ("gfx942").

    Raises:
        ToolMissing: no compiler. DeviceFailed: it refuses the text.
    """
    hipcc, clang = tools.find("hipcc"), _clang()
    if not hipcc and not clang:
        raise ToolMissing("no compiler for the AMD GPU", _HIPCC_ADVICE)
    with tools.workspace() as folder:
        text, image = folder / "kernel.hip", folder / "kernel.co"
        if hipcc:
            text.write_text(source.text)
            result = tools.run([hipcc, "-std=c++17", "-O3", "--genco", f"--offload-arch={target}", text, "-o", image])
        else:
            text.write_text(f"{_isa_version(target)}{_device_text(source)}")
            result = tools.run(_llvm_command(clang, target, text, image))
        if not result.ok:
            raise DeviceFailed(f"the compiler refuses the text for {target}: {result.output[:300]}")
        return image.read_bytes()


def _llvm_command(path: str, target: str, text: Path, image: Path) -> list[str | Path]:
    return [path, "-x", "hip", "--cuda-device-only", "-nogpuinc", "-nogpulib", "-std=c++17", "-O3", "-include",
            _DECLARATIONS, f"--offload-arch={target}", "-Wno-unused-command-line-argument", *_linked(target),
            "-Rpass-analysis=kernel-resource-usage", text, "-o", image]  # fmt: skip


def _llvm(source: Source, target: str) -> ToolReport:
    path = _clang()
    if not path:
        return ToolReport("LLVM AMDGPU backend", target, "missing", advice=_CLANG_ADVICE)
    name = f"LLVM {tools.version(path)} AMDGPU backend, our declarations"
    try:
        code, unknown = _device_text(source), instances(source)[1]
    except Exception as error:  # a text that does not even tokenize is the compiler's to report
        return ToolReport(name, target, "failed", log=str(error))
    with tools.workspace() as folder:
        text = folder / "kernel.hip"
        text.write_text(f"{_isa_version(target)}{code}")
        result = tools.run(_llvm_command(path, target, text, folder / "kernel.co"))
    report = _report(name, target, result, str(text), source.name)
    left = "".join(f"not compiled: '{k}' is a template, and the text does not tell its arguments\n" for k in unknown)
    return replace(report, log=f"{left}{report.log}".strip())


def _device_text(source: Source) -> str:
    """The device part of ``source``, and a host function that names the instances of its kernel templates."""
    uses = "".join(f"(void)&{use};" for use in instances(source)[0])
    named = (
        f'\n#line 1 "instances"\n__attribute__((used)) static void falconc_instances() {{ {uses} }}\n' if uses else ""
    )
    return f'#line 1 "{source.name}"\n{device_part(source, _NO_HEADER)}{named}'


def _linked(target: str) -> list[str]:
    """Device libraries and the linker; without either, an object file is as far as it goes."""
    libraries = _device_libraries()
    out: list[str] = []
    if libraries:
        names = ["ocml", "ockl", "oclc_wavefrontsize64_on", "oclc_daz_opt_off", "oclc_unsafe_math_off"]
        names += ["oclc_finite_only_off", "oclc_correctly_rounded_sqrt_on", "oclc_abi_version_500"]
        names += [_isa_library(target)]
        for library in (libraries / f"{name}.bc" for name in names):
            if library.is_file():
                out += ["-Xclang", "-mlink-builtin-bitcode", "-Xclang", str(library)]
    linkable = libraries and tools.find(f"lld-{_major()}", "ld.lld", "lld")
    return [*out, "--no-gpu-bundle-output", *([] if linkable else ["-c"])]


def _isa_library(target: str) -> str:
    return f"oclc_isa_version_{target.removeprefix('gfx')}"


def _isa_version(target: str) -> str:
    """The constant that the libraries read, for a target newer than the libraries: gfx942 is 9402, gfx90a 9010."""
    libraries = _device_libraries()
    if not libraries or Path(libraries, f"{_isa_library(target)}.bc").is_file():
        return ""
    major, minor, step = target[3:-2], int(target[-2], 16), int(target[-1], 16)
    return f'extern "C" const __constant__ int __oclc_ISA_version = {int(major) * 1000 + minor * 100 + step};\n'


def _report(tool: str, target: str, result: tools.Finished, file: str, name: str) -> ToolReport:
    log = result.output.replace(file, name)
    remarks = {
        "vector registers": r"remark: .*\bVGPRs: (\d+)",
        "scalar registers": r"remark: .*\b(?:TotalSGPRs|SGPRs): (\d+)",
        "spilled vector registers": r"VGPRs Spill: (\d+)",
        "shared bytes": r"LDS Size \[bytes/block\]: (\d+)",
        "scratch bytes": r"ScratchSize \[bytes/lane\]: (\d+)",
        "occupancy": r"Occupancy \[waves/SIMD\]: (\d+)",
    }
    found = {key: [int(n) for n in re.findall(pattern, log)] for key, pattern in remarks.items()}
    worst = {k: str((min if k == "occupancy" else max)(v)) for k, v in found.items() if v}
    return ToolReport(tool, target, "ok" if result.ok else "failed", worst, _without_remarks(log))


def _without_remarks(log: str) -> str:
    """The log less the resource remarks and the source lines quoted under them."""
    kept: list[str] = []
    quoted = False
    for line in log.splitlines():
        if re.search(r": (?:error|warning|note|remark|fatal error): ", line) or line.startswith("lld"):
            quoted = ": remark: " in line or "could not determine the original source location" in line
        if not quoted:
            kept.append(line)
    return "\n".join(kept).strip()


@cache
def _clang() -> str:
    """The newest clang that lists the amdgcn target."""
    for name in _CLANGS:
        path = tools.find(name)
        if path and "amdgcn" in tools.run([path, "--print-targets"], seconds=10).output:
            return path
    return ""


def _major() -> str:
    return tools.version(_clang()).split(".")[0]


@cache
def _device_libraries() -> Path | None:
    rocm = os.environ.get("ROCM_PATH")
    folders = [*([f"{rocm}/amdgcn/bitcode"] if rocm else []), *_BITCODE_FOLDERS]
    return next((Path(f) for f in folders if Path(f, "ocml.bc").is_file()), None)
