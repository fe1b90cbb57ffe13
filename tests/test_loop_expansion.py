"""Loops of C texts on their way to where memory is read in a row: strips of totals, and lanes that become elements."""

from __future__ import annotations

import pytest

from falconc import emit, frontend, platform, recipe, verify
from falconc.errors import Refused
from falconc.ir.nodes import Kernel
from falconc.passes.loop_expansion import LoopExpansion
from falconc.source import Source

CPU = platform.get("cpu")
GPU = platform.get("cuda")

PRODUCT = """
void k(int m, int n, int K, const float *restrict a, const float *restrict b, float *restrict c) {
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      float s = 1.0f;
      for (int p = 0; p < K; ++p) s += a[i * K + p] * b[p * n + j];
      c[i * n + j] = 2.0f * s;
    }
}
"""
ROWS = PRODUCT.replace("b[p * n + j]", "b[j * K + p]")
PREFIX = PRODUCT.replace("c[i * n + j] = 2.0f * s;", "c[i * n + j] = j ? c[i * n + j - 1] + s : s;")


def lifted(text: str, name: str = "k") -> Kernel:
    return frontend.instance(frontend.load(Source("k.c", text), CPU), name).kernel


def printed(kernel: Kernel) -> str:
    return emit.emit(kernel, CPU, source_name="k.c")


def test_totals_of_a_strip_and_the_sum_outside() -> None:
    kernel = lifted(PRODUCT)
    result = LoopExpansion().apply(kernel, CPU)
    text = " ".join(printed(result).split())
    assert (
        "for (int j0 = 0; j0 < n; j0 += 256) { const int width = min_i32(256, n - j0); float s[256];"
        " for (int j = 0; j < width; ++j) { s[j] = 1.0f; }"
        " for (int p = 0; p < K; ++p) { for (int j = 0; j < width; ++j) {"
        " s[j] += a[i * K + p] * b[p * n + j0 + j]; } }"
        " for (int j = 0; j < width; ++j) { c[i * n + j0 + j] = 2.0f * s[j]; } }"
    ) in text
    shapes = ({"m": 3, "n": 300, "K": 5}, {"m": 1, "n": 256, "K": 1}, {"m": 2, "n": 1, "K": 4})
    verdict = verify.equivalent_kernels(kernel, result, verify.Options(shapes=shapes))
    assert verdict.name == "Proved", verdict.reason


def test_a_sum_along_memory_stays() -> None:
    kernel = lifted(ROWS)
    assert LoopExpansion().apply(kernel, CPU) is kernel


def test_a_loop_that_depends_on_itself_is_refused() -> None:
    with pytest.raises(Refused, match="'j'"):
        LoopExpansion("j").apply(lifted(PREFIX), CPU)


LANES = """
#include <immintrin.h>
void k(const float *x, float *y, float scale, int blocks) {
  const __m512 s = _mm512_set1_ps(scale);
  for (int b = 0; b < blocks; b++) {
    __m512 v = _mm512_loadu_ps(x + 16 * b);
    v = _mm512_mul_ps(v, s);
    _mm512_storeu_ps(y + 16 * b, _mm512_add_ps(v, v));
  }
}
"""


def test_lanes_of_vector_instructions_become_elements() -> None:
    kernel = lifted(LANES)
    result = recipe.replay(kernel, GPU.pipeline, GPU)[-1].kernel
    text = emit.emit(result, GPU, source_name="k.c")
    assert "if (i < blocks * 16) {" in text or "if (b < blocks * 16) {" in text
    assert "for (" not in text
    verdict = verify.equivalent_kernels(kernel, result, verify.Options(shapes=({"blocks": 3}, {"blocks": 20})))
    assert verdict.name == "Proved", verdict.reason


EMPTY = "void k(float *y, const float *x, int n, int skip) { for (int i = skip; i < n; ++i) y[i] = x[i]; }"


def test_a_launch_of_nothing_returns() -> None:
    result = recipe.replay(lifted(EMPTY), GPU.pipeline, GPU)[-1].kernel
    assert "if (n - skip <= 0) return;  // nothing to do" in emit.emit(result, GPU, source_name="k.c")


@pytest.mark.parametrize(
    ("value", "in_vectors"),
    [
        ("x[i] * y[i]", True),
        ("x[i + 3] + 2.0f * y[0]", True),
        ("x[i * n]", False),
        ("x[2 * i]", False),
        ("expf(x[i])", False),
        ("s * x[i]", False),
    ],
)
def test_sums_along_memory_may_be_taken_in_vectors(value: str, in_vectors: bool) -> None:
    text = (
        f"void k(const float *x, const float *y, float *r, int n)"
        f" {{ float s = 0; for (int i = 0; i < n; ++i) s += {value}; r[0] = s; }}"
    )
    assert ("#pragma omp simd reduction(+:s)\n    for (int i" in printed(lifted(text))) is in_vectors
