"""What all runs of one side showed: defects, limits, and which outcomes of choices were met."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from falconc.verify.subject import Array, Run, Subject
from falconc.verify.verdict import Defect


@dataclass(slots=True)
class Side:
    """What all runs of one side showed."""

    subject: Subject
    counts: Array
    defects: dict[tuple[str, str], Defect] = field(default_factory=dict[tuple[str, str], Defect])
    limits: dict[int, str] = field(default_factory=dict[int, str])
    unknowns: dict[int, str] = field(default_factory=dict[int, str])
    overlaps: dict[int, str] = field(default_factory=dict[int, str])
    failure: str = ""
    runs: int = 0

    @classmethod
    def of(cls, subject: Subject) -> Side:
        return cls(subject, np.zeros((len(subject.sites), 6), np.int64))

    def take(self, run: Run) -> None:
        self.counts += np.maximum(run.counts, 0)
        self.limits |= dict(run.limits)
        self.unknowns |= dict(run.unknowns)
        self.runs += 1
        self.overlaps |= dict(run.overlaps)

    def blame(self, run: Run) -> None:
        for d in run.defects:
            self.defects.setdefault((d.kind, d.where), d)
        self.overlaps |= dict(run.overlaps)

    def unseen(self, with_guards: bool) -> list[str]:
        """Choices on data with an outcome that is possible and was not met; guards and loops never entered."""
        out: list[str] = []
        for (kind, what, where), counts in self._by_place().items():
            missing = _missing(what, counts[:3] > 0, counts[3:] > 0) if kind in ("choice", "sized") else []
            if missing and (kind == "choice" or with_guards):
                out.append(f"{where}: {what}{' of sizes' if kind == 'sized' else ''}: {', '.join(missing)}")
            elif with_guards and kind in ("guard", "loop", "repeated", "covered") and not counts[0]:
                out.append(f"{where}: {what} never entered")
            elif with_guards and kind == "repeated" and not counts[2]:
                out.append(f"{where}: {what} never ran twice")
        return out

    def may_repeat(self) -> bool:
        """Whether a loop that could run twice on some sizes has not done so yet."""
        kinds = zip(self.subject.sites, self.counts, strict=True)
        return any(site.kind == "covered" and counts[0] and not counts[2] for site, counts in kinds)

    def _by_place(self) -> dict[tuple[str, str, object], Array]:
        """The counts of each site; conditions on native values count by their place in the text, if it is written out
        several times."""
        found: dict[tuple[str, str, object], Array] = {}
        for k, site in enumerate(self.subject.sites):
            merged = (site.kind == "sized" or site.what.startswith("condition")) and site.where is not None
            key = (site.kind, site.what, _Place(self.subject.where(k), -1 if merged else k))
            found[key] = found[key] + self.counts[k] if key in found else self.counts[k]
        return found


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in words, told apart from others with the same words by ``number``."""

    words: str
    number: int

    def __str__(self) -> str:
        return self.words


_TRUE = {"<": (0,), "<=": (0, 1), ">": (2,), ">=": (1, 2), "==": (1,), "!=": (0, 2)}


def _missing(what: str, seen: Array, possible: Array) -> list[str]:
    """Outcomes still to be met: a comparison true, false and with equal operands; any other choice all three ways."""
    names = ("false", "", "true") if what.startswith("condition") else ("less", "equal", "greater")
    true = _TRUE.get(what.rpartition(" ")[2]) if what.startswith("comparison") else None
    if true is None:
        return [n for n, s, p in zip(names, seen, possible, strict=True) if p and not s]
    false = tuple(k for k in range(3) if k not in true)
    wanted = {"true": true, "false": false, "equal": (1,)}
    return [n for n, ks in wanted.items() if any(possible[k] for k in ks) and not any(seen[k] for k in ks)]
