"""Dependence analysis: loops of C texts that may run in any order, and loops that may not."""

from __future__ import annotations

import pytest

from falconc import frontend, platform
from falconc.analysis import dependence
from falconc.ir.nodes import For
from falconc.ir.walk import walk
from falconc.source import Source

CPU = platform.get("cpu")


def loop_is_free(body: str, parameters: str, var: str = "i") -> bool:
    text = f"void k({parameters}) {{ {body} }}"
    kernel = frontend.instance(frontend.load(Source("k.c", text), CPU), "k").kernel
    loop = next(n for n in walk(kernel.body) if isinstance(n, For) and n.var == var)
    return dependence.carried(kernel, loop) is None


ONE = "float *a, const float *b, const int *idx, int n, int m"

FREE = {
    "elementwise": "for (int i = 0; i < n; ++i) a[i] = b[i];",
    "in place": "for (int i = 0; i < n; ++i) a[i] = a[i] * 2;",
    "reads far away": "for (int i = 0; i < n; ++i) a[i] = b[i - 1] + b[i + 1] + b[idx[i]];",
    "every other": "for (int i = 0; i < n; ++i) a[2 * i] = a[2 * i + 1];",
    "halves": "for (int i = 0; i < 8; ++i) a[i] = a[i + 8];",
    "rows": "for (int i = 0; i < n; ++i) for (int j = 0; j < m; ++j) a[i * m + j] = b[j];",
    "rows of 64": "for (int i = 0; i < n; ++i) for (int j = 0; j < 64; ++j) a[i * 64 + j] += b[j];",
    "columns": "for (int j = 0; j < n; ++j) for (int i = 0; i < m; ++i) a[j * m + i] = b[j * m + i];",
    "planes": "for (int i = 0; i < n; ++i) for (int j = 0; j < m; ++j) for (int k = 0; k < 7; ++k)"
    " a[(i * m + j) * 7 + k] = b[k];",
    "inner guard": "for (int i = 0; i < n; ++i) for (int j = 0; j < 100; ++j) if (j < m) a[i * m + j] = 0;",
    "own temporary": "for (int i = 0; i < n; ++i) { float t[4]; t[0] = b[i]; a[i] = t[0]; }",
    "quotient and remainder": "for (int i = 0; i < n; ++i) a[(i / 8) * 8 + i % 8] = 0;",
    "named index": "for (int i = 0; i < n; ++i) { int row = i * 4; a[row] = 0; a[row + 1] = a[row + 2]; }",
    "size_t rows": "for (unsigned long i = 0; i < n; ++i) for (unsigned long j = 0; j < m; ++j) a[i * m + j] = b[j];",
    "blocked size_t rows": "for (unsigned long i = 0; i < n; ++i) for (unsigned long jj = 0; jj < m; jj += 8)"
    " for (unsigned long j = jj; j < (jj + 8 < m ? jj + 8 : m); ++j) a[i * m + j] = b[j];",
    "tiles with a rest": "for (int i = 0; i < n; i += 16) { int end = i + 16 < n ? i + 16 : n;"
    " for (int j = i; j < end; ++j) a[j] = b[j]; }",
    "triangle": "for (int i = 0; i < n; ++i) for (int j = 0; j < i; ++j) if (i < m) a[i * m + j] = 0;",
}

CARRIED = {
    "previous": "for (int i = 1; i < n; ++i) a[i] = a[i - 1];",
    "next": "for (int i = 0; i < n; ++i) a[i] = a[i + 1];",
    "one cell": "for (int i = 0; i < n; ++i) a[0] += b[i];",
    "scalar": "float s = 0; for (int i = 0; i < n; ++i) s += b[i]; a[0] = s;",
    "scatter": "for (int i = 0; i < n; ++i) a[idx[i]] = b[i];",
    "overlapping rows": "for (int i = 0; i < n; ++i) for (int j = 0; j <= m; ++j) a[i * m + j] = b[j];",
    "rows of unknown length": "for (int i = 0; i < n; ++i) for (int j = 0; j < n; ++j) a[i * m + j] = b[j];",
    "size_t rows of unknown length": "for (unsigned long i = 0; i < n; ++i) for (unsigned long j = 0; j < n; ++j)"
    " a[i * m + j] = b[j];",
    "tiles that overlap": "for (int i = 0; i < n; i += 16) { int end = i + 17 < n ? i + 17 : n;"
    " for (int j = i; j < end; ++j) a[j] = b[j]; }",
    "tiles up to the larger end": "for (int i = 0; i < n; i += 16) { int end = i + 16 > n ? i + 16 : n;"
    " for (int j = i; j < end; ++j) a[j] = b[j]; }",
    "rows of 63": "for (int i = 0; i < n; ++i) for (int j = 0; j < 64; ++j) a[i * 63 + j] = b[j];",
    "overlapping halves": "for (int i = 0; i < 9; ++i) a[i] = a[i + 8];",
    "halved": "for (int i = 0; i < n; ++i) a[i / 2] = b[i];",
    "wrapped": "for (int i = 0; i < n; ++i) a[i % 8] = b[i];",
    "product of variables": "for (int i = 0; i < n; ++i) for (int j = 0; j < n; ++j) a[i * j] = b[i];",
    "unsigned that may wrap": "for (unsigned i = 0; i < (unsigned)n; ++i) a[i * 4u] = b[i];",
    "symmetric": "for (int i = 0; i < n; ++i) a[i] = a[n - 1 - i];",
    "leaves early": "for (int i = 0; i < n; ++i) { if (b[i] > 0) break; a[i] = 0; }",
}


@pytest.mark.parametrize("name", FREE)
def test_iterations_in_any_order(name: str) -> None:
    assert loop_is_free(FREE[name], ONE)


@pytest.mark.parametrize("name", CARRIED)
def test_iterations_that_meet(name: str) -> None:
    assert not loop_is_free(CARRIED[name], ONE)


def test_inner_loop_of_a_product_adds_up() -> None:
    body = (
        "for (int i = 0; i < n; ++i) for (int j = 0; j < m; ++j) { float s = 0;"
        " for (int k = 0; k < n; ++k) s += b[i * n + k]; a[i * m + j] = s; }"
    )
    assert loop_is_free(body, ONE, "i")
    assert loop_is_free(body, ONE, "j")
    assert not loop_is_free(body, ONE, "k")


def test_along_a_row_whatever_the_length_of_rows() -> None:
    """Two elements of one row are apart even where rows overlap, and where the arithmetic may wrap."""
    signed = "for (int i = 0; i < n; ++i) for (int j = 0; j < n; ++j) a[i * m + j] = b[j];"
    rows = "for (unsigned i = 0; i < (unsigned)n; ++i) for (unsigned j = 0; j < (unsigned)n; ++j) "
    unsigned, doubled = rows + "a[i * m + j] = b[j];", rows + "a[i * m + 2u * j] = 0;"
    for body in (signed, unsigned):
        assert loop_is_free(body, ONE, "j")
        assert not loop_is_free(body, ONE, "i")
    assert not loop_is_free(doubled, ONE, "j")


def test_rows_through_a_parameter_that_aliases_itself() -> None:
    body = "for (int i = 0; i < n; ++i) for (int j = 0; j < m; ++j) a[i * m + j] = a[(i - 1) * m + j];"
    assert not loop_is_free(body, ONE, "i")
    assert loop_is_free(body, ONE, "j")
