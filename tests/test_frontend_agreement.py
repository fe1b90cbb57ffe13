"""The lifted kernel does what the text does: the interpreter of the IR against the text itself, on the same data.

Unlike a verdict this needs no algebra: it holds for bit tricks and integers too. Integers must be equal, floats close.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from falconc import frontend, platform
from falconc.frontend.unit import Instance
from falconc.ir import interp
from falconc.source import Source
from falconc.verify import Options, shapes
from falconc.verify.exact import Examination, Setting
from falconc.verify.subject import Failed, Subject

FOLDER = Path(__file__).parent / "language"
TEXTS = sorted(FOLDER.iterdir())
CASES = [f for p in platform.all_platforms().values() for f in sorted((p.folder / "cases").iterdir())]
RACES = ("reduce_volatile",)  # what the text does is not defined
MOST_THREADS = 4096  # the interpreter is slow
CLOSE = {2: 2e-2, 4: 2e-4, 8: 1e-9}  # by bytes: the order of sums and library functions may differ


def setting_of(instance: Instance, subject: Subject) -> Examination:
    """Exact arithmetic ran once, so that the extents of all buffers are known."""
    site = instance.site
    exam = Examination(subject, None, Options(), dict(site.extents) if site else {})
    plan = shapes.choose(instance.kernel, instance.kernel, dict(site.sizes) if site else {})
    sized = sorted((threads, n) for n, s in enumerate(plan.main) if (threads := _threads(subject, s)))
    assert sized, "no shape with any thread"
    fitting = [n for threads, n in sized if threads <= MOST_THREADS] or [sized[0][1]]
    for n in reversed(fitting[:3]):
        exam.shape(plan.main[n], 9)
        if exam.found.settings:
            return exam
    raise AssertionError(f"no shape runs: {exam.found.source.failure or exam.found.source.defects}")


def _threads(subject: Subject, sizes: dict[str, int]) -> int:
    scalars: dict[str, Any] = {s.name: 0 for s in subject.kernel.scalars}
    try:
        grid, block, _ = subject.geometry({**scalars, **sizes})
    except Failed:
        return 0
    return math.prod(grid) * math.prod(block)


def differences(instance: Instance) -> list[str]:
    """Where the interpreter's results are not the text's."""
    subject = Subject.of(instance)
    exam = setting_of(instance, subject)
    setting: Setting = exam.found.settings[-1]
    arrays = exam.arrays(setting, "signed")
    expected = subject.native(setting.sizes, arrays)
    found = {name: a.copy() for name, a in arrays.items()}
    interp.run(instance.kernel, {**found, **setting.sizes})
    out: list[str] = []
    for name, text in expected.items():
        ours = found[name]
        if ours.dtype.kind in "iub":
            bad = ours != text
        else:
            x, y = ours.astype(np.float64), text.astype(np.float64)
            with np.errstate(all="ignore"):
                near = np.abs(x - y) <= CLOSE[ours.dtype.itemsize] * (1 + np.abs(y))
            bad = ~(near | (x == y) | (np.isnan(x) & np.isnan(y)))
        if bad.any():
            at = int(np.argmax(bad))
            out.append(f"{name}[{at}]: lifted {ours[at]}, text {text[at]} at {setting.sizes}")
    return out


def check_file(path: Path) -> None:
    found = platform.of_file(str(path))
    assert found is not None
    unit = frontend.load(Source(path.name, path.read_text()), found)
    assert unit.kernels
    for kernel in unit.kernels:
        assert not differences(frontend.instance(unit, kernel.name))


@pytest.mark.parametrize("path", [t for t in TEXTS if t.stem not in RACES], ids=lambda p: p.stem)
def test_a_text_and_its_kernel_agree(path: Path) -> None:
    check_file(path)


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_a_case_and_its_kernel_agree(path: Path) -> None:
    check_file(path)


def test_a_wrong_kernel_is_noticed() -> None:
    from dataclasses import replace

    from falconc.ir.nodes import Binary
    from falconc.ir.walk import rewrite

    path = FOLDER / "fp8_bits.cu"
    unit = frontend.load(Source(path.name, path.read_text()), platform.get("cuda"))
    instance = frontend.instance(unit, "to_e4m3")
    wrong = tuple(
        rewrite(s, lambda n: replace(n, op="add") if isinstance(n, Binary) and n.op == "sub" else n)
        for s in instance.kernel.body
    )
    assert differences(replace(instance, kernel=replace(instance.kernel, body=wrong)))
