"""Span edits between dialects: input and expected text in case files, refusals with their messages."""

# ruff: noqa: E501 (tables)
from __future__ import annotations

from pathlib import Path

import pytest

from falconc import kin, platform
from falconc.errors import Unsupported
from falconc.frontend.unit import Unit
from falconc.kin import vocabulary
from falconc.source import Source

CASES = sorted((Path(__file__).parent / "kin").glob("*.case"))


def translate(text: str, origin: str = "cuda", target: str = "hip") -> kin.Result:
    unit = Unit(Source("t.cu", text), platform.get(origin), (), None)
    return kin.translate(unit, platform.get(target))


def show(notes: tuple[kin.Note, ...]) -> str:
    return "".join(f"{n.where.line}:{n.where.column} {n.what}\n" if n.where else f"{n.what}\n" for n in notes)


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_case(path: Path, rewrite: bool) -> None:
    head, _, rest = path.read_text().partition("\n")
    origin, target = head.removeprefix("=== ").split(" -> ")
    source, _, expected = rest.partition("=== expected\n")
    result = translate(source, origin, target)
    produced = f"{result.text}=== notes\n{show(result.notes)}"
    if rewrite:
        path.write_text(f"{head}\n{source}=== expected\n{produced}")
    assert produced == expected or rewrite


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_untouched_lines_stay(path: Path) -> None:
    """Every comment and string of the source is in the result, byte for byte."""
    from falconc.frontend.tokens import tokenize

    head, _, rest = path.read_text().partition("\n")
    origin, target = head.removeprefix("=== ").split(" -> ")
    source = rest.partition("=== expected\n")[0]
    result = translate(source, origin, target).text
    for token in tokenize(Source("t", source)):
        if token.kind in ("comment", "string"):
            assert token.text in result


def test_applies_to_dialects_of_one_model() -> None:
    cuda, hip, cpu = (platform.get(n) for n in ("cuda", "hip", "cpu"))
    assert kin.applies(cuda, hip)
    assert kin.applies(hip, cuda)
    assert not kin.applies(cuda, cuda)
    assert not kin.applies(cuda, cpu)


def kernel(body: str, before: str = "") -> str:
    return f"#include <cuda_runtime.h>\n{before}\n__global__ void k(float *p, int *q, int n) {{\n  {body}\n}}\n"


@pytest.mark.parametrize(
    ("body", "what", "caret"),
    [
        ('asm volatile("mov.u32 %0, %laneid;" : "=r"(n));', "'asm': inline assembly is not translated", "asm"),
        ("nvcuda::wmma::fragment<int> f;", "'nvcuda': matrix instructions are not translated yet", "nvcuda"),
        ("unsigned m = __activemask(); q[0] = __popc(m);",
         "'m' comes from '__activemask' and is used for more than a mask: which lanes happen to be active together is not "
         "the same on a wider wave", "m"),
        ("q[0] = __activemask();",
         "'__activemask': which lanes happen to be active together is not the same on a wider wave", "__activemask"),
        ("p[0] = __shfl_down(p[1], 1);", "'__shfl_down': it was removed in Volta; which lanes take part is not known",
         "__shfl_down"),
        ("p[0] = __fadd_rz(p[1], p[2]);", "'__fadd_rz' has no known counterpart in HIP (AMD GPUs)", "__fadd_rz"),
        ("p[0] = __shfl_sync(n++, p[1], 0);", "the argument 'n++' changes a variable and has no counterpart",
         "__shfl_sync(n++, p[1], 0)"),
        ("q[0] = __ballot_sync(1, 2, 3);", "'__ballot_sync' with 3 arguments is not known", "__ballot_sync(1, 2, 3)"),
        ("auto f = __shfl_sync;", "'__shfl_sync' is used without its arguments", "__shfl_sync"),
        ("while (atomicCAS(q, 0, 1) != 0) {} p[0] += 1; atomicExch(q, 0);",
         "this loop waits for a lock that another lane of the same wave may hold", "atomicCAS(q, 0, 1)"),
        ("do {} while (atomicExch(q, 1)); p[0] += 1; atomicExch(q, 0);",
         "this loop waits for a lock that another lane of the same wave may hold", "atomicExch(q, 1)"),
    ],
)  # fmt: skip
def test_refused_in_a_kernel(body: str, what: str, caret: str) -> None:
    with pytest.raises(Unsupported) as caught:
        translate(kernel(body))
    assert caught.value.what == what
    assert caught.value.where
    assert caught.value.where.text == caret
    assert caught.value.where.line == 4


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("#include <mma.h>", "'<mma.h>': matrix instructions are not translated yet"),
        ("#include <cudnn.h>", "<cudnn.h> has no known counterpart in HIP (AMD GPUs)"),
        ("void f() { cudnnHandle_t h; }", "'cudnnHandle_t' has no known counterpart in HIP (AMD GPUs)"),
        ("void f() { cudaFrobnicate(1); }", "'cudaFrobnicate' has no known counterpart in HIP (AMD GPUs)"),
        ("#define LOCK(x) cudaFrobnicate(x)", "'cudaFrobnicate' has no known counterpart in HIP (AMD GPUs)"),
        ("#include <cuda/std/limits>", "<cuda/std/limits> has no known counterpart in HIP (AMD GPUs)"),
        ("#include <ATen/cuda/Atomic.cuh>", "<ATen/cuda/Atomic.cuh> has no known counterpart in HIP (AMD GPUs)"),
        ("#define CALL(f) cuda##f()", "a name is put together from 'cuda' here: which one is not known"),
        ("void f() { at::cuda::getDeviceProperties(0); }",
         "'at::cuda::getDeviceProperties' has no known counterpart in HIP (AMD GPUs)"),
        ("using Lanes = cub::WarpExchange<int, 4>;", "'cub::WarpExchange' has no known counterpart in HIP (AMD GPUs)"),
        ("__device__ cuda::atomic<int> counter;", "'cuda::atomic' has no known counterpart in HIP (AMD GPUs)"),
        ("__global__ void child(int *p);\n__global__ void parent(int *p) { child<<<1, 1>>>(p); }",
         "a kernel is started from device code, which HIP (AMD GPUs) cannot do"),
        ("#include <cooperative_groups.h>\n__device__ int f(int v) { return cooperative_groups::exclusive_scan(v); }",
         "'cooperative_groups::exclusive_scan' has no known counterpart in HIP (AMD GPUs)"),
        ("namespace cg = cooperative_groups;\n__device__ void f() { auto g = cg::coalesced_threads(); }",
         "'cooperative_groups::coalesced_threads': which lanes happen to be together depends on the wave width"),
        ("using namespace cooperative_groups;\n__device__ void f() { auto g = coalesced_threads(); }",
         "'cooperative_groups::coalesced_threads': which lanes happen to be together depends on the wave width"),
    ],
)  # fmt: skip
def test_refused_elsewhere(line: str, what: str) -> None:
    with pytest.raises(Unsupported) as caught:
        translate(kernel("p[0] = 1;", line))
    assert caught.value.what == what
    assert caught.value.where
    assert caught.value.where.line in (2, 3)


def hip_kernel(body: str, before: str = "") -> str:
    return f"#include <hip/hip_runtime.h>\n{before}\n__global__ void k(float *p, int *q, int n) {{\n  {body}\n}}\n"


SPAN = "a group of 64 lanes spans warps of 32 here and needs the whole block, but "


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("if (threadIdx.x < 64) p[0] = __shfl_down(p[1], 1);",
         "it is under the condition 'threadIdx . x < 64', which may differ between threads"),
        ("int i = threadIdx.x; if (i >= n) return; p[0] = __shfl_down(p[1], 1);",
         "some threads may leave before it, by the 'return' on line 4"),
        ("for (int i = threadIdx.x; i < n; i += 64) p[0] = __shfl_xor(p[1], 1);",
         "it is under the condition 'int i = threadIdx . x ; i < n ; i += 64', which may differ between threads"),
        ("int c = q[0]; while (c > 0) { p[0] = __shfl(p[1], 1); --c; }",
         "it is under the condition 'c > 0', which may differ between threads"),
        ("q[0] = n > 1 && __any(p[0] > 0);", "only a part of the expression around it is evaluated"),
        ("for (int i = 0; i < n; ++i) { if (p[i] > 0) break; p[0] = __shfl(p[1], i); }",
         "it is under the condition 'int i = 0 ; i < n ; ++ i', which may differ between threads"),
        ("while (true) { if (p[0] > 0) break; p[0] = __shfl(p[1], 3); }",
         "some threads may leave before it, by the 'break' on line 4"),
    ],
)  # fmt: skip
def test_wide_groups_need_the_whole_block(body: str, why: str) -> None:
    with pytest.raises(Unsupported) as caught:
        translate(hip_kernel(body), "hip", "cuda")
    assert caught.value.what == SPAN + why


def test_wide_groups_in_a_function_called_from_a_branch() -> None:
    text = hip_kernel(
        "if (threadIdx.x < 64)\n    p[0] = sum(p[1]);",
        "__device__ float sum(float v) { return v + __shfl_xor(v, 32); }",
    )
    with pytest.raises(Unsupported) as caught:
        translate(text, "hip", "cuda")
    assert caught.value.what.endswith("which may differ between threads (in the call on line 5)")


@pytest.mark.parametrize(
    "body",
    [
        "for (int o = 32; o > 0; o >>= 1) p[threadIdx.x] += __shfl_down(p[threadIdx.x], o);",
        "if (n > 4) { float v = __shfl(p[threadIdx.x], 0); p[threadIdx.x] = v; }",
        "for (int i = blockIdx.x; i < n; i += gridDim.x) p[i] = __shfl(p[i], 63);",
        "int half = n / 2; if (half > 3) { if (blockIdx.x == 0) return; } p[0] = __shfl_xor(p[0], 32);",
    ],
)
def test_wide_groups_where_the_whole_block_passes(body: str) -> None:
    assert "falconc_shfl64" in translate(hip_kernel(body), "hip", "cuda").text


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("q[0] = __activemask();", "'__activemask': which lanes happen to be together depends on the wave width"),
        (
            "q[0] = __builtin_amdgcn_mov_dpp(q[1], 1, 15, 15, true);",
            "'__builtin_amdgcn_mov_dpp' has no known counterpart in CUDA C (NVIDIA GPUs)",
        ),
        ("p[0] = __shfl_sync(0xffffull, p[1], 0);", "the lane mask '0xffffull' does not name all of 64 lanes"),
        ("p[0] = __shfl_sync(1ull << n, p[1], 0);", "the lane mask '1ull << n' does not name all of 64 lanes"),
    ],
)
def test_refused_from_the_wide_side(body: str, what: str) -> None:
    with pytest.raises(Unsupported) as caught:
        translate(hip_kernel(body), "hip", "cuda")
    assert caught.value.what == what


def test_a_width_of_another_file_is_reported_once() -> None:
    result = translate(kernel("q[0] = n / WARP_SIZE + n % WARP_SIZE + C10_WARP_SIZE;", '#include "sizes.h"'))
    assert "q[0] = n / WARP_SIZE + n % WARP_SIZE + 32;" in result.text
    assert [n.what for n in result.notes] == ["'WARP_SIZE' is not defined here: it has to stay 32"]


@pytest.mark.parametrize(
    ("scope", "fence"),
    [('"wavefront"', "__threadfence_block()"), ('"workgroup"', "__threadfence_block()"), ('"agent"', "__threadfence()"),
     ('""', "__threadfence_system()")],
)  # fmt: skip
def test_fences_keep_their_scope(scope: str, fence: str) -> None:
    text = translate(hip_kernel(f"p[0] = 1; __builtin_amdgcn_fence(__ATOMIC_RELEASE, {scope});"), "hip", "cuda").text
    assert f"p[0] = 1; {fence};" in text


def test_a_fence_of_another_scope_is_refused() -> None:
    with pytest.raises(Unsupported):
        translate(hip_kernel('__builtin_amdgcn_fence(__ATOMIC_RELEASE, "cluster");'), "hip", "cuda")


def test_tiles_wider_than_a_warp_are_refused() -> None:
    body = "auto tile = cooperative_groups::tiled_partition<64>(cooperative_groups::this_thread_block());"
    with pytest.raises(Unsupported) as caught:
        translate(hip_kernel(body), "hip", "cuda")
    assert caught.value.what == "'cooperative_groups::tiled_partition' has no counterpart in CUDA C (NVIDIA GPUs)"


def test_a_macro_of_the_project_is_told_from_the_dialects_own() -> None:
    use = "void f() { CUDA_CHECK(cudaDeviceSynchronize()); }"
    with pytest.raises(Unsupported) as caught:
        translate(use)
    assert caught.value.what == "'CUDA_CHECK' has no known counterpart in HIP (AMD GPUs)"
    result = translate(f'#include "check.h"\n{use}')
    assert "CUDA_CHECK(hipDeviceSynchronize())" in result.text
    what = "'CUDA_CHECK' is taken to come from a header of the project, which is not translated with this file"
    assert [n.what for n in result.notes] == [what]
    with pytest.raises(Unsupported):
        translate('#include "check.h"\nint v = CUDA_R_4I;')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int w = props[dev].warpSize * 2;", "int w = 32 * 2;"),
        ("int w = get(a, b)->warpSize;", "int w = 32;"),
        ('printf("%d", p.warpSize);', 'printf("%d", p.warpSize);'),
        ("p.warpSize = 4;", "p.warpSize = 4;"),
        ("e = cudaDeviceGetAttribute(&w, cudaDevAttrWarpSize, 0);", "e = (*(&w) = 32, hipSuccess);"),
    ],
)
def test_a_devices_lane_width_on_the_host(text: str, expected: str) -> None:
    assert f"void f() {{ {expected} }}" in translate(f"void f() {{ {text} }}").text


def test_a_mask_from_the_active_lanes_is_only_a_mask() -> None:
    text = translate(kernel("unsigned m = __activemask(); p[0] = __shfl_sync(m, p[1], 0);")).text
    assert "unsigned m = falconc_active32(); p[0] = __shfl(p[1], 0, 32);" in text


@pytest.mark.parametrize(
    "body",
    [
        "float old = p[0], seen; do { seen = old; old = atomicCAS(q, seen, n); } while (seen != old);",
        "if (threadIdx.x == 0) { while (atomicCAS(q, 0, 1) != 0) {} p[0] += 1; atomicExch(q, 0); }",
    ],
)
def test_loops_that_retry_are_not_locks(body: str) -> None:
    assert "atomicCAS" in translate(kernel(body)).text


def test_line_ends_are_kept() -> None:
    source = kernel("unsigned b = __ballot_sync(0xffffffff, n);").replace("\n", "\r\n")
    text = translate(source).text
    assert text.count("\n") == text.count("\r\n")
    back = translate(text, "hip", "cuda").text
    assert back == source


@pytest.mark.parametrize(
    "body",
    [
        "p[0] = __shfl_down_sync(0xffffffff, p[1], 4);",
        "p[0] = __shfl_xor_sync(0xffffffff, p[1], 4, 8);",
        "q[0] = __ballot_sync(0xffffffff, p[1] > 0);",
        "q[0] = __reduce_max_sync(0xffffffff, q[1]) + __match_any_sync(0xff, n);",
        "__syncwarp();",
        "cudaStreamSynchronize(0);",
    ],
)
def test_there_and_back_is_the_same_text(body: str) -> None:
    source = kernel(body)
    assert translate(translate(source).text, "hip", "cuda").text == source


def test_the_include_is_added_where_it_is_missing() -> None:
    text = translate("// a kernel\n#pragma once\n\n__global__ void k(int *p) { p[0] = 1; }\n").text
    assert (
        text == "// a kernel\n#pragma once\n\n#include <hip/hip_runtime.h>\n__global__ void k(int *p) { p[0] = 1; }\n"
    )


def test_every_helper_word_has_its_definition() -> None:
    for name in ("cuda", "hip"):
        table = platform.get(name).words.table
        spelled = {w for k, v in table.items() if k.startswith("kin.lane") for w in v.replace("(", " ").split()}
        for word in spelled:
            if word.startswith("falconc_"):
                assert f"kin.helper.{word}" in table, word


def test_no_word_that_both_dialects_share_is_read_as_something_else() -> None:
    for name, other in (("cuda", "hip"), ("hip", "cuda")):
        words = vocabulary.between(name, other)
        assert not {w for w in words.words if w in words.shared}


def test_a_name_is_the_texts_own_only_where_it_is_visible() -> None:
    text = translate(
        """#include <cuda_runtime.h>
struct Config { int warpSize; };
__global__ void a(int *q) { const int warpSize = 16; q[0] = warpSize; }
__global__ void b(int *q) { q[0] = warpSize; }
__global__ void c(int *q, int warpSize) { q[0] = warpSize; }
__global__ void d(int *q) { { int warpSize = 8; q[0] = warpSize; } q[1] = warpSize; }
"""
    ).text
    assert "{ const int warpSize = 16; q[0] = warpSize; }" in text
    assert "b(int *q) { q[0] = 32; }" in text
    assert "c(int *q, int warpSize) { q[0] = warpSize; }" in text
    assert "{ int warpSize = 8; q[0] = warpSize; } q[1] = 32; }" in text


def test_both_sides_of_a_host_word_exist() -> None:
    tables = [platform.get(n).words.table for n in ("cuda", "hip")]
    prefixes = ("kin.host.", "kin.type.", "kin.error.", "kin.constant.")
    keys = [{k for k in t if k.startswith(prefixes)} for t in tables]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 250
