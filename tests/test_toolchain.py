"""Toolchains: what is found, what is missing, and real machine code where a compiler is there."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from falconc import platform
from falconc.platform import ToolReport
from falconc.platforms import tools
from falconc.platforms.device_part import device_part, instances
from falconc.source import Source

FILE = """\
#include <cstdio>
#include <vector>
#include <cuda_fp16.h>
#define N 64

struct Params { int n; float s; };
constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }
__device__ float twice(float v) { return v + v; }
template <typename T>
__global__ void scale(T *x, Params p) {
    __shared__ float tile[32];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    tile[threadIdx.x % 32] = expf(x[i]);
    __syncthreads();
    if (i < ceil_div(p.n, 1)) x[i] = twice(tile[threadIdx.x % 32]) * p.s;
}
template __global__ void scale<float>(float *, Params);
static int helper(int n) { return n; }
int main() {
    std::vector<float> host(N);
    printf("%d {\\n", helper(1));
    return 0;
}
namespace inner {
void host(int x) { if (x) {} }
__global__ void fill(int *p) { p[threadIdx.x] = gridDim.x; }
}
"""


def test_device_part_keeps_lines_and_device_code() -> None:
    text = device_part(Source("k.cu", FILE), re.compile("fp16"))
    assert text.count("\n") == FILE.count("\n")
    kept = ("cuda_fp16.h", "#define N 64", "struct Params", "ceil_div(int a", "twice(float", "scale<float>", "fill(int")
    assert all(word in text for word in kept)
    assert all(word not in text for word in ("vector", "main", "helper", "void host"))
    assert text.splitlines()[10] == FILE.splitlines()[10]


TEMPLATES = """\
#define HD __host__ __device__
#define BOTH HD inline
template <class T> BOTH T twice(T v, int k = 2) { T r = v; for (int i = 1; i < k; ++i) r += v; return r; }
template <class T> void host_only(T v) { std::vector<T> x{v}; }
namespace ns {
constexpr int WIDE = 128;
struct Tag { int a; };
template <int N, typename T> __global__ void k(T *p) {
  __shared__ T s[N];
  s[threadIdx.x] = twice(p[threadIdx.x]);
  p[0] = s[0];
}
template <class T> __global__ void unused(T *p) { p[0] = T(1); }
void run(float *p) {
  constexpr int block = 64;
  k<block, float><<<1, block>>>(p);
  ns::k<WIDE, int><<<1, WIDE>>>((int *)p);
  k<32, Tag><<<1, 1>>>(nullptr);
}
}
"""


def test_default_arguments_do_not_end_a_function_and_macros_mark_device_code() -> None:
    text = device_part(Source("k.cu", TEMPLATES), re.compile("(?!)"))
    assert "for (int i = 1; i < k; ++i) r += v; return r; }" in text
    assert "__shared__ T s[N];" in text
    assert "void run" not in text


def test_uses_of_kernel_templates_are_found() -> None:
    uses, unknown = instances(Source("k.cu", TEMPLATES))
    assert uses == ["ns::k<64 , float>", "ns::k<128 , int>", "ns::k<32 , ns::Tag>"]
    assert unknown == ["unused"]


@pytest.mark.parametrize(("name", "tool"), [("cuda", "NVRTC"), ("hip", "LLVM AMDGPU backend")])
def test_kernel_templates_are_compiled_as_they_are_launched(name: str, tool: str) -> None:
    found(name, tool)
    text = TEMPLATES.replace("template <class T> void host_only(T v) { std::vector<T> x{v}; }\n", "")
    text = text.replace("struct Tag { int a; };", "typedef int Tag;")
    for report in reports(name, text, tool.split()[0]):
        assert report.status == "ok", report.log
        assert report.resources["shared bytes"] == "512"
        assert report.log.startswith("not compiled: 'unused' is a template, and the text does not tell its arguments")


def found(name: str, tool: str) -> ToolReport:
    reports = [r for r in platform.get(name).toolchain.doctor() if r.tool == tool]
    assert len(reports) == 1
    if reports[0].status == "missing":
        pytest.skip(f"{tool} is not on this machine")
    return reports[0]


def reports(name: str, text: str, tool: str) -> list[ToolReport]:
    source = Source(f"k{platform.get(name).suffixes[0]}", text)
    return [r for r in platform.get(name).toolchain.compile(source) if tool in r.tool]


def test_gcc_is_found_and_compiles() -> None:
    assert found("cpu", "g++").target.split()[0].count(".") == 2
    (good,) = reports("cpu", "void f(float *x) { for (int i = 0; i < 512; ++i) x[i] += 1.0f; }", "g++")
    assert (good.status, good.resources["vectorised loops"]) == ("ok", "1")


def test_gcc_names_the_error_with_the_users_file() -> None:
    found("cpu", "g++")
    (bad,) = reports("cpu", "void f() {\n  undefined_name();\n}", "g++")
    assert bad.status == "failed"
    assert "k.c:2:3: error:" in bad.log


def test_gcc_knows_vector_intrinsics_on_any_machine() -> None:
    found("cpu", "g++")
    text = "#include <immintrin.h>\nvoid f(float *x) { _mm512_storeu_ps(x, _mm512_set1_ps(1.0f)); }"
    assert reports("cpu", text, "g++")[0].status == "ok"


@pytest.mark.parametrize(("name", "tool", "targets"), [
    ("cuda", "NVRTC", ["sm_80", "sm_90"]),
    ("hip", "LLVM AMDGPU backend", ["gfx90a", "gfx942"]),
])  # fmt: skip
def test_device_part_becomes_machine_code(name: str, tool: str, targets: list[str]) -> None:
    found(name, tool)
    got = reports(name, FILE if name == "cuda" else FILE.replace("cuda_fp16.h", "hip/hip_fp16.h"), tool.split()[0])
    assert [r.target for r in got] == targets
    assert [r.status for r in got] == ["ok", "ok"], got
    assert all(r.resources["shared bytes"] == "128" for r in got)
    assert all(int(r.resources["registers" if name == "cuda" else "vector registers"]) > 0 for r in got)


@pytest.mark.parametrize(("name", "tool"), [("cuda", "NVRTC"), ("hip", "LLVM AMDGPU backend")])
def test_a_broken_kernel_is_reported_at_its_line(name: str, tool: str) -> None:
    found(name, tool)
    got = reports(
        name, "int host() { return 0; }\n__global__ void k(int *p) {\n  p[0] = missing;\n}\n", tool.split()[0]
    )
    assert [r.status for r in got] == ["failed", "failed"]
    place = r"k\.cu\(3\)" if name == "cuda" else r"k\.hip:3:"
    assert all(re.search(place, r.log) and "missing" in r.log for r in got)


@pytest.mark.slow
def test_nvcc_compiles_host_code_too() -> None:
    found("cuda", "nvcc")
    (good,) = reports("cuda", FILE, "nvcc")
    assert (good.status, good.target) == ("ok", "sm_80, sm_90")
    (bad,) = reports("cuda", FILE.replace("return 0;", "return undefined_name;"), "nvcc")
    assert bad.status == "failed"
    assert "k.cu(" in bad.log


def test_a_missing_tool_is_named_with_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tools.find.cache_clear()
    try:
        (missing,) = platform.get("cpu").toolchain.compile(Source("k.c", "void f() {}"))
        assert (missing.tool, missing.status) == ("g++", "missing")
        assert "apt-get install g++" in missing.advice
    finally:
        monkeypatch.undo()
        tools.find.cache_clear()


def test_a_tool_that_hangs_is_ended() -> None:
    start = time.monotonic()
    result = tools.run(["sleep", "30"], seconds=0.2)
    assert (result.ok, result.output) == (False, "sleep took longer than 0.2 s")
    assert time.monotonic() - start < 10
