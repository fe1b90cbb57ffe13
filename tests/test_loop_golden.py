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
SIZES = {
    "gemm_naive": ({"m": 33, "n": 17, "K": 20}, {"m": 8, "n": 70, "K": 1}),
    "gemm_tiled": ({"m": 33, "n": 17, "K": 20}, {"m": 16, "n": 40, "K": 16}, {"m": 1, "n": 1, "K": 5}),
    "scale_grid_stride": ({"n": 20000}, {"n": 5}),
    "softmax_block": ({"rows": 3, "cols": 300}, {"rows": 2, "cols": 7}),
    "transpose_tiled": ({"rows": 33, "cols": 40}, {"rows": 64, "cols": 5}),
}


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
    options = verify.Options(shapes=SIZES[path.stem])
    verdict = verify.equivalent_kernels(lifted(path).kernel, recovered(path), options)
    assert verdict.name == "Proved", verdict.reason


def test_tiled_and_naive_multiplication_end_in_one_nest() -> None:
    tiled, naive = recovered(GOLDEN / "gemm_tiled.cu"), recovered(GOLDEN / "gemm_naive.cu")
    assert tiled.body == naive.body
