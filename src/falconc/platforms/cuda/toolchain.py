"""nvcc and NVRTC: real machine code for NVIDIA GPUs, without a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from falconc.platform import DeviceJob, ToolReport
from falconc.platforms import tools
from falconc.platforms.cuda import device, nvrtc
from falconc.source import Source

TARGETS = ("sm_80", "sm_90")
_NVCC_ADVICE = "install the CUDA toolkit (the package nvidia-cuda-toolkit, or NVIDIA's own)"


@dataclass(frozen=True, slots=True)
class CudaToolchain:
    """nvcc compiles the whole file; NVRTC, which needs no toolkit, the device part."""

    def doctor(self) -> list[ToolReport]:
        return [tools.presence("nvcc", tools.find("nvcc"), _NVCC_ADVICE), nvrtc.presence()]

    def device(self) -> str:
        return device.name()

    def execute(self, job: DeviceJob) -> list[Any]:
        return device.execute(job)

    def compile(self, source: Source) -> list[ToolReport]:
        jobs = [lambda: _nvcc(source)] if tools.find("nvcc") else []
        jobs += [lambda target=target: nvrtc.compile_for(source, target) for target in TARGETS]
        return tools.together(jobs)


def _nvcc(source: Source) -> ToolReport:
    """One call for all targets; host code included."""
    path = tools.find("nvcc")
    with tools.workspace() as folder:
        text = folder / "kernel.cu"
        text.write_text(source.text)
        architectures = [f"-gencode=arch=compute_{t[3:]},code={t}" for t in TARGETS]
        result = tools.run(
            [
                path,
                "-std=c++17",
                "-O3",
                "--expt-relaxed-constexpr",
                *architectures,
                "-Xptxas",
                "-v",
                "-c",
                text,
                "-o",
                folder / "kernel.o",
            ]
        )
    log = result.output.replace(str(text), source.name)
    status = "ok" if result.ok else "failed"
    return ToolReport(f"nvcc {tools.version(path)}", ", ".join(TARGETS), status, nvrtc.resources(log), nvrtc.notes(log))
