"""Every case kernel of one dialect goes to its kin: it is lifted there, comes back, is verified and compiles."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from pathlib import Path

import kernels_by_hand as hand
import pytest

from falconc import frontend, kin, platform, verify
from falconc.frontend.unit import Unit
from falconc.source import Source

DIALECTS = {"cuda": "hip", "hip": "cuda"}
CASES = [
    pytest.param(p, origin, id=f"{origin}-{p.stem}")
    for origin in DIALECTS
    for p in sorted((platform.get(origin).folder / "cases").iterdir())
]
TEXTS = sorted((Path(__file__).parent / "kin").glob("*.case"))
# Spellings that two ways of saying the same come down to: an include that compilers add themselves, masks of all lanes,
# the width that is the default, launches, the lane width, old names.
SPELLINGS = [
    (r"#include [<\"](cuda|hip/hip_runtime|cuda_runtime|cuda_runtime_api|device_launch_parameters)(\.h)?[>\"]\n", ""),
    (r"#include <cooperative_groups(/reduce|/scan)?\.h>\n", ""),
    (r"#ifdef __(CUDACC|HIPCC)__\n#endif\n", ""),
    (r"(?<!\w)(0xffffffffu?|~0u)(?=, )", "ALL"),
    (r"(__shfl\w*_sync\(ALL, [^;\n]*?), 32\)", r"\1)"),
    (r"(__shfl\w*\([^;\n]*?), 64\)", r"\1)"),
    (r"\b(\w+(\[\w+\])?\.)?warpSize\b", "LANES"),
    (r"hipBlockIdx_", "blockIdx."),
    (r"hipThreadIdx_", "threadIdx."),
    (r"hipBlockDim_", "blockDim."),
    (r"hipGridDim_", "gridDim."),
    (r"hipLaunchKernelGGL\((\w+), (.+?), (dim3\(.*?\)), (\w+), (\w+), (.*)\);", r"\1<<<\2, \3, \4, \5>>>(\6);"),
]  # fmt: skip


def unit(text: str, name: str, stem: str) -> frontend.Unit:
    return frontend.load(Source(f"{stem}{platform.get(name).suffixes[0]}", text), platform.get(name))


def translated(text: str, origin: str, stem: str = "k") -> str:
    return kin.translate(unit(text, origin, stem), platform.get(DIALECTS[origin])).text


def plain(text: str, origin: str) -> str:
    """``text`` in the one spelling of each thing that has several."""
    for pattern, new in SPELLINGS:
        text = re.sub(pattern, new, text)
    width = platform.get(origin).lane_width
    return re.sub(r"\s+", " ", text.replace("LANES", str(width)))


@pytest.mark.parametrize(("path", "origin"), CASES)
def test_a_case_is_lifted_on_the_other_side_and_comes_back(path: Path, origin: str) -> None:
    source, target = path.read_text(), DIALECTS[origin]
    text = translated(source, origin, path.stem)
    there = unit(text, target, path.stem)
    for info in unit(source, origin, path.stem).kernels:
        here = frontend.instance(unit(source, origin, path.stem), info.name)
        arguments = re.search(r"<(.*)>$", here.symbol.strip())
        frontend.instance(there, info.name, arguments.group(1) if arguments else "", here.kernel.launch)
    back = plain(translated(text, target, path.stem), origin)
    assert back == plain(source, origin), "\n".join(difflib.ndiff([plain(source, origin)], [back]))


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.stem)
def test_once_translated_a_text_goes_round_unchanged(path: Path) -> None:
    head, _, rest = path.read_text().partition("\n")
    origin, target = head.removeprefix("=== ").split(" -> ")
    first = rest.partition("=== expected\n")[2].partition("=== notes\n")[0]
    second = unparsed(unparsed(first, target), origin)
    assert _same_on_both_sides(second) == _same_on_both_sides(first)
    assert unparsed(unparsed(second, target), origin) == second


def unparsed(text: str, origin: str) -> str:
    """``translated`` for texts that need headers which are not here."""
    lone = Unit(Source("k.cu", text), platform.get(origin), (), None)
    return kin.translate(lone, platform.get(DIALECTS[origin])).text


def _same_on_both_sides(text: str) -> list[str]:
    """The lines without cache hints and without a call that one dialect has dropped: these come back in new words."""
    return [line for line in text.splitlines() if not re.search(r"__(ld|st)cs|\(\*\(|GraphInstantiate", line)]


VECTORS = """\
#include <hip/hip_runtime.h>
// falconc: kernel=k grid=(n+63)/64 block=64
__global__ void k(const float4 *x, float4 *y, float s, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float4 v = x[i] * s + 2.0f / x[i];
  v += x[i];
  v *= s;
  y[i] = v - x[0];
}
"""
OWN_OPERATORS = """\
#include <cuda_runtime.h>
// falconc: kernel=k grid=(n+63)/64 block=64
static __device__ __forceinline__ float4 operator+(float4 a, float4 b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}
inline __device__ void operator+=(float4 &a, const float4 &b) { a.x += b.x; a.y += b.y; a.z += b.z; a.w += b.w; }
inline __host__ __device__ float4 operator*(float4 a, float s) {
  return make_float4(a.x * s, a.y * s, a.z * s, a.w * s);
}
__global__ void k(const float4 *x, float4 *y, float s, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float4 v = x[i] * s + x[i];
  v += x[i];
  y[i] = v;
}
"""


@pytest.mark.parametrize(("text", "origin"), [(VECTORS, "hip"), (OWN_OPERATORS, "cuda")])
def test_arithmetic_on_vector_types(text: str, origin: str) -> None:
    """One dialect has it, in the other every text brings its own."""
    result = translated(text, origin)
    assert ("operator/(float a, float4 b)" in result) == (origin == "hip")
    a = frontend.instance(unit(text, origin, "k"), "k")
    assert verify.equivalent(a, frontend.instance(unit(result, DIALECTS[origin], "k"), "k")).name == "Proved"
    assert translated(result, DIALECTS[origin]) == text
    target = platform.get(DIALECTS[origin])
    for report in target.toolchain.compile(Source(f"k{target.suffixes[0]}", result)):
        assert report.status != "failed", report.log


@pytest.mark.slow
@pytest.mark.parametrize(("path", "origin"), CASES)
def test_a_case_is_verified(path: Path, origin: str) -> None:
    """The verdict is the one that the source gets against itself: translation takes nothing away."""
    source, target = path.read_text(), DIALECTS[origin]
    here, there = unit(source, origin, path.stem), unit(translated(source, origin, path.stem), target, path.stem)
    for info in here.kernels:
        a = frontend.instance(here, info.name)
        arguments = re.search(r"<(.*)>$", a.symbol.strip())
        b = frontend.instance(there, info.name, arguments.group(1) if arguments else "", a.kernel.launch)
        got = verify.equivalent(a, b)
        itself = replace(a, kernel=hand.padded(a.kernel))
        assert got.rank >= verify.equivalent(a, itself).rank > 0, got.reason


@pytest.mark.parametrize("origin", DIALECTS)
def test_every_case_compiles_with_the_compilers_found(origin: str) -> None:
    """Device code for every target of the other side; what is missing is named and counted."""
    target = platform.get(DIALECTS[origin])
    missing: dict[str, int] = {}
    resources: set[str] = set()
    for param in CASES:
        path, side = param.values
        assert isinstance(path, Path)
        if side != origin:
            continue
        text = translated(path.read_text(), origin, path.stem)
        for report in target.toolchain.compile(Source(f"{path.stem}{target.suffixes[0]}", text)):
            assert report.status != "failed", f"{path.name}: {report.tool} for {report.target}\n{report.log}"
            resources |= set(report.resources)
            if report.status == "missing":
                missing[report.tool] = missing.get(report.tool, 0) + 1
    if missing:
        pytest.skip(", ".join(f"{tool} is missing: {n} compilations left out" for tool, n in missing.items()))
    assert any("registers" in r for r in resources)
    assert {"shared bytes"} <= resources
    assert any("spilled" in r for r in resources)
