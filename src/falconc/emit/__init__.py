"""Kernel -> target text: the kernels, their launchers and the includes they need, in the target's own words."""

from falconc.emit.file import emit, emit_file

__all__ = ["emit", "emit_file"]
