"""RawKernel: texts of every dialect on NumPy arrays, with the arguments that their parameters want."""

from __future__ import annotations

import numpy as np
import pytest

import falconc
from falconc import RawKernel

SAXPY = """
__global__ void saxpy(int n, float a, const float *x, float *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}
"""
REVERSE = """
template <typename T, int N>
__global__ void reverse(T *x) {
  extern __shared__ char raw[];
  T *tile = reinterpret_cast<T *>(raw);
  tile[threadIdx.x] = x[blockIdx.x * N + threadIdx.x];
  __syncthreads();
  x[blockIdx.x * N + threadIdx.x] = tile[N - 1 - threadIdx.x];
}
"""
WAVE = """
__global__ void sums(const int *x, int *y) {
  int v = x[blockIdx.x * blockDim.x + threadIdx.x];
  for (int d = warpSize / 2; d > 0; d /= 2) v += __shfl_down(v, d);
  if (threadIdx.x == 0) y[blockIdx.x] = v;
}
"""
STRUCT = """
struct Affine { float scale; float2 shift; const float *table; };
__constant__ float taps[3];
__global__ void apply(Affine f, float *y) {
  int i = threadIdx.x;
  y[i] = f.scale * f.table[i] + f.shift.x - f.shift.y + taps[i % 3];
}
"""
PLAIN = """
#include <stdint.h>
void widen(const int8_t *restrict x, int32_t *restrict y, int n, int32_t zero) {
  for (int i = 0; i < n; ++i) y[i] = x[i] - zero;
}
"""


def floats(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(7).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("platform", ["cuda", "hip"])
def test_blocks_of_threads(platform: str) -> None:
    x, y = floats(1000), floats(1000)[::-1].copy()
    before = y.copy()
    kernel = RawKernel(SAXPY, "saxpy", platform=platform)
    seconds = kernel((4,), (256,), (1000, np.float32(2), x, y))
    np.testing.assert_allclose(y, 2 * x + before, rtol=1e-6)
    assert 0 < seconds < 10


def test_a_plain_function_in_c() -> None:
    x, y = np.arange(-50, 50, dtype=np.int8), np.zeros(100, np.int32)
    RawKernel(PLAIN, "widen", platform="cpu")((1,), (1,), (x, y, 100, 3))
    np.testing.assert_array_equal(y, x.astype(np.int32) - 3)


def test_templates_and_dynamic_shared_memory() -> None:
    x = np.arange(128, dtype=np.float64)
    kernel = RawKernel(REVERSE, "reverse", platform="cuda", template="double, 64")
    kernel((2,), (64,), (x,), shared_mem=64 * 8)
    np.testing.assert_array_equal(x.reshape(2, 64)[:, ::-1], np.arange(128.0).reshape(2, 64))


def test_waves_have_their_platforms_width() -> None:
    x, y = np.arange(128, dtype=np.int32), np.zeros(2, np.int32)
    RawKernel(WAVE, "sums", platform="hip")((2,), (64,), (x, y))
    np.testing.assert_array_equal(y, x.reshape(2, 64).sum(axis=1))


def test_structs_and_constant_memory() -> None:
    table, y = floats(8), np.zeros(8, np.float32)
    taps = np.array([1, 2, 3], np.float32)
    kernel = RawKernel(STRUCT, "apply", platform="cuda")
    kernel((1,), (8,), ((2.0, (5.0, 1.0), table), y), globals={"taps": taps})
    np.testing.assert_allclose(y, 2 * table + 4 + taps[np.arange(8) % 3], rtol=1e-6)


def test_arrays_that_are_not_contiguous() -> None:
    x, y = floats(64, 2)[:, 0], np.zeros((64, 2), np.float32)
    RawKernel(SAXPY, "saxpy", platform="cuda")((1,), (64,), (64, 3.0, x, y[:, 1]))
    np.testing.assert_allclose(y[:, 1], 3 * x, rtol=1e-6)
    assert not y[:, 0].any()


class Exporter:
    """An array of another library: all it offers is DLPack."""

    def __init__(self, array: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
        self.array = array

    def __dlpack__(self, **options: object) -> object:
        return self.array.__dlpack__(**options)  # pyright: ignore[reportArgumentType, reportCallIssue]

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


def test_arrays_of_other_libraries() -> None:
    x, y = floats(64), np.zeros(64, np.float32)
    RawKernel(SAXPY, "saxpy", platform="cuda")((1,), (64,), (64, 3.0, Exporter(x), y))
    np.testing.assert_allclose(y, 3 * x, rtol=1e-6)


def test_writing_past_the_end_is_a_fault_and_changes_nothing() -> None:
    x, y = floats(256), np.zeros(64, np.float32)
    with pytest.raises(falconc.KernelFault, match="kernel 'saxpy' did not end well: crashed: "):
        RawKernel(SAXPY, "saxpy", platform="cuda")((1,), (256,), (256, 1.0, x, y))
    assert not y.any()


def test_a_kernel_that_never_ends() -> None:
    text = "__global__ void k(int *x) { volatile int *p = x; while (*p == 0) p[0] = 0; }"
    with pytest.raises(falconc.KernelFault, match="did not end well: timeout: not finished after 1 s"):
        RawKernel(text, "k", platform="cuda", seconds=1)((1,), (1,), (np.zeros(1, np.int32),))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((4, 1.0, floats(4)), "'saxpy' takes 4 arguments, not 3"),
        ((4, 1.0, floats(4).astype(np.float64), floats(4)), "parameter 'x' is .*: it takes an array of float32"),
        ((4, 1.0, 3, floats(4)), "parameter 'x' is .*: it takes an array"),
        ((4, floats(4), floats(4), floats(4)), "parameter 'a' is float: it takes a number"),
        ((4, 1.0, floats(4), np.broadcast_to(np.float32(0), (4,))), "parameter 'y' is written to"),
    ],
    ids=["too few", "another type", "no array", "no number", "read-only"],
)
def test_arguments_that_do_not_fit(args: tuple[object, ...], message: str) -> None:
    with pytest.raises(falconc.UsageError, match=message):
        RawKernel(SAXPY, "saxpy", platform="cuda")((1,), (4,), args)


def test_requests_that_make_no_sense() -> None:
    with pytest.raises(falconc.UsageError, match="no kernel 'axpy' in the text"):
        RawKernel(SAXPY, "axpy", platform="cuda")
    with pytest.raises(falconc.UsageError, match="unknown platform 'cdua'"):
        RawKernel(SAXPY, "saxpy", platform="cdua")
    with pytest.raises(falconc.UsageError, match=r"block \(0,\) is not up to three positive numbers"):
        RawKernel(SAXPY, "saxpy", platform="cuda")((1,), (0,), ())
    with pytest.raises(falconc.UsageError, match="'apply' reads taps"):
        RawKernel(STRUCT, "apply", platform="cuda")((1,), (8,), ((1.0, (1.0, 1.0), floats(8)), floats(8)))
