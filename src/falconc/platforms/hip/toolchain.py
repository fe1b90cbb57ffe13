"""Real compilers."""

from __future__ import annotations

from dataclasses import dataclass

from falconc.platform import ToolReport
from falconc.source import Source


@dataclass(frozen=True, slots=True)
class HipToolchain:
    def doctor(self) -> list[ToolReport]:
        return []

    def compile(self, source: Source) -> list[ToolReport]:
        return []
