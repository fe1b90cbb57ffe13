"""What kernels in the wild use: each text in tests/language and each case is lifted, run and proved equal to itself.

The other side has one name more, which nobody uses: the short cut for kernels that are the very same is not taken.

A line ``// expect: VERDICT reason`` in a text (``// expect KERNEL: ...`` for one of several) says that it is less than
Proved, and why.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import kernels_by_hand as hand
import pytest

from falconc import frontend, platform, verify
from falconc.source import Source

FOLDER = Path(__file__).parent / "language"
CASES = [f for p in platform.all_platforms().values() for f in sorted((p.folder / "cases").iterdir())]
TEXTS = sorted(FOLDER.iterdir())
_EXPECT = re.compile(r"^//\s*expect ?(\w*): (\w+) ?(.*)", re.MULTILINE)


def _platform_of(path: Path) -> platform.Platform:
    found = platform.of_file(str(path))
    assert found is not None, path
    return found


def check_file(path: Path) -> None:
    text = path.read_text()
    unit = frontend.load(Source(path.name, text), _platform_of(path))
    assert unit.kernels
    expected = {name: (verdict, reason) for name, verdict, reason in _EXPECT.findall(text)}
    for kernel in unit.kernels:
        instance = frontend.instance(unit, kernel.name)
        other = replace(instance, kernel=hand.padded(instance.kernel))
        verdict = verify.equivalent(instance, other)
        wanted, reason = expected.get(kernel.name) or expected.get("") or ("Proved", "")
        assert verdict.name == wanted, verdict.reason
        assert reason in verdict.reason


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.stem)
def test_a_text_is_understood(path: Path) -> None:
    check_file(path)


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_a_case_is_proved_equal_to_itself(path: Path) -> None:
    unit = frontend.load(Source(path.name, path.read_text()), _platform_of(path))
    for kernel in unit.kernels:
        instance = frontend.instance(unit, kernel.name)
        verdict = verify.equivalent(instance, instance)
        assert verdict.name == "Proved", verdict.reason
