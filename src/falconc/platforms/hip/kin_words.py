"""How HIP spells what its kin can say too: device words, lanes and headers, keyed neutrally (grammar: kin/forms.py).

The keys that have a meaning of their own are those of every dialect of this kind: laneN.OP, lane.width, helper.NAME,
include.TOPIC, refuse.NAME, note.KEY, reserved. A word that starts with ``falconc_`` is defined under helper.NAME.

Names from the HIP programming guide and the HIP math API reference (ROCm 6.x).
"""

from falconc.platforms.hip.host_words import HOST
from falconc.platforms.hip.library_words import LIBRARIES


def _shuffle(op: str) -> str:
    return f"__shfl{op}($value, $lane, $width=64) | __shfl{op}_sync($mask64, $value, $lane, $width=64)"


_LANES: dict[str, str] = {
    "lane.width": "warpSize | __AMDGCN_WAVEFRONT_SIZE | __AMDGCN_WAVEFRONT_SIZE__ | C10_WARP_SIZE"
    " | HIPCUB_DEVICE_WARP_THREADS | HIPCUB_WARP_THREADS",
    **{f"lane{n}.shuffle{op}": _shuffle(op) for n in (32, 64) for op in ("", "_up", "_down", "_xor")},
    "lane32.ballot": "falconc_ballot32($mask, $predicate)",
    "lane32.any": "falconc_any32($mask, $predicate)",
    "lane32.all": "falconc_all32($mask, $predicate)",
    "lane32.active": "falconc_active32()",
    "lane32.sync": "falconc_syncwarp()",
    "lane32.match_any": "falconc_match_any32($mask, $value)",
    "lane32.match_all": "falconc_match_all32($mask, $value, $result)",
    **{
        f"lane32.reduce_{op}": f"falconc_reduce_{op}32($mask, $value)"
        for op in ("add", "min", "max", "and", "or", "xor")
    },
    "lane64.ballot": "__ballot($predicate) | __ballot_sync($mask64, $predicate)"
    " | __builtin_amdgcn_ballot_w64($predicate)",
    "lane64.any": "__any($predicate) | __any_sync($mask64, $predicate)",
    "lane64.all": "__all($predicate) | __all_sync($mask64, $predicate)",
    "lane64.index": "__lane_id()",
    "lane64.sync": "__builtin_amdgcn_wave_barrier() | __syncwarp($mask64=-1)",
    "lane64.first": "__builtin_amdgcn_readfirstlane($value)",
    "lane64.read": "__builtin_amdgcn_readlane($value, $lane)",
    "lane64.permute": "__builtin_amdgcn_ds_bpermute($address, $value)",
    "lane64.below_low": "__builtin_amdgcn_mbcnt_lo($mask, $base)",
    "lane64.below_high": "__builtin_amdgcn_mbcnt_hi($mask, $base)",
    **{f"lane{n}.tile": "cooperative_groups::tiled_partition<$width>" for n in (32, 64)},
    **{f"lane{n}.library_reduce": "hipcub::WarpReduce<$type, $width=64>" for n in (32, 64)},
    **{f"lane{n}.library_scan": "hipcub::WarpScan<$type, $width=64>" for n in (32, 64)},
    "sync.block": "-> __syncthreads() | __builtin_amdgcn_s_barrier()",
    "fence.wave": '__builtin_amdgcn_fence($order, "wavefront")',
    "fence.block": '__builtin_amdgcn_fence($order, "workgroup")',
    "fence.device": '__builtin_amdgcn_fence($order, "agent")',
    "fence.system": '__builtin_amdgcn_fence($order, "")',
    "wait.pause": "-> __builtin_amdgcn_s_sleep(8) | __builtin_amdgcn_s_sleep($duration)",
    "note.wait.pause": "the time is not kept: it only lets others run",
}

_BALLOT = """\
// The votes of a logical warp of 32 lanes; a wave of 64 holds two of them side by side.
static __device__ inline unsigned int falconc_ballot32(unsigned int mask, int predicate) {
  return (unsigned int)(__ballot(predicate) >> (__lane_id() & 32u)) & mask;
}"""

_ANY = """\
// Whether some lane of a logical warp of 32, among those in mask, votes yes.
static __device__ inline int falconc_any32(unsigned int mask, int predicate) {
  return falconc_ballot32(mask, predicate) != 0;
}"""

_ALL = """\
// Whether every lane of a logical warp of 32, among those in mask, votes yes.
static __device__ inline int falconc_all32(unsigned int mask, int predicate) {
  return falconc_ballot32(mask, !predicate) == 0;
}"""

_ACTIVE = """\
// The lanes of a logical warp of 32 that are here together.
static __device__ inline unsigned int falconc_active32() { return falconc_ballot32(0xffffffff, 1); }"""

_SYNC = """\
// Orders memory between the lanes of a logical warp of 32; they share one wave, which runs in lockstep.
static __device__ inline void falconc_syncwarp() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "wavefront");
  __builtin_amdgcn_wave_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "wavefront");
}"""

_MATCH = """\
// The lanes of a logical warp of 32, among those in mask that are here, that hold the same integer.
template <class T> static __device__ inline unsigned int falconc_match_any32(unsigned int mask, T value) {
  static_assert((T)1.5 == (T)1, "integers only");
  const unsigned int here = falconc_ballot32(mask, 1);
  unsigned int same = 0;
  for (int lane = 0; lane < 32; ++lane) {
    const T other = __shfl(value, lane, 32);
    if ((here >> lane & 1u) && other == value) same |= 1u << lane;
  }
  return same;
}"""

_MATCH_ALL = """\
// The mask, if the lanes of a logical warp of 32 that are in it and here hold the same integer; else 0.
template <class T>
static __device__ inline unsigned int falconc_match_all32(unsigned int mask, T value, int *result) {
  *result = falconc_match_any32(mask, value) == falconc_ballot32(mask, 1);
  *result = falconc_all32(mask, *result);
  return *result ? mask : 0;
}"""


def _reduce(op: str, start: str, step: str, types: tuple[str, ...]) -> str:
    return "\n".join(
        f"""\
// Reduction ({op}) over the lanes of a logical warp of 32 that are in mask and here; each of them gets the result.
static __device__ inline {t} falconc_reduce_{op}32(unsigned int mask, {t} value) {{
  const unsigned int here = falconc_ballot32(mask, 1);
  {t} result = {start};
  for (int lane = 0; lane < 32; ++lane) {{
    const {t} other = __shfl(value, lane, 32);
    if (here >> lane & 1u) result = {step};
  }}
  return result;
}}"""
        for t in types
    )


_GROUP_REDUCE = """\
// Butterfly reduction over a tile of a cooperative group; every thread of the tile gets the result.
template <class Group, class T, class Op>
static __device__ inline T falconc_reduce(const Group &group, T value, Op op) {
  for (unsigned int offset = group.size() / 2; offset > 0; offset /= 2)
    value = op(value, group.shfl_xor(value, offset));
  return value;
}"""


_GROUP_SCAN = """\
// Inclusive scan over a tile of a cooperative group.
template <class Group, class T, class Op>
static __device__ inline T falconc_inclusive_scan(const Group &group, T value, Op op) {
  for (unsigned int offset = 1; offset < group.size(); offset *= 2) {
    const T below = group.shfl_up(value, offset);
    if (group.thread_rank() >= offset) value = op(below, value);
  }
  return value;
}"""

_GROUP_SUM = """\
// Inclusive prefix sum over a tile of a cooperative group.
template <class Group, class T> static __device__ inline T falconc_inclusive_sum(const Group &group, T value) {
  return falconc_inclusive_scan(group, value, falconc_plus<T>());
}"""


def _functor(name: str, value: str) -> str:
    return f"""\
template <class T> struct {name} {{
  __device__ T operator()(T a, T b) const {{ return {value}; }}
}};"""


_DOT4 = """\
// Dot product of four signed bytes, added to c.
static __device__ inline int falconc_dot4(int a, int b, int c) {
  for (int i = 0; i < 32; i += 8) c += (int)(signed char)(a >> i) * (int)(signed char)(b >> i);
  return c;
}
// Dot product of four unsigned bytes, added to c.
static __device__ inline unsigned int falconc_dot4(unsigned int a, unsigned int b, unsigned int c) {
  for (int i = 0; i < 32; i += 8) c += (a >> i & 255u) * (b >> i & 255u);
  return c;
}"""

_HELPERS: dict[str, str] = {
    "helper.falconc_ballot32": _BALLOT,
    "helper.falconc_any32": _ANY,
    "helper.falconc_all32": _ALL,
    "helper.falconc_active32": _ACTIVE,
    "helper.falconc_syncwarp": _SYNC,
    "helper.falconc_match_any32": _MATCH,
    "helper.falconc_match_all32": _MATCH_ALL,
    "helper.falconc_reduce_add32": _reduce("add", "0", "result + other", ("int", "unsigned int")),
    "helper.falconc_reduce_min32": _reduce("min", "value", "other < result ? other : result", ("int", "unsigned int")),
    "helper.falconc_reduce_max32": _reduce("max", "value", "other > result ? other : result", ("int", "unsigned int")),
    "helper.falconc_reduce_and32": _reduce("and", "value", "result & other", ("unsigned int",)),
    "helper.falconc_reduce_or32": _reduce("or", "0", "result | other", ("unsigned int",)),
    "helper.falconc_reduce_xor32": _reduce("xor", "0", "result ^ other", ("unsigned int",)),
    "helper.falconc_reduce": _GROUP_REDUCE,
    "helper.falconc_plus": _functor("falconc_plus", "a + b"),
    "helper.falconc_less": _functor("falconc_less", "b < a ? b : a"),
    "helper.falconc_greater": _functor("falconc_greater", "a < b ? b : a"),
    "helper.falconc_bit_and": _functor("falconc_bit_and", "a & b"),
    "helper.falconc_bit_or": _functor("falconc_bit_or", "a | b"),
    "helper.falconc_bit_xor": _functor("falconc_bit_xor", "a ^ b"),
    "helper.falconc_inclusive_scan": _GROUP_SCAN,
    "helper.falconc_inclusive_sum": _GROUP_SUM,
    "helper.falconc_dot4": _DOT4,
}

_DEVICE: dict[str, str] = {
    **{f"index.block.{x}": f"hipBlockIdx_{x} | __builtin_amdgcn_workgroup_id_{x}()" for x in "xyz"},
    **{f"index.thread.{x}": f"hipThreadIdx_{x} | __builtin_amdgcn_workitem_id_{x}()" for x in "xyz"},
    **{f"extent.block.{x}": f"hipGridDim_{x}" for x in "xyz"},
    **{f"extent.thread.{x}": f"hipBlockDim_{x} | __builtin_amdgcn_workgroup_size_{x}()" for x in "xyz"},
    "lock": "atomicCAS atomicExch",
    "type.bf16": "__hip_bfloat16 | hip_bfloat16",
    "type.bf16x2": "__hip_bfloat162",
    "math.float_to_bf16": "__float2bfloat16",
    "math.infinity.f32": "HIP_INF_F",
    "math.infinity.f64": "HIP_INF",
    "math.nan.f32": "HIP_NAN_F",
    "math.pi.f32": "HIP_PI_F",
    "math.pi.f64": "HIP_PI",
    "math.dot4.add": "falconc_dot4($a, $b, $c)",
    "math.dot4.signed": "__builtin_amdgcn_sdot4($a, $b, $c, false)",
    "math.dot4.unsigned": "__builtin_amdgcn_udot4($a, $b, $c, false)",
    "math.fast.reciprocal": "__builtin_amdgcn_rcpf($x)",
    "math.fast.rsqrt": "__builtin_amdgcn_rsqf($x)",
    "math.fast.sqrt": "__builtin_amdgcn_sqrtf($x)",
    "math.fast.exp2": "__builtin_amdgcn_exp2f($x)",
    "math.fast.log2": "__builtin_amdgcn_logf($x)",
    "math.median": "__builtin_amdgcn_fmed3f($a, $b, $c)",
    "memory.load_global": "(*($pointer))",
    "memory.load_all": "(*($pointer))",
    "memory.load_streaming": "-> (*($pointer)) | __builtin_nontemporal_load($pointer)",
    "memory.load_last_use": "(*($pointer))",
    "memory.load_volatile": "(*($pointer))",
    "memory.store_write_back": "(*($pointer) = ($value))",
    "memory.store_global": "(*($pointer) = ($value))",
    "memory.store_streaming": "-> (*($pointer) = ($value)) | __builtin_nontemporal_store($value, $pointer)",
    "memory.store_write_through": "(*($pointer) = ($value))",
    "note.memory.load_streaming": "the cache hint is dropped",
    "note.memory.store_streaming": "the cache hint is dropped",
    "note.memory.load_volatile": "the cache hint is dropped",
    "atomic.add.block": "-> atomicAdd",
    "atomic.max.block": "-> atomicMax",
    "atomic.min.block": "-> atomicMin",
    "atomic.exchange.block": "-> atomicExch",
    "atomic.cas.block": "-> atomicCAS",
    "group.tile": "cooperative_groups::tiled_partition($group, $size)",
    "group.reduce": "falconc_reduce($group, $value, $op)",
    "group.plus": "falconc_plus",
    "group.less": "falconc_less",
    "group.greater": "falconc_greater",
    "group.bit_and": "falconc_bit_and",
    "group.bit_or": "falconc_bit_or",
    "group.bit_xor": "falconc_bit_xor",
    "group.inclusive_scan": "falconc_inclusive_scan($group, $value, $op)",
    "group.inclusive_sum": "falconc_inclusive_sum($group, $value)",
    "property.lanes": "warpSize",
    "needs.f16": r"__half\w*|half2?|__float2half\w*",
    "needs.bf16": r"__hip_bfloat16\w*",
    "needs.groups": "cooperative_groups",
    "launch_bounds": "__launch_bounds__($threads)",
    "launch_bounds.blocks": "__launch_bounds__($threads, $blocks)",
    "note.launch_bounds.blocks": "the second number counts blocks per multiprocessor in CUDA and waves per SIMD in HIP:"
    " tune it",
    "qualifier.grid_constant": "",
    "macro.compiler": "__HIPCC__ | __HIP__",
    "macro.callback": "",
    "macro.device_pass": "__HIP_DEVICE_COMPILE__",
    "vector.arithmetic": "operators_of_vector_types",
    "trap": "-> abort()",
    "declare.shared_dynamic": "HIP_DYNAMIC_SHARED($type, $name)",
    "launch.call": "hipLaunchKernelGGL($kernel, $grid, $block, $shared, $stream, $...)",
    "launch.name": "HIP_KERNEL_NAME($...)",
    "host.func_set_attribute": "hipFuncSetAttribute(reinterpret_cast<const void *>($function), $...) | "
    "hipFuncSetAttribute($function, $...)",
    "host.memcpy_to_symbol": "hipMemcpyToSymbol(HIP_SYMBOL($symbol), $...) | hipMemcpyToSymbol($symbol, $...)",
    "host.memcpy_to_symbol_async": "hipMemcpyToSymbolAsync(HIP_SYMBOL($symbol), $...) | "
    "hipMemcpyToSymbolAsync($symbol, $...)",
    "host.memcpy_from_symbol": "hipMemcpyFromSymbol($result, HIP_SYMBOL($symbol), $...)"
    " | hipMemcpyFromSymbol($result, $symbol, $...)",
    "host.memcpy_from_symbol_async": "hipMemcpyFromSymbolAsync($result, HIP_SYMBOL($symbol), $...)"
    " | hipMemcpyFromSymbolAsync($result, $symbol, $...)",
    "host.get_symbol_address": "hipGetSymbolAddress($result, HIP_SYMBOL($symbol)) | "
    "hipGetSymbolAddress($result, $symbol)",
    "host.get_symbol_size": "hipGetSymbolSize($result, HIP_SYMBOL($symbol)) | hipGetSymbolSize($result, $symbol)",
    "host.symbol": "HIP_SYMBOL($symbol)",
    "library.cub": "hipcub",
}

_INCLUDES: dict[str, str] = {
    "include.runtime": "<hip/hip_runtime.h> | <hip/hip_runtime_api.h>",
    "include.f16": "<hip/hip_fp16.h>",
    "include.bf16": "<hip/hip_bf16.h> | <hip/hip_bfloat16.h>",
    "include.groups": "<hip/hip_cooperative_groups.h>",
    "include.groups_reduce": "<hip/hip_cooperative_groups.h>",
    "include.groups_scan": "<hip/hip_cooperative_groups.h>",
    "include.constants": "<hip/hip_math_constants.h>",
    "include.vector": "<hip/hip_vector_types.h>",
    "include.profiler": "<hip/hip_runtime_api.h>",
    "include.cub": "<hipcub/hipcub.hpp>",
    "note.include.cub": "needs hipCUB",
}

_REFUSE: dict[str, str] = {
    "refuse.asm": "inline assembly is not translated",
    "refuse.__asm__": "inline assembly is not translated",
    "refuse.amdgpu_flat_work_group_size": "use __launch_bounds__ for the size of a block",
    "refuse.amdgpu_waves_per_eu": "use __launch_bounds__ for the number of waves",
    "refuse.__activemask": "which lanes happen to be together depends on the wave width",
}

# Device functions that this dialect and its kin both have under the same name.
_SAME = """
__syncthreads __syncthreads_count __syncthreads_and __syncthreads_or __threadfence __threadfence_block
__threadfence_system
__ldg __global__ __device__ __host__ __shared__ __constant__ __managed__ __forceinline__ __noinline__
__restrict__ __restrict __align__ __inline__ __attribute__ __volatile__ __const__ __builtin_assume __builtin_expect
__builtin_unreachable __builtin_trap __builtin_nanf __builtin_huge_valf __builtin_inff __builtin_memcpy
__func__ __FILE__ __LINE__ __DATE__ __TIME__ __FUNCTION__ __PRETTY_FUNCTION__ __VA_ARGS__ __cplusplus __COUNTER__
__STDC__ __GNUC__ __clang__ _MSC_VER __has_include __int128 __typeof__ __alignof__ __declspec __linux__ __x86_64__
__expf __exp10f __logf __log2f __log10f __powf __sinf __cosf __tanf __sincosf __fdividef __saturatef __frsqrt_rn
__fadd_rn __fsub_rn __fmul_rn __fdiv_rn __frcp_rn __fsqrt_rn __fmaf_rn __dadd_rn __dsub_rn __dmul_rn __ddiv_rn
__drcp_rn __dsqrt_rn __fma_rn
__popc __popcll __clz __clzll __ffs __ffsll __brev __brevll __byte_perm __funnelshift_l __funnelshift_r
__funnelshift_lc __funnelshift_rc __mul24 __umul24 __mulhi __umulhi __mul64hi __umul64hi __sad __usad __hadd __uhadd
__rhadd __urhadd
__float_as_int __float_as_uint __int_as_float __uint_as_float __double_as_longlong __longlong_as_double
__double2hiint __double2loint __hiloint2double
__float2int_rn __float2int_rz __float2int_ru __float2int_rd __float2uint_rn __float2uint_rz __float2uint_ru
__float2uint_rd __float2ll_rn __float2ll_rz __float2ull_rn __float2ull_rz __int2float_rn __uint2float_rn
__ll2float_rn __ull2float_rn __double2float_rn __double2int_rn __double2int_rz __int2double_rn __uint2double_rn
__half __half2 __half_raw __half2_raw __float2half __float2half_rn __float2half_rz __half2float __float2half2_rn
__floats2half2_rn __half22float2 __float22half2_rn __low2float __high2float __low2half __high2half __low2half2
__high2half2 __lows2half2 __highs2half2 __lowhigh2highlow __half2half2 __halves2half2 __half2int_rn __half2int_rz
__int2half_rn __uint2half_rn __half2uint_rz __short2half_rn __half2short_rz __ushort2half_rn __half2ushort_rz
__half_as_short __half_as_ushort __short_as_half __ushort_as_half
__hadd2 __hsub __hsub2 __hmul __hmul2 __hdiv __h2div __hfma __hfma2 __hneg __hneg2 __habs __habs2 __hmax __hmin
__hmax2 __hmin2 __heq __hne __hlt __hle __hgt __hge __heq2 __hne2 __hlt2 __hle2 __hgt2 __hge2 __hisnan __hisinf
__hadd_sat __hsub_sat __hmul_sat __hfma_sat
__bfloat162float __bfloat1622float2 __float2bfloat162_rn __floats2bfloat162_rn __float22bfloat162_rn
__low2bfloat16 __high2bfloat16 __halves2bfloat162 __bfloat162bfloat162 __low2bfloat162 __high2bfloat162
"""

_GROUP_NAMES = (
    "thread_block thread_block_tile thread_group grid_group this_thread_block this_grid sync thread_rank group_size"
)

_RESERVED = (
    r"(make_)?hip[A-Z_]\w*|HIP_\w+|__HIP\w*|__hip\w*|__AMD\w*|roc(blas|fft|rand|sparse|solver|prim|wmma)\w*"
    r"|hip(blas|fft|rand|sparse|solver)\w*|HIP(BLAS|RAND|FFT|SPARSE)\w*|__gfx\w+__|__GFX\w+__|roctx\w+|miopen\w+"
)

KIN: dict[str, str] = {
    f"kin.{key}": word
    for key, word in {
        **HOST,
        **LIBRARIES,
        **_LANES,
        **_HELPERS,
        **_DEVICE,
        **_INCLUDES,
        **_REFUSE,
        **{f"same.{name}": name for name in _SAME.split()},
        **{f"same.cooperative_groups::{name}": name for name in _GROUP_NAMES.split()},
        "reserved": _RESERVED,
        "reserved.namespace": r"cooperative_groups::\w+|(at|c10)::hip::\w+|rocprim::\w+|hipcub::(Warp|Lane)\w*",
        "reserved.macro": r"HIP_(?!SUCCESS$|VERSION\w*$|[RC]_\d|AD_|ARRAY|LAUNCH_|MEMSET|POINTER_|RESOURCE_|TR\w_)\w+"
        r"|HIP(BLAS|RAND|FFT|SPARSE)_(CHECK|CALL|SAFE)\w*",
        "reserved.header": r"(hip|hipcub|rocprim|rocblas|rocwmma)/.*|(ATen|c10)/hip/.*|thrust/system/hip/.*",
        "reserved.glued": "hip|hipblas|hiprand|HIP_|hipError|hipMemcpy|HIPBLAS_STATUS_",
        "reserved.device": r"__[a-z]\w*",
    }.items()
}
