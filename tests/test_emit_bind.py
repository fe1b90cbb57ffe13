"""Loop bind and parallelise: which loop goes where, guards, one block with barriers, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from test_emit import DATA, array, c, gemm, loop, op, v

from falconc import emit, platform
from falconc.errors import Refused
from falconc.ir import interp
from falconc.ir.nodes import (
    SERIAL,
    Alloc,
    Barrier,
    Buffer,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Let,
    Load,
    LoopKind,
    Scalar,
    Store,
    Update,
    Var,
)
from falconc.ir.types import F32, I32, I64
from falconc.ir.walk import walk
from falconc.passes.loop_bind import LoopBind
from falconc.passes.parallelise import Parallelise
from falconc.platform import Platform

GPU = platform.get("cuda")
CPU = platform.get("cpu")


def at(name: str, index: Expr) -> Load:
    return Load(name, (index,), F32)


def bound_text(kernel: Kernel, **options: int) -> str:
    return emit.emit(LoopBind(**options).apply(kernel, GPU), GPU, source_name="k.c")


def kernel_part(text: str) -> str:
    start = text.index("__global__")
    return text[text.index("{\n", start) + 2 : text.index("\n}\n", start)]


def elementwise(hi: Expr, kind: LoopKind = DATA) -> Kernel:
    body = Store("y", (v("i", hi.dtype),), op("mul", at("x", v("i", hi.dtype)), c(2.0, F32)))
    return Kernel(
        "twice", (array("x", readonly=True), array("y"), Scalar("n", hi.dtype)), (loop("i", hi, body, kind=kind),)
    )


def test_one_dimension_takes_256_threads_and_a_guard() -> None:
    text = bound_text(elementwise(v("n")))
    assert kernel_part(text) == (
        "    const int i = blockIdx.x * blockDim.x + threadIdx.x;\n    if (i < n) {\n        y[i] = x[i] * 2.0f;\n    }"
    )
    assert "if (n <= 0) return;  // nothing to do\n    const dim3 grid((n + 255) / 256);" in text


def test_a_multiple_of_the_block_needs_no_guard() -> None:
    text = bound_text(elementwise(c(4096)))
    assert "if (i" not in text
    assert "const dim3 grid(16);" in text
    assert "nothing to do" not in text


def test_64_bit_sizes_stay_64_bit() -> None:
    text = bound_text(elementwise(v("n", I64)))
    assert "const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;" in text
    assert "if (i < n)" in text


def test_a_short_constant_loop_gets_a_small_block() -> None:
    assert "const dim3 block(32);" in bound_text(elementwise(c(5)))


def test_bounds_that_do_not_start_at_zero() -> None:
    body = Store("y", (v("i"),), c(1.0, F32))
    nest = For("i", c(2), v("n"), c(3), (body,), DATA)
    text = bound_text(Kernel("k", (array("y"), Scalar("n", I32)), (nest,)))
    assert "const int i = 2 + (blockIdx.x * blockDim.x + threadIdx.x) * 3;" in text
    assert "if (i < n) {" in text
    assert "const dim3 grid(((n - 2 + 2) / 3 + 255) / 256);" in text


def transpose() -> Kernel:
    source = op("add", op("mul", v("i"), v("n")), v("j"))
    target = op("add", op("mul", v("j"), v("m")), v("i"))
    nest = loop("i", v("m"), loop("j", v("n"), Store("y", (target,), at("x", source)), kind=DATA), kind=DATA)
    return Kernel("transpose", (array("x"), array("y"), Scalar("m", I32), Scalar("n", I32)), (nest,))


def test_stores_along_memory_decide_the_fastest_axis() -> None:
    """Both loops run along one array; the store counts twice, so i gets thread.x, and the block is square."""
    text = bound_text(transpose())
    assert "const int i = blockIdx.x * blockDim.x + threadIdx.x;" in text
    assert "const int j = blockIdx.y * blockDim.y + threadIdx.y;" in text
    assert "const dim3 block(16, 16);" in text


def test_an_index_through_a_let_is_seen() -> None:
    flat = op("add", op("mul", v("i"), v("n")), v("j"))
    body = (Let("at", flat), Store("y", (v("at"),), at("x", v("at"))))
    nest = loop("j", v("n"), loop("i", v("m"), *body, kind=DATA), kind=DATA)
    text = bound_text(Kernel("k", (array("x"), array("y"), Scalar("m", I32), Scalar("n", I32)), (nest,)))
    assert "const int j = blockIdx.x * blockDim.x + threadIdx.x;" in text


def test_more_than_two_loops_share_block_z() -> None:
    index = v("d")
    for outer, extent in (("q", 20), ("b", 6), ("a", 4)):
        index = op("add", op("mul", v(outer), c(extent)), index)
    nest = loop("d", c(64), Store("y", (index,), c(0.0, F32)), kind=DATA)
    for name, hi in (("q", c(20)), ("b", v("B")), ("a", v("A"))):
        nest = loop(name, hi, nest, kind=DATA)
    text = bound_text(Kernel("k", (array("y"), Scalar("A", I32), Scalar("B", I32)), (nest,)))
    assert "const int a = bz / B;\n    const int b = bz % B;" in text
    assert "const dim3 grid(2, 3, A * B);" in text


def test_a_triangular_inner_loop_stays_in_the_thread() -> None:
    nest = loop("i", v("n"), loop("j", v("i"), Store("y", (v("j"),), c(0.0, F32)), kind=DATA), kind=DATA)
    text = bound_text(Kernel("k", (array("y"), Scalar("n", I32)), (nest,)))
    assert "for (int j = 0; j < i; ++j)" in text
    assert "const int i = blockIdx.x" in text


def test_a_guard_between_loops_moves_inside() -> None:
    inner = loop("j", v("n"), Store("y", (v("j"),), c(0.0, F32)), kind=DATA)
    nest = loop("i", v("m"), If(op("gt", at("x", v("i")), c(0.0, F32)), (inner,)), kind=DATA)
    text = bound_text(Kernel("k", (array("x"), array("y"), Scalar("m", I32), Scalar("n", I32)), (nest,)))
    assert "if (i < m && j < n) {\n        if (x[i] > 0.0f) {\n            y[j] = 0.0f;" in text


def normalise() -> Kernel:
    """A sum, then a division by it: two parts that depend on each other."""
    body = (
        Alloc(Buffer("s", F32, (), "register")),
        Store("s", (), c(0.0, F32)),
        loop("i", v("n"), Update("s", (), "add", (at("x", v("i")),))),
        Let("inverse", op("div", c(1.0, F32), Load("s", (), F32))),
        loop("j", v("n"), Store("y", (v("j"),), op("mul", at("x", v("j")), Var("inverse", F32))), kind=DATA),
    )
    return Kernel("normalise", (array("x", readonly=True), array("y"), Scalar("n", I32)), body)


def test_dependent_parts_share_one_block_with_barriers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("falconc.passes.loop_bind_block.is_independent", lambda _, s: s.kind == DATA)
    monkeypatch.setattr("falconc.passes.loop_bind_grid.is_independent", lambda _, s: s.kind == DATA)
    assert kernel_part(bound_text(normalise())) == (
        "    __shared__ float s;\n"
        "    const int tx = threadIdx.x;\n"
        "    if (tx == 0) {\n"
        "        s = 0.0f;\n"
        "        for (int i = 0; i < n; ++i) {\n"
        "            s += x[i];\n"
        "        }\n"
        "    }\n"
        "    __syncthreads();\n"
        "    const float inverse = 1.0f / s;\n"
        "    __syncthreads();\n"
        "    for (int j = tx; j < n; j += 256) {\n"
        "        y[j] = x[j] * inverse;\n"
        "    }"
    )


def test_without_an_independent_loop_one_thread_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("falconc.passes.loop_bind_block.is_independent", lambda _, s: s.kind == DATA)
    monkeypatch.setattr("falconc.passes.loop_bind_grid.is_independent", lambda _, s: s.kind == DATA)
    text = bound_text(elementwise(v("n"), SERIAL))
    assert "// One thread does all the work" in text
    assert "const dim3 block(1);\n    const dim3 grid(1);" in text


def test_block_shape_is_a_parameter() -> None:
    text = bound_text(gemm(), x=64, y=4)
    assert "const dim3 block(64, 4);" in text


def test_refusals() -> None:
    with pytest.raises(Refused, match="bound to block"):
        LoopBind().apply(LoopBind().apply(gemm(), GPU), GPU)
    with pytest.raises(Refused, match="barriers"):
        LoopBind().apply(Kernel("k", (), (Barrier(),)), GPU)
    with pytest.raises(Refused, match="at most 1024"):
        LoopBind(x=2048).apply(gemm(), GPU)


def test_sites_are_legal_variants() -> None:
    sites = list(LoopBind.sites(gemm(), GPU))
    assert LoopBind() in sites
    assert len(sites) >= 4
    for site in sites:
        site.apply(gemm(), GPU)


def axes(kernel: Kernel) -> dict[str, str]:
    return {n.var: n.kind.axis for n in walk(kernel.body) if isinstance(n, For) and n.kind.name == "parallel"}


def test_parallelise_takes_the_nest() -> None:
    assert axes(Parallelise().apply(gemm(), CPU)) == {"i": "core", "j": "core"}


def test_small_loops_stay_on_one_core() -> None:
    done = Parallelise().apply(elementwise(c(64)), CPU)
    assert axes(done) == {}
    assert "omp" not in emit.emit(done, CPU, source_name="k.cu")


def test_parallelise_one_loop_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("falconc.passes.parallelise.is_independent", lambda _, s: s.kind == DATA)
    assert axes(Parallelise("j").apply(gemm(), CPU)) == {"j": "core"}
    with pytest.raises(Refused, match="no loop 'z'"):
        Parallelise("z").apply(gemm(), CPU)
    with pytest.raises(Refused, match="depend on each other"):
        Parallelise("k").apply(gemm(), CPU)


def test_atomics_keep_a_loop_on_one_core() -> None:
    body = Update("h", (Const(0, I32),), "add", (c(1.0, F32),), atomic=True)
    kernel = Kernel("k", (array("h"), Scalar("n", I32)), (loop("i", v("n"), body, kind=DATA),))
    assert axes(Parallelise().apply(kernel, CPU)) == {}


SIZES = {"n": 45, "m": 19, "M": 19, "N": 45, "K": 7, "A": 2, "B": 3}


def results(kernel: Kernel) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    args: dict[str, np.ndarray | int] = {b.name: rng.random(45 * 45, np.float32) for b in kernel.buffers}
    args |= {s.name: SIZES[s.name] for s in kernel.scalars}
    interp.run(kernel, args)
    return {b.name: args[b.name] for b in kernel.buffers}


@pytest.mark.parametrize("target", [GPU, platform.get("hip"), CPU], ids=lambda p: p.name)
@pytest.mark.parametrize(
    "kernel", [gemm(), elementwise(v("n")), elementwise(c(300)), transpose(), normalise()], ids=lambda k: k.name
)
def test_bound_kernels_compute_the_same(kernel: Kernel, target: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("loop_bind_block", "loop_bind_grid", "parallelise"):
        monkeypatch.setattr(f"falconc.passes.{module}.is_independent", lambda _, s: s.kind == DATA)
    step = Parallelise() if target is CPU else LoopBind()
    expected, actual = results(kernel), results(step.apply(kernel, target))
    for name, values in expected.items():
        np.testing.assert_array_equal(actual[name], values)
