"""Emission: golden texts, C's conversions, and emitted C that computes what it should."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest

from falconc import emit, frontend, platform, recipe
from falconc.emit.expressions import Expressions
from falconc.errors import Unsupported
from falconc.ir.nodes import (
    SERIAL,
    Alloc,
    Apply,
    Binary,
    Buffer,
    Cast,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Let,
    Load,
    LoopKind,
    Scalar,
    Select,
    Store,
    Unary,
    Update,
    Var,
    parallel,
)
from falconc.ir.types import BF16, BOOL, F16, F32, F64, I8, I32, I64, U8, U32, U64, DType
from falconc.passes.loop_bind import LoopBind
from falconc.passes.parallelise import Parallelise
from falconc.source import Source

DATA = parallel("data")


def v(name: str, dtype: DType = I32) -> Var:
    return Var(name, dtype)


def c(value: float, dtype: DType = I32) -> Const:
    return Const(value, dtype)


def op(name, left: Expr, right: Expr) -> Binary:
    return Binary(name, left, right)


def array(name: str, dtype: DType = F32, **flags: bool) -> Buffer:
    return Buffer(name, dtype, (None,), "global", **flags)


def loop(var: str, hi: Expr, *body, kind: LoopKind = SERIAL) -> For:
    return For(var, Const(0, hi.dtype), hi, Const(1, hi.dtype), body, kind)


def gemm(kind: LoopKind = DATA) -> Kernel:
    """The plain nest: C[M, N] = A[M, K] * B[K, N]."""
    product = op(
        "mul",
        Load("A", (op("add", op("mul", v("i"), v("K")), v("k")),), F32),
        Load("B", (op("add", op("mul", v("k"), v("N")), v("j")),), F32),
    )
    body = (
        Alloc(Buffer("acc", F32, (), "register")),
        Store("acc", (), c(0.0, F32)),
        loop("k", v("K"), Store("acc", (), op("add", Load("acc", (), F32), product))),
        Store("C", (op("add", op("mul", v("i"), v("N")), v("j")),), Load("acc", (), F32)),
    )
    params = (
        array("A", readonly=True, restrict=True),
        array("B", readonly=True, restrict=True),
        array("C", restrict=True),
        *(Scalar(n, I32) for n in "MNK"),
    )
    return Kernel("gemm", params, (loop("i", v("M"), loop("j", v("N"), *body, kind=kind), kind=kind),))


def printed(e: Expr, target: str = "cuda") -> str:
    return Expressions(platform.get(target).words.table).text(e)


@pytest.mark.parametrize(
    ("e", "text"),
    [
        (op("mul", op("add", v("a"), v("b")), v("n")), "(a + b) * n"),
        (op("sub", v("a"), op("sub", v("b"), v("n"))), "a - (b - n)"),
        (op("add", v("a"), c(-5)), "a - 5"),
        (op("sub", v("a"), c(-5)), "a + 5"),
        (op("add", v("a"), Unary("neg", v("b"))), "a + (-b)"),
        (op("div", v("a"), op("mul", v("b"), v("n"))), "a / (b * n)"),
        (op("add", op("mul", Cast(I64, v("i")), Cast(I64, v("n"))), Cast(I64, v("j"))), "(long long)i * n + j"),
        (op("mul", Cast(I64, op("add", v("i"), v("j"))), v("n", I64)), "(i + j) * n"),
        (op("mul", Cast(F32, v("i")), v("x", F32)), "(float)i * x"),
        (op("mul", v("x", F32), c(0.1, F32)), "x * 0.1f"),
        (op("mul", v("x", F64), c(0.1, F64)), "x * 0.1"),
        (op("mul", Cast(F64, v("x", F32)), c(2.0, F64)), "(double)x * 2.0"),
        (op("lt", Cast(I64, v("i")), Cast(I64, v("n"))), "i < n"),
        (op("lt", Cast(U32, v("i")), v("n", U32)), "(unsigned int)i < n"),
        (op("lt", v("i", U32), c(7, U32)), "i < 7"),
        (op("land", op("lt", v("i"), v("n")), op("lt", v("j"), v("n"))), "i < n && j < n"),
        (op("lor", op("land", v("p", BOOL), v("q", BOOL)), v("r", BOOL)), "(p && q) || r"),
        (op("and", op("shr", v("m"), v("i")), c(1)), "(m >> i) & 1"),
        (op("shl", c(1, U64), Cast(U64, v("i"))), "1ull << i"),
        (op("add", v("a", I8), v("b", I8)), "(int8_t)(a + b)"),
        (op("mul", Cast(I32, v("a", I8)), Cast(I32, v("b", I8))), "a * b"),
        (op("add", Cast(I32, v("a", U8)), Cast(I32, v("b", I8))), "a + b"),
        (Cast(I8, v("i")), "(int8_t)i"),
        (Cast(BOOL, v("i")), "i != 0"),
        (Cast(F16, v("x", F32)), "(__half)x"),
        (Cast(F16, v("h", BF16)), "(__half)(float)h"),
        (op("mul", v("g", F16), v("h", F16)), "g * h"),
        (Apply("exp", (v("x", F32),), F32), "expf(x)"),
        (Apply("exp", (v("h", F16),), F16), "(__half)expf((float)h)"),
        (Apply("rsqrt", (v("x", F32),), F32), "rsqrtf(x)"),
        (Apply("bitcast", (v("x", F32),), I32), "__float_as_int(x)"),
        (op("max", v("x", F32), c(0.0, F32)), "fmaxf(x, 0.0f)"),
        (op("max", v("h", F16), c(0.0, F16)), "(__half)fmaxf((float)h, 0.0f)"),
        (Select(op("lt", v("i"), v("n")), v("x", F32), c(0.0, F32)), "i < n ? x : 0.0f"),
        (Select(op("lt", v("i"), v("n")), v("p", BOOL), c(False, BOOL)), "i < n && p"),
        (op("add", Select(v("p", BOOL), v("x", F32), v("y", F32)), v("z", F32)), "(p ? x : y) + z"),
        (c(-(2**31)), "(-2147483647 - 1)"),
        (c(float("-inf"), F32), "-INFINITY"),
        (c(3e38, F32), "3e38f"),
        (c(1e-5, F32), "1e-5f"),
        (c(16777216.0, F32), "16777216.0f"),
    ],
)
def test_expression(e: Expr, text: str) -> None:
    assert printed(e) == text


def test_c_spells_64_bit_and_helpers_its_own_way() -> None:
    assert printed(Cast(I64, v("x", F32)), "cpu") == "(int64_t)x"
    assert printed(op("min", v("a"), v("b")), "cpu") == "min_i32(a, b)"
    assert printed(Cast(F16, v("x", F32)), "cpu") == "(_Float16)x"


CUDA_GEMM = """\
// One thread for each (i, j); neighbouring threads take neighbouring j.
__global__ void gemm(const float *__restrict__ A, const float *__restrict__ B,
                     float *__restrict__ C, int M, int N, int K) {
    const int i = blockIdx.y * blockDim.y + threadIdx.y;
    const int j = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < M && j < N) {
        float acc = 0.0f;
        for (int k = 0; k < K; ++k) {
            acc += A[i * K + k] * B[k * N + j];
        }
        C[i * N + j] = acc;
    }
}

// Pointers are device memory; returns without waiting for the kernel.
void gemm_launch(const float *A, const float *B, float *C, int M, int N, int K,
                 {stream} stream) {
    const dim3 block(32, 8);
    if (N <= 0 || M <= 0) return;  // nothing to do
    const dim3 grid((N + 31) / 32, (M + 7) / 8);
    gemm<<<grid, block, 0, stream>>>(A, B, C, M, N, K);
    {check}({error}());
}
"""


@pytest.mark.parametrize(
    ("target", "stream", "check", "error"),
    [
        ("cuda", "cudaStream_t", "CHECK_CUDA", "cudaGetLastError"),
        ("hip", "hipStream_t", "CHECK_HIP", "hipGetLastError"),
    ],
)
def test_plain_nest_to_gpu_text(target: str, stream: str, check: str, error: str) -> None:
    p = platform.get(target)
    text = emit.emit(LoopBind().apply(gemm(), p), p, source_name="gemm.c")
    expected = CUDA_GEMM.replace("{stream}", stream).replace("{check}", check).replace("{error}", error)
    assert text.endswith(expected)
    assert text.startswith("// Generated by falconc ")
    assert "from gemm.c." in text.splitlines()[0]


C_GEMM = """\
void gemm(const float *__restrict__ A, const float *__restrict__ B, float *__restrict__ C, int M,
          int N, int K) {
#pragma omp parallel for collapse(2)
    for (int i = 0; i < M; ++i) {
        for (int j = 0; j < N; ++j) {
            float acc = 0.0f;
            for (int k = 0; k < K; ++k) {
                acc += A[i * K + k] * B[k * N + j];
            }
            C[i * N + j] = acc;
        }
    }
}
"""


def test_plain_nest_to_c_text() -> None:
    p = platform.get("cpu")
    assert C_GEMM in emit.emit(Parallelise().apply(gemm(), p), p, source_name="gemm.cu")


def compiled(text: str, folder: Path, language: str = "c++") -> ctypes.CDLL:
    source = folder / "k.c"
    source.write_text(text)
    library = folder / f"k_{language[-1]}.so"
    subprocess.run(
        ["g++", "-x", language, "-Wall", "-Werror", "-O1", "-fopenmp", "-shared", "-fPIC", source, "-o", library],
        check=True, timeout=60,
    )  # fmt: skip
    return ctypes.CDLL(str(library))


def pointer(a: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(a.ctypes.data)


def test_emitted_c_computes_the_product(tmp_path: Path) -> None:
    p = platform.get("cpu")
    library = compiled(emit.emit(Parallelise().apply(gemm(), p), p, source_name="gemm.cu"), tmp_path)
    rng = np.random.default_rng(1)
    a, b = rng.random((17, 9), np.float32), rng.random((9, 23), np.float32)
    out = np.zeros((17, 23), np.float32)
    library.gemm(pointer(a), pointer(b), pointer(out), 17, 23, 9)
    np.testing.assert_allclose(out, a @ b, rtol=1e-5)


def test_emitted_c_is_c_too(tmp_path: Path) -> None:
    p = platform.get("cpu")
    compiled(emit.emit(Parallelise().apply(gemm(), p), p, source_name="gemm.cu"), tmp_path, "c")


def test_bounds_are_evaluated_once() -> None:
    """A loop whose body changes what its bound reads."""
    grow = loop("i", Load("n", (c(0),), I32), Store("n", (c(0),), op("add", Load("n", (c(0),), I32), c(1))))
    kernel = Kernel("grow", (Buffer("n", I32, (None,), "global"),), (grow,))
    text = emit.emit(kernel, platform.get("cpu"), source_name="k.c")
    assert "const int i_end = n[0];" in text
    assert "for (int i = 0; i < i_end; ++i)" in text


def test_taken_names_are_changed() -> None:
    kernel = Kernel("k", (array("half"), Scalar("new", I32)), (Store("half", (v("new"),), c(1.0, F32)),))
    text = emit.emit(kernel, platform.get("cpu"), source_name="k.cu")
    assert "void k(float *half, int new_)" in text
    assert "half[new_] = 1.0f;" in text


def test_else_if_chain_and_updates() -> None:
    x = Load("x", (v("i"),), F32)
    inner = If(op("lt", x, c(0.0, F32)), (Update("n", (c(1),), "add", (c(1),)),), (Store("n", (c(2),), v("i")),))
    body = loop("i", v("m"), If(op("gt", x, c(0.0, F32)), (Update("n", (c(0),), "add", (c(1),)),), (inner,)))
    kernel = Kernel("count", (array("x", readonly=True), array("n", I32), Scalar("m", I32)), (body,))
    text = emit.emit(kernel, platform.get("cpu"), source_name="k.cu")
    assert "        } else if (x[i] < 0.0f) {\n            n[1] += 1;\n        } else {\n" in text


def test_an_array_of_any_size_is_named_with_its_place() -> None:
    text = "void k(float *x, int n) {\n  float t[n];\n  for (int i = 0; i < n; ++i) t[i] = x[n - 1 - i];\n"
    text += "  for (int i = 0; i < n; ++i) x[i] = t[i];\n}\n"
    kernel = frontend.instance(frontend.load(Source("k.c", text), platform.get("cpu")), "k").kernel
    p = platform.get("cuda")
    with pytest.raises(Unsupported, match="size is known only at run time") as caught:
        emit.emit(recipe.replay(kernel, p.pipeline, p)[-1].kernel, p, source_name="k.c")
    assert caught.value.where is not None and caught.value.where.line == 2
    assert "as a parameter" in caught.value.next_step


def test_a_function_without_a_word_is_named() -> None:
    kernel = Kernel("k", (array("x"),), (Store("x", (c(0),), Apply("normcdf", (c(0.5, F32),), F32)),))
    with pytest.raises(Unsupported, match="no function 'normcdf' of type f32"):
        emit.emit(kernel, platform.get("cpu"), source_name="k.cu")


def test_a_kernel_without_geometry_is_not_printed_for_a_gpu() -> None:
    with pytest.raises(Unsupported, match="no launch geometry"):
        emit.emit(gemm(), platform.get("cuda"), source_name="k.c")


def test_let_keeps_its_name_and_type() -> None:
    kernel = Kernel(
        "k",
        (array("x"), Scalar("n", I32)),
        (Let("scale", Cast(F32, v("n"))), Store("x", (c(0),), v("scale", F32))),
    )
    assert "    const float scale = (float)n;\n" in emit.emit(kernel, platform.get("cpu"), source_name="k.cu")
