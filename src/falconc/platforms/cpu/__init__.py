"""C with OpenMP and vector intrinsics for x86-64 CPUs."""

from __future__ import annotations

from pathlib import Path

from falconc.platform import Platform
from falconc.platforms.cpu.limits import LIMITS
from falconc.platforms.cpu.pipeline import PIPELINE
from falconc.platforms.cpu.toolchain import CpuToolchain
from falconc.platforms.cpu.words import WORDS

_VECTOR_UNITS = ("__AVX2__", "__AVX512F__", "__AVX512BW__", "__AVX512DQ__", "__AVX512VL__", "__AVX512VNNI__", "__FMA__")

PLATFORM = Platform(
    name="cpu",
    title="C (x86-64, OpenMP, AVX2 and AVX-512)",
    model="c",
    folder=Path(__file__).parent,
    parse_flags=("-x", "c++", "-std=c++17", "-nostdinc", "-nostdinc++", *(f"-D{m}=1" for m in _VECTOR_UNITS)),
    lane_width=1,
    suffixes=(".c", ".cpp", ".cc"),
    words=WORDS,
    limits=LIMITS,
    toolchain=CpuToolchain(),
    pipeline=PIPELINE,
)
