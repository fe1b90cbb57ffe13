"""Kernel texts, unmodified, run by the emulator: results against NumPy, and every case against its lifted kernel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from falconc import frontend, platform
from falconc.emulate import lower, sandbox, text
from falconc.errors import Unsupported
from falconc.frontend.unit import Instance
from falconc.ir.nodes import Barrier, Collective
from falconc.ir.walk import rewrite
from falconc.source import Source
from falconc.verify.subject import NEAREST, Subject, numpy_type, values

SCHEDULES = (0, 1, 7)
RNG = np.random.default_rng(3)


def instance(code: str, name: str, language: str = "cuda", where: str = "kernel", template: str = "") -> Instance:
    unit = frontend.load(Source(where, code), platform.get(language))
    return frontend.instance(unit, name, template)


def run(
    what: Instance,
    *arguments: Any,
    grid: tuple[int, ...] = (1,),
    block: tuple[int, ...] = (1,),
    **job: Any,
) -> sandbox.Outcome:
    """Run a text; arrays among ``arguments`` are changed in place."""
    arrays = [a for a in arguments if isinstance(a, np.ndarray)]
    scalars = [a for a in arguments if not isinstance(a, np.ndarray)]
    shape = [(*g, 1, 1)[:3] for g in (grid, block)]
    width = max(1, what.platform.lane_width)
    return sandbox.run(
        text.program(what), sandbox.Job(arrays, scalars, *shape, lane_width=width, **job), sandbox.Limits(seconds=30)
    )


def floats(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.standard_normal(shape).astype(np.float32)


# --- threads that do not meet ----------------------------------------------------------------------------------------

SAXPY = """
#include <vector>
#include <torch/extension.h>
#define N 4096
#define T not_a_type
#define launch(x) x
__global__ void saxpy(float a, const float *__restrict__ x, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}
static std::vector<float> of_the_host;
void saxpy(torch::Tensor x, std::vector<float> y) { saxpy<<<(n + 255) / 256, 256>>>(2.0f, x.data_ptr<float>(), y, n); }
void go(float *x, float *y, int n) { saxpy<<<(n + 255) / 256, 256>>>(2.0f, x, y, n); }
int main() { of_the_host.resize(N); cudaMalloc(0, 4); return 0; }
"""


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_flat_threads(schedule: int) -> None:
    n = 1000
    x, y = floats(n), floats(n)
    expected = np.float32(1.5) * x + y
    done = run(instance(SAXPY, "saxpy"), x, y, np.float32(1.5), np.int32(n), grid=(4,), block=(256,), schedule=schedule)
    assert done.status == "ok", done
    assert np.array_equal(y, expected)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_thread_of_a_grid_runs_once(schedule: int) -> None:
    code = """
    // falconc: kernel=mark grid=3,2,2 block=5,3,2
    __global__ void mark(int *x) {
      int b = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
      int t = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
      x[b * 30 + t] += 1 + t;
    }"""
    x = np.zeros(12 * 30, np.int32)
    assert run(instance(code, "mark"), x, grid=(3, 2, 2), block=(5, 3, 2), schedule=schedule).status == "ok"
    assert np.array_equal(x.reshape(12, 30), np.tile(np.arange(1, 31), (12, 1)))


# --- threads that meet -----------------------------------------------------------------------------------------------

GEMM = """
namespace tiles {
template <int BS> __global__ void gemm(const float *A, const float *B, float *C, int m, int n, int k) {
  __shared__ float As[BS][BS], Bs[BS][BS];
  int tx = threadIdx.x, ty = threadIdx.y, row = blockIdx.y * BS + ty, col = blockIdx.x * BS + tx;
  float sum = 0.0f;
  for (int t = 0; t < (k + BS - 1) / BS; t++) {
    As[ty][tx] = row < m && t * BS + tx < k ? A[row * k + t * BS + tx] : 0.0f;
    Bs[ty][tx] = t * BS + ty < k && col < n ? B[(t * BS + ty) * n + col] : 0.0f;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < BS; i++) sum += As[ty][i] * Bs[i][tx];
    __syncthreads();
  }
  if (row < m && col < n) C[row * n + col] = sum;
}
}
void go() { tiles::gemm<8><<<dim3(4, 3), dim3(8, 8)>>>(A, B, C, m, n, k); }
"""


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_barriers_and_shared_tiles(schedule: int) -> None:
    m, n, k = 20, 30, 17
    a, b, c = floats(m, k), floats(k, n), floats(m, n)
    sizes = (np.int32(m), np.int32(n), np.int32(k))
    done = run(instance(GEMM, "gemm"), a, b, c, *sizes, grid=(4, 3), block=(8, 8), schedule=schedule)
    assert done.status == "ok", done
    np.testing.assert_allclose(c, a @ b, rtol=1e-5, atol=1e-5)


def test_lanes_of_a_wave_exchange() -> None:
    code = """
    // falconc: kernel=sums grid=2 block=64
    __device__ __forceinline__ float wave_sum(float v) {
      for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
      return v;
    }
    __global__ void sums(const float *x, float *y, unsigned *votes) {
      int i = blockIdx.x * blockDim.x + threadIdx.x;
      y[i] = wave_sum(x[i]);
      votes[i] = __ballot_sync(0xffffffffu, x[i] > 0.0f);
    }"""
    x, y, votes = floats(128), floats(128), np.zeros(128, np.uint32)
    assert run(instance(code, "sums"), x, y, votes, grid=(2,), block=(64,)).status == "ok"
    waves = x.reshape(4, 32)
    np.testing.assert_allclose(y.reshape(4, 32), np.tile(waves.sum(1)[:, None], 32), rtol=1e-5, atol=1e-5)
    bits = ((waves > 0) << np.arange(32, dtype=np.uint64)).sum(1).astype(np.uint32)
    assert np.array_equal(votes.reshape(4, 32), np.tile(bits[:, None], 32))


def test_exchanges_on_one_line_are_told_apart() -> None:
    code = """
    // falconc: kernel=halves grid=1 block=32
    __global__ void halves(const int *x, int *y) {
      int l = threadIdx.x, v = x[l];
      y[l] = l < 16 ? __shfl_sync(0x0000ffffu, v, 3) : __shfl_sync(0xffff0000u, v, 20);
    }"""
    x, y = np.arange(32, dtype=np.int32), np.zeros(32, np.int32)
    done = run(instance(code, "halves"), x, y, block=(32,))
    assert done.report == []
    assert y.tolist() == [3] * 16 + [20] * 16


def test_a_divergent_barrier_is_reported() -> None:
    code = """
    // falconc: kernel=apart grid=1 block=64
    __global__ void apart(float *x) {
      if (threadIdx.x < 32) { __syncthreads(); x[0] = 1.0f; } else { __syncthreads(); x[1] = 1.0f; }
    }"""
    done = run(instance(code, "apart"), floats(2), block=(64,))
    assert done.status == "failed"
    assert done.report[0].startswith("defect divergent-barrier")


def test_the_compiler_finds_threads_that_meet_where_lifting_saw_none() -> None:
    found = instance(GEMM, "gemm")
    bare = replace(found, kernel=replace(found.kernel, body=rewrite(found.kernel.body, _without_meetings)))
    assert text.program(bare) == text.program(found)


def _without_meetings(node: Any) -> Any:
    return () if isinstance(node, Barrier | Collective) else node


# --- shared memory ---------------------------------------------------------------------------------------------------

DIRTY = """
// falconc: kernel=dirty grid=3 block=32 shared=256
__shared__ float outer[32];
__device__ float *inner() { __shared__ float held[32]; return held; }
__global__ void dirty(unsigned *seen) {
  extern __shared__ __align__(16) unsigned char raw[];
  static __shared__ float fixed[32], more[2];
  float *dynamic = reinterpret_cast<float *>(raw), *held = inner();
  int t = threadIdx.x, i = blockIdx.x * 32 + t;
  __syncthreads();
  seen[i * 4] = __float_as_uint(fixed[t]);
  seen[i * 4 + 1] = __float_as_uint(dynamic[t]);
  seen[i * 4 + 2] = __float_as_uint(held[t]);
  seen[i * 4 + 3] = __float_as_uint(outer[t]);
  __syncthreads();
  fixed[t] = dynamic[t] = held[t] = outer[t] = more[0] = 5.0f;
}
"""


def test_each_block_finds_shared_memory_fresh_and_different() -> None:
    seen = np.zeros(3 * 32 * 4, np.uint32)
    assert run(instance(DIRTY, "dirty"), seen, grid=(3,), block=(32,), shared_bytes=256).status == "ok"
    assert np.isnan(seen.view(np.float32)).all()
    assert len({tuple(block) for block in seen.reshape(3, -1).tolist()}) == 3


def test_dynamic_shared_memory_of_a_template_and_its_end() -> None:
    code = """
    // falconc: kernel=turn template=double grid=1 block=64 shared=512
    template <class V> struct Shared {
      __device__ operator V *() { extern __shared__ int words[]; return (V *)words; }
    };
    template <class V> __global__ void turn(V *x, int far) {
      V *s = Shared<V>();
      s[threadIdx.x] = x[threadIdx.x];
      __syncthreads();
      x[threadIdx.x] = s[63 - threadIdx.x + far];
    }"""
    x = RNG.standard_normal(64)
    expected = x[::-1].copy()
    turn = instance(code, "turn")
    assert run(turn, x, np.int32(0), block=(64,), shared_bytes=512).status == "ok"
    assert np.array_equal(x, expected)
    assert run(turn, x, np.int32(1000), block=(64,), shared_bytes=512).status == "crashed"


# --- parameters ------------------------------------------------------------------------------------------------------


def test_structs_enums_and_numbers_as_parameters() -> None:
    code = """
    // falconc: kernel=mix grid=1 block=8
    namespace deep {
    enum class Mode : int { keep, twice };
    struct View { const float *data; short skip[2]; double by; };
    }
    using namespace deep;
    __global__ void mix(float *y, View v, Mode mode, bool on, unsigned char step, size_t n) {
      size_t i = threadIdx.x;
      if (i < n && on) y[i] = (float)(v.data[i * v.skip[1] + v.skip[0]] * v.by) * (mode == Mode::twice ? 2 : 1) + step;
    }"""
    what = instance(code, "mix")
    assert [p.name for p in what.kernel.buffers] == ["y", "v_data"]
    x, y = floats(40), np.zeros(8, np.float32)
    scalars = (np.int16(3), np.int16(4), np.float64(0.5), np.int32(1), np.bool_(True), np.uint8(200), np.uint64(7))
    assert run(what, y, x, *scalars, block=(8,)).status == "ok"
    expected = (x[3::4][:8].astype(np.float64) * 0.5).astype(np.float32) * 2 + 200
    assert np.array_equal(y, np.where(np.arange(8) < 7, expected, 0).astype(np.float32))


def test_variables_of_file_scope_are_filled_and_given_back() -> None:
    code = """
    // falconc: kernel=count grid=2 block=32
    namespace a { __constant__ float limit[2]; __device__ unsigned total; }
    __constant__ int shift;
    __global__ void count(const float *x) {
      int i = blockIdx.x * blockDim.x + threadIdx.x;
      if (x[i] > a::limit[1]) atomicAdd(&a::total, 1u << shift);
    }"""
    what = instance(code, "count")
    given = {"x": floats(64), "limit": np.array([9, 0.25], np.float32), "total": np.array([100], np.uint32)}
    given["shift"] = np.array([2], np.int32)
    ordered = [given[b.name] for b in what.kernel.buffers]
    scalars = [given[s.name][0] for s in what.kernel.scalars]
    assert run(what, *ordered, *scalars, grid=(2,), block=(32,)).status == "ok"
    assert given["total"][0] == 100 + 4 * int((given["x"] > 0.25).sum())


def test_half_and_bfloat16_round_after_every_operation() -> None:
    import ml_dtypes

    code = """
    // falconc: kernel=fold grid=1 block=64
    __global__ void fold(__half *h, __nv_bfloat16 *b, half2 *p) {
      int i = threadIdx.x;
      h[i] = h[i] * h[63 - i] + __float2half(0.1f);
      b[i] += b[i] * b[63 - i];
      p[i] = __hfma2(p[i], p[i], __half2half2(p[i].y));
    }"""
    h, p = floats(64).astype(np.float16), floats(64, 2).astype(np.float16)
    b = floats(64).astype(ml_dtypes.bfloat16)
    # Threads run in order: later ones see what earlier ones wrote.
    want_h, want_b = h.copy(), b.copy()
    for i in range(64):
        want_h[i] = want_h[i] * want_h[63 - i] + np.float16(0.1)
        want_b[i] += want_b[i] * want_b[63 - i]
    want_p = (p.astype(np.float64) ** 2 + p[:, 1:].astype(np.float64)).astype(np.float16)
    flat = p.reshape(-1)
    assert run(instance(code, "fold"), h, b, flat, block=(64,)).status == "ok"
    assert np.array_equal(h, want_h)
    assert np.array_equal(b, want_b)
    assert np.array_equal(flat.reshape(64, 2), want_p)


# --- what is cut, and what is kept -----------------------------------------------------------------------------------


def test_macros_conditionals_and_members_of_the_host() -> None:
    code = """
    // falconc: kernel=square_float_k grid=1 block=8
    // falconc: kernel=apply template=Scale grid=1 block=8
    #define WIDE 1
    #ifdef NARROW
    __global__ void wide(float *x) {
    #else
    __device__ inline float wide(float x) { return x * WIDE; }
    #endif
    #define MAKE(name, T, e) \\
      __device__ T name##_of(T v) { return e; } \\
      __global__ void name##_##T##_k(T *x) { x[threadIdx.x] = name##_of(x[threadIdx.x]); }
    MAKE(square, float, v * wide(v))
    typedef struct { int unused; } Plain;
    extern "C" {
    struct Scale {
      float by;
      Scale(int n) : by(1) { cudaMalloc(&by, n); }
      void save(std::string to) const;
      __device__ float operator()(float x) const { return x * by; }
    };
    }
    template <class F> __global__ void apply(float *x, F f) { x[threadIdx.x] = f(x[threadIdx.x]); }
    """
    x = floats(8)
    expected = x * x
    assert run(instance(code, "square_float_k"), x, block=(8,)).status == "ok"
    assert np.array_equal(x, expected)
    assert run(instance(code, "apply"), x, np.float32(3), block=(8,)).status == "ok"
    assert np.array_equal(x, expected * np.float32(3))


def test_files_beside_the_text_and_offsets_in_bytes(tmp_path: Path) -> None:
    (tmp_path / "deep.h").write_text("// größer\nnamespace deep { struct Size { int n; }; }\n")
    (tmp_path / "part.cuh").write_text(
        '#pragma once\n#include "deep.h"\n#include <thrust/vector.h>\n#define TWICE(x) (2 * (x))\n'
        "__device__ inline float negated(float x) { return -x; } // ü\nvoid on_host(thrust::vector<int> v);\n"
    )
    code = """// Größenänderung: ünïcode
    #include "part.cuh"
    #include "part.cuh"
    #include "not_here.h"
    /* ü */ __global__ void turned(float *x, deep::Size s) {
      if (threadIdx.x < s.n) x[threadIdx.x] = TWICE(negated(x[threadIdx.x]));
    }
    // falconc: kernel=turned grid=1 block=8
    """
    x = floats(8)
    expected = np.where(np.arange(8) < 5, -2 * x, x)
    assert run(instance(code, "turned", where=str(tmp_path / "main.cu")), x, np.int32(5), block=(8,)).status == "ok"
    assert np.array_equal(x, expected)


def test_c_functions_are_called_once() -> None:
    code = """
    #include <immintrin.h>
    typedef struct { int rows, cols; } shape_t;
    static const float weight[4] = {1, 2, 3, 4};
    static inline float act(float x) { return x > 0 ? x : 0.5f * x; }
    void rows(float *restrict out, const float *restrict in, shape_t s) {
    #pragma omp parallel for
      for (int r = 0; r < s.rows; r++) {
        __m512 sum = _mm512_setzero_ps();
        for (int c = 0; c < s.cols; c += 16) sum = _mm512_add_ps(sum, _mm512_loadu_ps(in + r * s.cols + c));
        out[r] = act(_mm512_reduce_add_ps(sum)) * weight[r & 3];
      }
    }
    int main(void) { return printf("host"); }
    """
    x, y = floats(6, 48), floats(6)
    assert run(instance(code, "rows", "cpu"), y, x, np.int32(6), np.int32(48)).status == "ok"
    sums = x.sum(1)
    expected = np.where(sums > 0, sums, sums / 2) * np.array([1, 2, 3, 4, 1, 2])
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)


def test_array_parameters_of_c() -> None:
    code = """
    #define K 3
    void mix(int h, int w, const float src[restrict h][w], float dst[const h][w], const float cube[][K][w],
             float v[4]) {
      for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x) dst[y][x] = src[y][w - 1 - x] + cube[y][2][x] * v[1];
    }"""
    h, w = 5, 7
    src, dst, cube, v = floats(h, w), floats(h, w), floats(h, 3, w), floats(4)
    mix = instance(code, "mix", "cpu")
    assert run(mix, src, dst, cube, v, np.int32(h), np.int32(w)).status == "ok"
    np.testing.assert_allclose(dst, src[:, ::-1] + cube[:, 2] * v[1], rtol=1e-6)
    agree(mix, {"h": h, "w": w})


def test_conversions_to_integers_saturate() -> None:
    code = """
    // falconc: kernel=whole grid=1 block=8
    __global__ void whole(const float *x, int *i, unsigned *u, long long *l) {
      i[threadIdx.x] = __float2int_rn(x[threadIdx.x]);
      u[threadIdx.x] = __float2uint_rz(x[threadIdx.x]);
      l[threadIdx.x] = __double2ll_rn((double)x[threadIdx.x]);
    }"""
    x = np.array([1.5, -2.5, 3e9, -3e9, 1e30, -1e30, np.nan, np.inf], np.float32)
    i, u, wide = np.zeros(8, np.int32), np.zeros(8, np.uint32), np.zeros(8, np.int64)
    assert run(instance(code, "whole"), x, i, u, wide, block=(8,)).status == "ok"
    top, low, far = 2**31 - 1, -(2**31), 2**63 - 1
    assert i.tolist() == [2, -2, top, low, top, low, 0, top]
    assert u.tolist() == [1, 0, 3_000_000_000, 0, 2**32 - 1, 0, 0, 2**32 - 1]
    assert wide.tolist() == [2, -2, 3_000_000_000, -3_000_000_000, far, -(2**63), 0, far]


def test_what_the_compiler_refuses_is_a_named_limit() -> None:
    found = instance(SAXPY, "saxpy")
    with pytest.raises(Unsupported, match="does not compile for the emulator"):
        text.program(replace(found, symbol="nothing_like_it"))


# --- texts and what lifting makes of them ----------------------------------------------------------------------------

WILD = {
    "structs of a block": """
    // falconc: kernel=k grid=2 block=32
    struct __align__(8) Item {
      float key; int at;
      __device__ bool operator<(const Item &o) const { return key < o.key; }
    };
    __device__ Item better(const Item &a, const Item &b) { return a < b ? b : a; }
    __global__ void k(const float *x, int *out, float *val, int n) {
      __shared__ Item items[4][8];
      Item best{-1e30f, -1};
      for (int i = threadIdx.x; i < n; i += 32) best = better(best, Item{x[blockIdx.x * n + i], i});
      items[threadIdx.x / 8][threadIdx.x % 8] = best;
      __syncthreads();
      for (int s = 16; s > 0; s >>= 1) {
        if (threadIdx.x < s) {
          const int a = threadIdx.x, b = threadIdx.x + s;
          items[a / 8][a % 8] = better(items[a / 8][a % 8], items[b / 8][b % 8]);
        }
        __syncthreads();
      }
      if (threadIdx.x == 0) { out[blockIdx.x] = items[0][0].at; val[blockIdx.x] = items[0][0].key; }
    }""",
    "groups": """
    #include <cooperative_groups.h>
    namespace cg = cooperative_groups;
    // falconc: kernel=k grid=2 block=64
    __global__ void k(const float *x, float *out) {
      auto tile = cg::tiled_partition<16>(cg::this_thread_block());
      float v = x[blockIdx.x * blockDim.x + threadIdx.x];
      for (int i = tile.size() / 2; i > 0; i /= 2) v = fmaxf(v, tile.shfl_xor(v, i));
      if (tile.thread_rank() == 0) out[blockIdx.x * 4 + tile.meta_group_rank()] = v + (float)tile.any(v > 1.f);
    }""",
    "votes": """
    // falconc: kernel=k grid=(n+63)/64 block=64
    __global__ void k(const int *x, unsigned *out, int n) {
      int i = blockIdx.x * blockDim.x + threadIdx.x;
      int v = i < n ? x[i] : 0;
      unsigned m = __ballot_sync(0xffffffffu, v > 3);
      int any = __any_sync(~0u, v == 7), all = __all_sync(~0u, v >= 0);
      unsigned rank = __popc(m & ((1u << (threadIdx.x & 31)) - 1));
      int c = __syncthreads_count(v > 0);
      if (i < n) out[i] = rank + 100 * any + 1000 * all + 10000 * c;
    }""",
    "half waves apart": """
    // falconc: kernel=k grid=1 block=64
    __global__ void k(const float *x, float *y) {
      int l = threadIdx.x & 31; float v = x[threadIdx.x], r = 0;
      if (l < 16) r = __shfl_xor_sync(0x0000ffffu, v, 1, 16); else r = __shfl_down_sync(0xffff0000u, v, 2, 16);
      r += l & 1 ? __shfl_sync(0xaaaaaaaau, v, 1) : __shfl_sync(0x55555555u, v, 0);
      y[threadIdx.x] = r;
    }""",
    "half and bfloat16": """
    #include <cuda_bf16.h>
    // falconc: kernel=k grid=(n+63)/64 block=64
    __global__ void k(__nv_bfloat16 *x, const __nv_bfloat16 *y, half2 *h, const float *s, int n) {
      int i = blockIdx.x * blockDim.x + threadIdx.x;
      if (i >= n) return;
      __nv_bfloat16 a = x[i];
      a += y[i] * __float2bfloat16(s[0]);
      if (a > y[i]) a = a - y[i]; else a = -a;
      x[i] = i % 2 ? a : __nv_bfloat16(__bfloat162float(a) * 2.0f + (float)y[i]);
      half2 v = __hadd2(h[i], __halves2half2(h[i].x, __float2half(1.5f)));
      h[i] = __hgt(__low2half(v), __high2half(v)) ? __lowhigh2highlow(v) : v * v;
    }""",
}


@pytest.mark.parametrize("kind", WILD)
def test_text_and_lifted_kernel_agree(kind: str) -> None:
    agree(instance(WILD[kind], "k"), {"n": 61})


def agree(what: Instance, sizes: dict[str, int]) -> None:
    """Bit for bit, with every operation of the lifted kernel rounded to nearest (no library functions in it)."""
    subject = Subject.of(what)
    arrays = {b.name: RNG.integers(-9, 9, 256).astype(numpy_type(b.dtype)) for b in what.kernel.buffers}
    for b in what.kernel.buffers:
        if b.dtype.is_float:
            arrays[b.name] = floats(256).astype(numpy_type(b.dtype))
    lifted = subject.lowered(lower.NOISY | NEAREST, sizes, arrays)
    assert lifted.defects == ()
    for name, got in subject.native(sizes, arrays).items():
        assert np.array_equal(got, values(lifted.words[name], got.dtype), equal_nan=got.dtype.kind == "f"), name


# --- all cases -------------------------------------------------------------------------------------------------------

CASES = [
    (language, path) for language, p in platform.all_platforms().items() for path in sorted(p.folder.glob("cases/*"))
]


@pytest.mark.parametrize(("language", "path"), CASES, ids=[p.name for _, p in CASES])
def test_every_case_compiles(language: str, path: Path) -> None:
    unit = frontend.load(Source(str(path), path.read_text()), platform.get(language))
    for kernel in unit.kernels:
        assert text.program(frontend.instance(unit, kernel.name)).exists()
