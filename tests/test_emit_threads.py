"""Thread-parallel kernels as text: shared tiles, barriers, lanes, atomics; and compilers that accept them."""

from __future__ import annotations

import kernels_by_hand as by_hand
import pytest

from falconc import emit, platform
from falconc.errors import Unsupported
from falconc.ir.nodes import Alloc, Buffer, Collective, Const, For, Kernel, Launch, Load, Store, Var, parallel
from falconc.ir.types import F32, I32
from falconc.source import Source

KERNELS = [
    by_hand.gelu(), by_hand.gemm_tiled(), by_hand.softmax_block(), by_hand.transpose(), by_hand.total_atomic(),
    by_hand.histogram(), by_hand.row_sum_shuffle(), by_hand.gather(),
]  # fmt: skip


def text_of(kernel: Kernel, name: str) -> str:
    return emit.emit(kernel, platform.get(name), source_name="k.c")


def test_tiled_gemm() -> None:
    text = text_of(by_hand.gemm_tiled(), "cuda")
    assert "    __shared__ float sa[256];\n" in text
    assert "    const int row = blockIdx.y * blockDim.y + ty;\n" in text
    assert text.count("__syncthreads();") == 2
    assert "sa[ty * 16 + tx] = row < m && ka < k ? a[row * k + ka] : 0.0f;" in text


def test_two_dimensional_shared_array() -> None:
    text = text_of(by_hand.transpose(), "hip")
    assert "__shared__ float s[16][17];" in text
    assert "s[ty][tx] = x[" in text


def test_lanes_exchange_by_shuffles() -> None:
    assert "const float l16 = __shfl_sync(__activemask(), p, tx ^ 16, 32);" in text_of(
        by_hand.row_sum_shuffle(), "cuda"
    )
    assert "const float l16 = __shfl(p, tx ^ 16, 32);" in text_of(by_hand.row_sum_shuffle(), "hip")


def test_a_loop_over_lanes_is_unsupported() -> None:
    zero, one = Const(0, I32), Const(1, I32)
    total = Store("y", (Var("tx", I32),), Load("l", (Var("k", I32),), F32))
    body = (Collective("l", 32, Const(1.0, F32)), For("k", zero, Const(32, I32), one, (total,)))
    nest = For("tx", zero, Const(32, I32), one, body, parallel("thread.x"))
    kernel = Kernel("k", (Buffer("y", F32, (None,), "global"),), (nest,), Launch((one, one, one), (32, 1, 1)))
    with pytest.raises(Unsupported, match="in a loop"):
        text_of(kernel, "cuda")


def test_what_runs_once_per_block_is_unsupported() -> None:
    zero, one = Const(0, I32), Const(1, I32)
    nest = For("tx", zero, Const(32, I32), one, (Store("y", (Var("tx", I32),), Const(1.0, F32)),), parallel("thread.x"))
    body = (Store("y", (zero,), Const(0.0, F32)), nest)
    kernel = Kernel("k", (Buffer("y", F32, (None,), "global"),), body, Launch((one, one, one), (32, 1, 1)))
    with pytest.raises(Unsupported, match="once per block"):
        text_of(kernel, "cuda")


def test_an_array_of_unknown_size_is_not_for_a_gpu() -> None:
    one = Const(1, I32)
    scratch = Alloc(Buffer("t", F32, (Var("n", I32),), "register"))
    kernel = Kernel("k", (by_hand.buf("y"), by_hand.n), (scratch,), Launch((one, one, one), (1, 1, 1)))
    with pytest.raises(Unsupported, match="size is known only at run time"):
        text_of(kernel, "cuda")
    assert "float t[n];" in text_of(kernel, "cpu")


@pytest.mark.parametrize(("name", "tool"), [("cuda", "NVRTC"), ("hip", "LLVM AMDGPU backend")])
def test_compilers_accept_every_kernel(name: str, tool: str) -> None:
    target = platform.get(name)
    if any(r.tool == tool and r.status == "missing" for r in target.toolchain.doctor()):
        pytest.skip(f"{tool} is not on this machine")
    text = emit.emit_file(KERNELS, target, source_name="k.c")
    reports = target.toolchain.compile(Source(f"k{target.suffixes[0]}", text))
    assert reports
    assert [r for r in reports if r.status != "ok"] == []
