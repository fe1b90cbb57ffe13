"""Loop recovery ends in the nest a person would write: five texts kept as files, rewritten by ``pytest --rewrite``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from falconc import emit, frontend, platform, verify
from falconc.frontend.unit import Instance
from falconc.ir import spec
from falconc.ir.nodes import Kernel
from falconc.passes.loop_recovery import LoopRecovery
from falconc.source import Source

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*.cu"))
CPU = platform.get("cpu")


def lifted(path: Path) -> Instance:
    unit = frontend.load(Source(path.name, path.read_text()), platform.get("cuda"))
    return frontend.instance(unit, unit.kernels[0].name)


def recovered(path: Path) -> Kernel:
    kernel = LoopRecovery().apply(lifted(path).kernel, CPU)
    spec.check(kernel)
    return kernel


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_recovered_text(path: Path, rewrite: bool) -> None:
    text = emit.emit(recovered(path), CPU, source_name=path.name)
    expected = path.with_suffix(".c")
    if rewrite:
        expected.write_text(text)
    assert text == expected.read_text()


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_nothing_is_left_of_the_launch(path: Path) -> None:
    text = emit.emit(recovered(path), CPU, source_name="k").split("void ", 1)[1]
    assert not re.search(r"\b(bx|by|tx|ty|warp|lane|tile|parts?|As|Bs|block|thread)\b|\[\d+\]", text)


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_recovered_kernel_computes_the_same(path: Path) -> None:
    verdict = verify.equivalent_kernels(lifted(path).kernel, recovered(path))
    assert verdict.name == "Proved", verdict.reason


def test_tiled_and_naive_multiplication_end_in_one_nest() -> None:
    tiled, naive = recovered(GOLDEN / "gemm_tiled.cu"), recovered(GOLDEN / "gemm_naive.cu")
    assert tiled.body == naive.body
