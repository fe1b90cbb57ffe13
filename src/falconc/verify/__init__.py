"""Are two kernels the same? Exact arithmetic, floats, limits and races; the answer is a verdict with its evidence."""

from pathlib import Path

from falconc.verify.equivalence import check, equivalent, equivalent_kernels
from falconc.verify.options import Options
from falconc.verify.verdict import Defect, Difference, Evidence, Verdict


def replay(path: Path | str) -> Verdict:
    """Run a replay file again."""
    from falconc.verify import recording

    return recording.replay(path)


__all__ = [
    "Defect",
    "Difference",
    "Evidence",
    "Options",
    "Verdict",
    "check",
    "equivalent",
    "equivalent_kernels",
    "replay",
]
