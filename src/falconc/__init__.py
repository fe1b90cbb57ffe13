"""Translates tensor kernels between dialects of C and shows the evidence that each translation is right."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from falconc import platform, verify
    from falconc.errors import FalconcError, KernelFault, SourceDefect, Unsupported, UsageError
    from falconc.flow import Options, Translation, translate
    from falconc.frontend import instance, load
    from falconc.raw_kernel import RawKernel
    from falconc.source import Source
    from falconc.verify import Verdict

# Public name -> the module that has it ("" for a module itself). Loaded on first use: the command line starts without
# libclang and NumPy.
_HOMES = {
    "FalconcError": "errors",
    "KernelFault": "errors",
    "Options": "flow",
    "RawKernel": "raw_kernel",
    "Source": "source",
    "SourceDefect": "errors",
    "Translation": "flow",
    "Unsupported": "errors",
    "UsageError": "errors",
    "Verdict": "verify",
    "instance": "frontend",
    "load": "frontend",
    "platform": "",
    "translate": "flow",
    "verify": "",
}

__all__ = [
    "FalconcError",
    "KernelFault",
    "Options",
    "RawKernel",
    "Source",
    "SourceDefect",
    "Translation",
    "Unsupported",
    "UsageError",
    "Verdict",
    "instance",
    "load",
    "platform",
    "translate",
    "verify",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'falconc' has no attribute '{name}'")
    return (
        getattr(importlib.import_module(f"falconc.{home}"), name)
        if home
        else importlib.import_module(f"falconc.{name}")
    )
