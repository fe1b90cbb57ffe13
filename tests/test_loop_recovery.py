"""Loop recovery, one mechanism a kernel: the text goes in, the loops that a person would write come out and compute
the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from falconc import emit, frontend, platform, recipe, verify
from falconc.errors import Unsupported
from falconc.ir.nodes import Kernel, Update
from falconc.ir.walk import walk
from falconc.passes.loop_recovery import LoopRecovery
from falconc.passes.parallelise import Parallelise
from falconc.source import Source

CPU = platform.get("cpu")


@dataclass(frozen=True, slots=True)
class Case:
    """``body`` of a kernel k(parameters) launched as <<<launch>>>, and what its function body must read."""

    parameters: str
    launch: str
    body: str
    loops: str


def lifted(case: Case, origin: str = "cuda") -> Kernel:
    text = f"// falconc: kernel=k {case.launch}\n__global__ void k({case.parameters}) {{\n{case.body}\n}}\n"
    return frontend.instance(frontend.load(Source("k.cu", text), platform.get(origin)), "k").kernel


def body_of(text: str) -> str:
    """The function's body with all space made one blank."""
    start = text.index(") {\n", text.index("void k(")) + 4
    return " ".join(text[start : text.index("\n}\n", start)].split())


CASES = {
    "guard becomes the bound": Case(
        "float *y, const float *x, int n",
        "grid=(n+127)/128 block=128",
        "int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) y[i] = x[i];",
        "for (int i = 0; i < n; ++i) { y[i] = x[i]; }",
    ),
    "early return becomes the bound": Case(
        "float *y, const float *x, int n",
        "grid=(n+127)/128 block=128",
        "int i = blockIdx.x * 128 + threadIdx.x; if (i >= n) return; float v = x[i]; y[i] = v * v;",
        "for (int i = 0; i < n; ++i) { const float v = x[i]; y[i] = v * v; }",
    ),
    "pointer that walks": Case(
        "float *y, const float *x, int n",
        "grid=n block=1",
        "const float *p = x; float s = 0; for (int k = 0; k < 8; ++k) { s += p[blockIdx.x]; p += n; }"
        " y[blockIdx.x] = s;",
        "for (int i = 0; i < n; ++i) { float s = 0.0f; for (int k = 0; k < 8; ++k) { s += x[(int64_t)k * n + i]; }"
        " y[i] = s; }",
    ),
    "reversal through shared memory": Case(
        "int *y, const int *x",
        "grid=4 block=64",
        "__shared__ int s[64]; s[threadIdx.x] = x[blockIdx.x * 64 + threadIdx.x]; __syncthreads();"
        " y[blockIdx.x * 64 + threadIdx.x] = s[63 - threadIdx.x];",
        "for (int i = 0; i < 4; ++i) { for (int j = 0; j < 64; ++j) {"
        " y[(int64_t)i * 64 + j] = x[(int64_t)i * 64 - j + 63]; } }",
    ),
    "tree in shared memory": Case(
        "float *y, const float *x, int n, int rows",
        "grid=rows block=64",
        "__shared__ float s[64]; float a = 0; for (int c = threadIdx.x; c < n; c += 64) a += x[blockIdx.x * n + c];"
        " s[threadIdx.x] = a; __syncthreads();"
        " for (int h = 32; h > 0; h >>= 1) { if (threadIdx.x < h) s[threadIdx.x] += s[threadIdx.x + h];"
        " __syncthreads(); }"
        " if (threadIdx.x == 0) y[blockIdx.x] = s[0];",
        "for (int row = 0; row < rows; ++row) { float a = 0.0f;"
        " for (int c = 0; c < n; ++c) { a += x[(unsigned int)row * n + c]; } y[row] = a; }",
    ),
    "warps that each take a row": Case(
        "float *y, const float *x, int n, int rows",
        "grid=(rows+3)/4 block=128",
        "int row = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32; if (row >= rows) return; float a = 0;"
        " for (int c = lane; c < n; c += 32) a = fmaxf(a, x[row * n + c]);"
        " for (int d = 16; d; d >>= 1) a = fmaxf(a, __shfl_xor_sync(0xffffffff, a, d)); if (lane == 0) y[row] = a;",
        "for (int row = 0; row < rows; ++row) { float a = 0.0f;"
        " for (int c = 0; c < n; ++c) { a = fmaxf(a, x[row * n + c]); } y[row] = a; }",
    ),
    "values that live across a barrier": Case(
        "float *y, const float *x",
        "grid=4 block=32",
        "__shared__ float s[32]; int t = threadIdx.x; float v = x[t] * x[t + 1]; s[t] = v + y[t]; __syncthreads();"
        " y[blockIdx.x * 32 + t] = v + s[t ^ 1];",
        "for (int i = 0; i < 4; ++i) { float s[32]; float v[32]; for (int t = 0; t < 32; ++t) {"
        " v[t] = x[t] * x[t + 1]; s[t] = v[t] + y[t]; }"
        " for (int t = 0; t < 32; ++t) { y[(int64_t)i * 32 + t] = v[t] + s[t ^ 1]; } }",
    ),
    "histogram": Case(
        "unsigned *bins, const unsigned *x, int n",
        "grid=4 block=64",
        "for (int i = blockIdx.x * 64 + threadIdx.x; i < n; i += 256) atomicAdd(&bins[x[i] & 15], 1u);",
        "for (int i = 0; i < n; ++i) { bins[x[i] & 15] += 1; }",
    ),
}

for count in ("int", "unsigned", "size_t", "long"):
    printed = {"unsigned": "unsigned int", "size_t": "uint64_t", "long": "int64_t"}.get(count, count)
    CASES[f"guard by {count}"] = Case(
        f"float *y, const float *x, {count} n",
        "grid=(n+63)/64 block=64",
        f"{count} i = blockIdx.x * blockDim.x + threadIdx.x; if (i >= n) return; y[i] = x[i];",
        f"for ({printed} i = 0; i < n; ++i) {{ y[i] = x[i]; }}",
    )
    CASES[f"strides over a grid of limited size by {count}"] = Case(
        f"float *y, const float *x, {count} n",
        "grid=n>64?2:(n+31)/32 block=32",
        f"for ({count} i = blockIdx.x * ({count})blockDim.x + threadIdx.x; i < n; i += ({count})blockDim.x * gridDim.x)"
        " y[i] = x[i];",
        f"for ({printed} i = 0; i < n; ++i) {{ y[i] = x[i]; }}",
    )
CASES["two sums from one loop"] = Case(
    "float *y, const float *x, int n, int rows",
    "grid=rows block=64",
    "__shared__ float s[64]; float a = 0, b = 0; for (int c = threadIdx.x; c < n; c += 64) {"
    " float v = x[blockIdx.x * n + c]; a += v; b += v * v; }"
    " s[threadIdx.x] = a; __syncthreads();"
    " for (int h = 32; h > 0; h >>= 1) { if (threadIdx.x < h) s[threadIdx.x] += s[threadIdx.x + h]; __syncthreads(); }"
    " a = s[0]; __syncthreads(); s[threadIdx.x] = b; __syncthreads();"
    " for (int h = 32; h > 0; h >>= 1) { if (threadIdx.x < h) s[threadIdx.x] += s[threadIdx.x + h]; __syncthreads(); }"
    " if (threadIdx.x == 0) y[blockIdx.x] = s[0] - a * a;",
    "for (int row = 0; row < rows; ++row) { float b = 0.0f; float a = 0.0f; for (int c = 0; c < n; ++c) {"
    " const float v = x[(unsigned int)row * n + c]; a += v; b += v * v; } y[row] = b - a * a; }",
)
CASES["a loop with two bounds"] = Case(
    "float *y, const float *x, unsigned n, unsigned m",
    "grid=4 block=32",
    "unsigned i = threadIdx.x + blockIdx.x * 32; float s = 0; for (unsigned k = 0; k < n && k < m; ++k)"
    " s += x[k * 128 + i]; y[i] = s;",
    "for (unsigned int i = 0; i < 128; ++i) { float s = 0.0f; for (unsigned int k = 0; k < min_u32(n, m); ++k) {"
    " s += x[(int64_t)k * 128 + i]; } y[i] = s; }",
)
CASES["bits cut off on purpose"] = Case(
    "unsigned *y, unsigned n",
    "grid=(n+63)/64 block=64",
    "unsigned i = blockIdx.x * 64 + threadIdx.x; if (i < n) y[i] = i * 65536u / 65536u;",
    "for (unsigned int i = 0; i < n; ++i) { y[i] = i * 65536 / 65536; }",
)
CASES["a hash is computed step by step"] = Case(
    "unsigned *y, unsigned seed, int n",
    "grid=(n+63)/64 block=64",
    "int i = blockIdx.x * 64 + threadIdx.x; if (i >= n) return; unsigned s = seed + i;"
    " s ^= s >> 16; s *= 9u; s ^= s >> 4; s *= 0x27d4eb2du; s ^= s << 13; s ^= s >> 15; y[i] = s;",
    "for (int i = 0; i < n; ++i) { const unsigned int s = seed + i;"
    " const unsigned int s_2 = (s ^ (s >> 16)) * 9; const unsigned int s_4 = (s_2 ^ (s_2 >> 4)) * 668265261;"
    " const unsigned int s_5 = s_4 ^ (s_4 << 13); y[i] = s_5 ^ (s_5 >> 15); }",
)

EXACT = [name for name in CASES if name not in ("values that live across a barrier",)]


@pytest.mark.parametrize("name", CASES)
def test_text(name: str) -> None:
    case = CASES[name]
    kernel = recipe.replay(lifted(case), (LoopRecovery(), Parallelise()), CPU)[-1].kernel
    text = emit.emit(kernel, CPU, source_name="k.cu")
    assert body_of(re.sub(r"#pragma omp.*\n", "", text)) == case.loops


@pytest.mark.parametrize("name", EXACT)
def test_same_results(name: str) -> None:
    kernel = lifted(CASES[name])
    verdict = verify.equivalent_kernels(kernel, recipe.replay(kernel, CPU.pipeline, CPU)[-1].kernel)
    assert verdict.name in ("Proved", "Tested"), verdict.reason


def test_barrier_that_some_threads_miss_is_refused() -> None:
    case = Case(
        "float *y",
        "grid=1 block=64",
        "__shared__ float s[64]; int t = threadIdx.x;"
        " if (t < 32) { s[t] = y[t]; __syncthreads(); y[t] = s[31 - t] + s[t + 1]; }",
        "",
    )
    with pytest.raises(Unsupported, match="not all threads of its group"):
        LoopRecovery().apply(lifted(case), CPU)


def test_a_thread_that_reads_what_another_has_not_put_yet_keeps_its_array() -> None:
    """The cell that is read may hold a value of the round before: no staging."""
    case = Case(
        "float *y, const float *x, int n",
        "grid=1 block=32",
        "__shared__ float s[32]; int t = threadIdx.x; s[t] = 0; __syncthreads(); for (int k = 0; k < n; ++k) {"
        " float v = s[31 - t]; __syncthreads(); s[t] = v + x[k]; __syncthreads(); } y[t] = s[t];",
        "",
    )
    kernel = lifted(case)
    result = LoopRecovery().apply(kernel, CPU)
    verdict = verify.equivalent_kernels(kernel, result)
    assert verdict.name in ("Proved", "Tested"), verdict.reason


def test_an_exchange_that_is_read_later_stays() -> None:
    """Sums of parts of a wave: the sum over the whole wave before them is one, they are none."""
    case = Case(
        "float *y, const float *x",
        "grid=1 block=64",
        "int t = threadIdx.x; float v = x[t], a = v, b = v;"
        " for (int d = 16; d; d /= 2) a += __shfl_down_sync(0xffffffff, a, d); a = __shfl_sync(0xffffffff, a, 0);"
        " for (int d = 4; d; d /= 2) b += __shfl_down_sync(0xffffffff, b, d, 8);"
        " float c = __shfl_sync(0xffffffff, b, 0, 8) * (t / 8); y[t] = a + c;",
        "",
    )
    kernel = lifted(case)
    result = recipe.replay(kernel, CPU.pipeline, CPU)[-1].kernel
    verdict = verify.equivalent_kernels(kernel, result)
    assert verdict.name == "Proved", verdict.reason


def test_an_atomic_update_on_cores_is_read_back_as_one() -> None:
    """A block's own sums meet in one cell a block: the blocks run on cores, the meeting is one step."""
    case = Case(
        "unsigned *total, const unsigned *x, int n",
        "grid=(n+4095)/4096 block=64",
        "__shared__ unsigned s; if (threadIdx.x == 0) s = 0; __syncthreads();"
        " for (int i = threadIdx.x; i < 4096; i += 64) if (blockIdx.x * 4096 + i < n)"
        " atomicAdd(&s, x[blockIdx.x * 4096 + i]);"
        " __syncthreads(); if (threadIdx.x == 0) atomicAdd(total, s);",
        "",
    )
    kernel = recipe.replay(lifted(case), CPU.pipeline, CPU)[-1].kernel
    text = emit.emit(kernel, CPU, source_name="k.cu")
    assert "#pragma omp parallel for" in text
    assert "#pragma omp atomic\n        total[0] += s" in text
    again = frontend.instance(frontend.load(Source("k.c", text), CPU), "k").kernel
    assert [n.buffer for n in walk(again.body) if isinstance(n, Update) and n.atomic] == ["total"]
