"""CUDA C for NVIDIA GPUs."""

from __future__ import annotations

from pathlib import Path

from falconc.platform import Platform
from falconc.platforms.cuda.limits import LIMITS
from falconc.platforms.cuda.pipeline import PIPELINE
from falconc.platforms.cuda.toolchain import CudaToolchain
from falconc.platforms.cuda.words import WORDS
from falconc.platforms.simt_words import PARSE_FLAGS

PLATFORM = Platform(
    name="cuda",
    title="CUDA C (NVIDIA GPUs)",
    model="simt",
    folder=Path(__file__).parent,
    parse_flags=(*PARSE_FLAGS, "-D__CUDA_ARCH__=800", "-D__CUDACC__", "-D__NVCC__"),
    lane_width=LIMITS["lanes"],
    suffixes=(".cu", ".cuh"),
    words=WORDS,
    limits=LIMITS,
    toolchain=CudaToolchain(),
    pipeline=PIPELINE,
)
