"""The four answers of the verifier and the evidence under them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

VerdictName = Literal["Proved", "Tested", "Refuted", "Unknown"]
RANK: dict[str, int] = {"Proved": 3, "Tested": 2, "Unknown": 1, "Refuted": 0}


@dataclass(frozen=True, slots=True)
class Defect:
    """Something undefined that a program did. kind: out-of-bounds, uninitialised-read, race, divergent-barrier,
    missing-lanes, bad-address ...; where: "file:line:column"; shape: the sizes it happened at."""

    kind: str
    where: str
    detail: str
    shape: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on; every list is printed."""

    shapes: tuple[Mapping[str, int], ...] = ()
    runs: tuple[str, ...] = ()  # one line each: what ran, how often, with what result
    assumptions: tuple[str, ...] = ()
    unseen_paths: tuple[str, ...] = ()
    unconfirmed_intrinsics: tuple[str, ...] = ()
    source_defects: tuple[Defect, ...] = ()
    target_defects: tuple[Defect, ...] = ()
    seed: int = 0
    error_bound: str = ""  # "2^-40 a run" or "heuristic: exp"


@dataclass(frozen=True, slots=True)
class Difference:
    """First differing element: buffer, flat index, both values, bound, and the inputs to replay."""

    buffer: str
    index: int
    expected: float
    got: float
    bound: float
    shape: Mapping[str, int]
    inputs: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """name, scope ("all sizes" or a list of shapes in words), reason in one line, evidence, first difference."""

    name: VerdictName
    scope: str
    reason: str
    evidence: Evidence
    difference: Difference | None = None

    @property
    def rank(self) -> int:
        return RANK[self.name]

    def as_json(self) -> dict[str, Any]:
        import dataclasses

        return dataclasses.asdict(self)
