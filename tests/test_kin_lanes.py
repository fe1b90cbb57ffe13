"""Lane groups keep their meaning on the other width: each kernel is translated and verified at the target's own width."""

# ruff: noqa: E501 (kernels)
from __future__ import annotations

import pytest

from falconc import frontend, kin, platform, verify
from falconc.source import Source

HEAD = {"cuda": "#include <cuda_runtime.h>\n", "hip": "#include <hip/hip_runtime.h>\n"}


def unit(text: str, name: str) -> frontend.Unit:
    return frontend.load(Source(f"k{platform.get(name).suffixes[0]}", text), platform.get(name))


def twin(text: str, origin: str) -> str:
    target = "hip" if origin == "cuda" else "cuda"
    return kin.translate(unit(text, origin), platform.get(target)).text


def verdict(source: str, origin: str, text: str) -> verify.Verdict:
    target = "hip" if origin == "cuda" else "cuda"
    a = frontend.instance(unit(source, origin), "k")
    b = frontend.instance(unit(text, target), "k", "", a.kernel.launch)
    assert (a.platform.lane_width, b.platform.lane_width) in ((32, 64), (64, 32))
    return verify.equivalent(a, b)


def kernel(body: str, block: str = "96", before: str = "", kind: str = "int") -> str:
    """A kernel over blocks that are not a multiple of 64 threads, so that the last wave is a half one."""
    return (
        f"// falconc: kernel=k grid=(n+{_threads(block) - 1})/{_threads(block)} block={block}\n{before}\n"
        f"__global__ void k(const {kind} *in, {kind} *out, int n) {{\n"
        "  const int t = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);\n"
        "  const int i = blockIdx.x * blockDim.x * blockDim.y * blockDim.z + t;\n"
        f"  {kind} v = i < n ? in[i] : 0, r = 0;\n  {body}\n  if (i < n) out[i] = r;\n}}\n"
    )


def _threads(block: str) -> int:
    out = 1
    for part in block.split(","):
        out *= int(part)
    return out


FROM_32 = {
    "shuffle": "r = __shfl_sync(0xffffffff, v, 3);",
    "shuffle past the group": "r = __shfl_sync(0xffffffff, v, 37);",
    "shuffle down": "r = v + __shfl_down_sync(0xffffffff, v, 16);",
    "shuffle up": "r = v - __shfl_up_sync(0xffffffff, v, 1);",
    "shuffle xor": "r = __shfl_xor_sync(0xffffffff, v, 31);",
    "narrow shuffle": "r = __shfl_down_sync(0xffffffff, v, 2, 8);",
    "sum of a warp": "for (int o = 16; o; o >>= 1) v += __shfl_xor_sync(~0u, v, o); r = v;",
    "warpSize in a loop": "for (int o = warpSize / 2; o; o >>= 1) v += __shfl_down_sync(0xffffffff, v, o); if (t % warpSize == 0) r = v;",
    "ballot": "const unsigned m = __ballot_sync(0xffffffff, v > 0); r = (int)m;",
    "votes counted": "r = __popc(__ballot_sync(0xffffffff, v > 0));",
    "first voter": "const unsigned m = __ballot_sync(0xffffffff, v > 0); r = m ? __ffs(m) : -1;",
    "last voter": "const unsigned m = __ballot_sync(0xffffffff, v > 0); r = 31 - __clz((int)m);",
    "rank among voters": "const int lane = t & 31; const unsigned m = __ballot_sync(0xffffffff, v > 0); r = __popc(m & ((1u << lane) - 1));",
    "nobody else": "const unsigned m = __ballot_sync(0xffffffff, v > 0); r = m == 0xffffffff ? 1 : ~m == 0xffffffff ? 2 : 3;",
    "any": "r = __any_sync(0xffffffff, v > 100);",
    "all": "r = __all_sync(0xffffffff, v >= 0);",
    "warp index by shift": "__shared__ int first[3]; if ((t & 31) == 0) first[t >> 5] = v; __syncthreads(); r = first[t >> 5];",
    "array of warps": "__shared__ int part[32]; for (int o = 16; o; o /= 2) v += __shfl_down_sync(0xffffffff, v, o); if (t % 32 == 0) part[t / 32] = v; __syncthreads(); r = 0; for (int w = 0; w < blockDim.x / warpSize; ++w) r += part[w];",
    "sync of a warp": "__shared__ int s[96]; s[t] = v; __syncwarp(); r = s[t ^ 1] + s[t & ~31];",
    "sync of one warp of a wave": "__shared__ int s[96]; s[t] = 0; if (t < 32) { s[t] = v; __syncwarp(); r = s[31 - t]; }",
    "one warp of a wave works": "if (t / 32 == 1) { for (int o = 16; o; o >>= 1) v += __shfl_xor_sync(0xffffffff, v, o); r = v; }",
    "loops of different length": "for (int k = 0; k <= t / 32; ++k) r += __shfl_sync(0xffffffff, v, k);",
    "half a warp": "if ((t & 31) < 16) r = __shfl_xor_sync(0x0000ffff, v, 8);",
    "reduce add": "r = __reduce_add_sync(0xffffffff, v & 15);",
    "reduce max": "r = __reduce_max_sync(0xffffffff, v);",
    "reduce or": "r = (int)__reduce_or_sync(0xffffffff, (unsigned)v);",
    "match any": "r = (int)__match_any_sync(0xffffffff, v & 3);",
    "match all": "int same; r = (int)__match_all_sync(0xffffffff, v > 0, &same) + same;",
    "leader takes for all": "const unsigned m = __ballot_sync(0xffffffff, v > 0); const int leader = m ? __ffs(m) - 1 : 0; int got = 0; if ((t & 31) == leader) got = __popc(m) * 10; r = __shfl_sync(0xffffffff, got, leader);",
    "scan": "for (int d = 1; d < 32; d *= 2) { const int below = __shfl_up_sync(0xffffffff, v, d); if ((t & 31) >= d) v += below; } r = v;",
}  # fmt: skip


@pytest.mark.parametrize("name", FROM_32)
def test_groups_of_32_live_in_a_wave_of_64(name: str) -> None:
    source = HEAD["cuda"] + kernel(FROM_32[name])
    got = verdict(source, "cuda", twin(source, "cuda"))
    assert got.name in ("Proved", "Tested"), got.reason


@pytest.mark.parametrize("block", ["16,6", "8,4,3", "48,2"])
@pytest.mark.parametrize("name", ["shuffle", "votes counted", "rank among voters", "sync of a warp"])
def test_lanes_are_linear_in_blocks_of_more_dimensions(name: str, block: str) -> None:
    source = HEAD["cuda"] + kernel(FROM_32[name], block)
    got = verdict(source, "cuda", twin(source, "cuda"))
    assert got.name in ("Proved", "Tested"), got.reason


def test_warp_size_at_compile_time() -> None:
    before = "constexpr int kWarp = 32;\ntemplate <int W> struct Lanes { static constexpr int last = W - 1; };"
    body = "__shared__ int s[96 / kWarp]; if (t % kWarp == Lanes<kWarp>::last) s[t / kWarp] = v; __syncthreads(); r = s[t / kWarp];"
    source = HEAD["cuda"] + kernel(body, before=before)
    got = verdict(source, "cuda", twin(source, "cuda"))
    assert got.name in ("Proved", "Tested"), got.reason


GROUPS = "#include <cooperative_groups.h>\n#include <cooperative_groups/reduce.h>\n#include <cooperative_groups/scan.h>\nnamespace cg = cooperative_groups;"


@pytest.mark.parametrize(
    "body",
    [
        "auto tile = cg::tiled_partition<32>(cg::this_thread_block()); r = cg::reduce(tile, v, cg::plus<int>()) + tile.thread_rank();",
        "auto tile = cg::tiled_partition<8>(cg::this_thread_block()); r = cg::reduce(tile, v, cg::less<int>()) + tile.meta_group_rank();",
        "auto tile = cg::tiled_partition<32>(cg::this_thread_block()); r = __popc(tile.ballot(v > 0)) + tile.any(v > 5) + tile.all(v > 5);",
        "auto tile = cg::tiled_partition<16>(cg::this_thread_block()); r = tile.shfl_down(v, 3) + tile.shfl(v, 0) + tile.shfl_up(v, 1);",
        "auto tile = cg::tiled_partition<32>(cg::this_thread_block()); r = cg::inclusive_scan(tile, v);",
        "auto block = cg::this_thread_block(); __shared__ int s[96]; s[block.thread_rank()] = v; block.sync(); r = s[95 - t];",
        "auto tile = cg::tiled_partition<16>(cg::this_thread_block()); __shared__ int s[96]; s[t] = v; tile.sync(); r = s[t ^ 15];",
    ],
)  # fmt: skip
def test_tiles_of_cooperative_groups(body: str) -> None:
    source = HEAD["cuda"] + kernel(body, before=GROUPS)
    got = verdict(source, "cuda", twin(source, "cuda"))
    assert got.name in ("Proved", "Tested"), got.reason


FROM_64 = {
    "sum of a wave": "for (int o = 32; o; o >>= 1) v += __shfl_xor(v, o); r = v;",
    "warpSize": "for (int o = warpSize / 2; o; o >>= 1) v += __shfl_down(v, o); if (t % warpSize == 0) r = v;",
    "shuffle": "r = __shfl(v, 40) + __shfl(v, t + 1);",
    "shuffle up": "r = __shfl_up(v, 33);",
    "narrow groups": "r = __shfl_xor(v, 5, 8) + __shfl_down(v, 16, 32);",
    "ballot": "const unsigned long long m = __ballot(v > 0); r = __popcll(m) + __ffsll(m);",
    "rank among voters": "const unsigned long long m = __ballot(v > 0); r = __popcll(m & ((1ull << __lane_id()) - 1));",
    "any and all": "r = __any(v > 3) * 2 + __all(v > -5);",
    "wave barrier": "__shared__ int s[128]; s[t] = v; __builtin_amdgcn_fence(__ATOMIC_RELEASE, \"wavefront\"); __builtin_amdgcn_wave_barrier(); r = s[t / 64 * 64];",
    "first lane and any lane": "r = __builtin_amdgcn_readfirstlane(v) + __builtin_amdgcn_readlane(v, 40);",
    "permute": "r = __builtin_amdgcn_ds_bpermute((t ^ 33) << 2, v);",
    "lanes below": "r = __builtin_amdgcn_mbcnt_hi(~0u, __builtin_amdgcn_mbcnt_lo(~0u, 0u)) + v;",
    "voters below": "const unsigned long long m = __builtin_amdgcn_ballot_w64(v > 0); r = __builtin_amdgcn_mbcnt_hi((unsigned)(m >> 32), __builtin_amdgcn_mbcnt_lo((unsigned)m, 0u));",
    "local names": "__shared__ int s[128]; s[__builtin_amdgcn_workitem_id_x()] = v; __builtin_amdgcn_s_barrier(); r = s[__builtin_amdgcn_workgroup_size_x() - 1 - t] + __builtin_amdgcn_sdot4(v, 3, 1, false);",
    "masks of 64 lanes": "r = __shfl_down_sync(0xffffffffffffffffull, v, 32) + __popcll(__ballot_sync(~0ull, v > 0));",
}  # fmt: skip


@pytest.mark.parametrize("name", FROM_64)
def test_groups_of_64_span_two_warps(name: str) -> None:
    source = HEAD["hip"] + kernel(FROM_64[name], "128")
    got = verdict(source, "hip", twin(source, "hip"))
    assert got.name in ("Proved", "Tested"), got.reason


@pytest.mark.parametrize("name", ["sum of a wave", "ballot", "shuffle"])
def test_groups_of_64_in_two_dimensions(name: str) -> None:
    source = HEAD["hip"] + kernel(FROM_64[name], "32,4")
    got = verdict(source, "hip", twin(source, "hip"))
    assert got.name in ("Proved", "Tested"), got.reason


# What replacing words gives: the name changes, the width stays behind.
BY_WORD = {
    "width left out": ("r = __shfl_xor_sync(0xffffffff, v, 16) + __shfl_sync(0xffffffff, v, 0);",
                       "r = __shfl_xor(v, 16) + __shfl(v, 0);"),
    "ballot cut to its lower half": ("const unsigned m = __ballot_sync(0xffffffff, v > 0); r = __popc(m);",
                                     "const unsigned m = __ballot(v > 0); r = __popc(m);"),
    "ballot of the whole wave": ("r = __popc(__ballot_sync(0xffffffff, v > 0));", "r = __popcll(__ballot(v > 0));"),
    "any of the whole wave": ("r = __any_sync(0xffffffff, v > 0);", "r = __any(v > 0);"),
    "all of the whole wave": ("r = __all_sync(0xffffffff, v > 0);", "r = __all(v > 0);"),
    "warpSize is 64 there": ("r = t / warpSize + t % warpSize;", "r = t / warpSize + t % warpSize;"),
    "sum runs over 64": ("for (int o = warpSize / 2; o; o >>= 1) v += __shfl_down_sync(0xffffffff, v, o); r = t % warpSize ? 0 : v;",
                         "for (int o = warpSize / 2; o; o >>= 1) v += __shfl_down(v, o); r = t % warpSize ? 0 : v;"),
    "first voter of the wave": ("r = __ffs(__ballot_sync(0xffffffff, v > 0));", "r = __ffsll(__ballot(v > 0));"),
    "barrier of a warp dropped": ("__shared__ int s[96]; s[t] = v; __syncwarp(); r = s[t ^ 1];",
                                  "__shared__ int s[96]; s[t] = v; r = s[t ^ 1];"),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_WORD)
def test_word_by_word_is_wrong_and_not_what_comes_out(name: str) -> None:
    body, replaced = BY_WORD[name]
    source = HEAD["cuda"] + kernel(body)
    by_word = HEAD["hip"] + kernel(replaced)
    assert verdict(source, "cuda", by_word).name == "Refuted"
    got = verdict(source, "cuda", twin(source, "cuda"))
    assert got.name in ("Proved", "Tested"), got.reason


def test_a_sync_of_one_half_does_not_order_the_other() -> None:
    body = "__shared__ int s[64]; s[t] = v; if (t < 32) { __builtin_amdgcn_wave_barrier(); r = s[t + 32]; }"
    source = HEAD["hip"] + kernel(body, "64")
    defects, _ = verify.check(frontend.instance(unit(source, "hip"), "k"))
    assert "race" in {d.kind for d in defects}
