"""HIP for AMD GPUs."""

from __future__ import annotations

from pathlib import Path

from falconc.platform import Platform
from falconc.platforms.hip.limits import LIMITS
from falconc.platforms.hip.pipeline import PIPELINE
from falconc.platforms.hip.toolchain import HipToolchain
from falconc.platforms.hip.words import WORDS
from falconc.platforms.simt_words import PARSE_FLAGS

_MACROS = ("__HIP__", "__HIPCC__", "__HIP_PLATFORM_AMD__", "__HIP_DEVICE_COMPILE__", "__AMDGCN__", "__gfx90a__")

PLATFORM = Platform(
    name="hip",
    title="HIP (AMD GPUs)",
    model="simt",
    folder=Path(__file__).parent,
    parse_flags=(*PARSE_FLAGS, *(f"-D{m}=1" for m in _MACROS)),
    lane_width=LIMITS["lanes"],
    suffixes=(".hip", ".hip.cpp"),
    words=WORDS,
    limits=LIMITS,
    toolchain=HipToolchain(),
    pipeline=PIPELINE,
)
