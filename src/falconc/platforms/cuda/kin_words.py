"""How CUDA C spells what its kin can say too: device words, lanes and headers, keyed neutrally (grammar: kin/forms.py).

Keys with a meaning of their own:
    laneN.OP       an operation on a group of N lanes
    lane.width     the built-in constant
    helper.NAME    definition of a device function that other words here use; put into the text once
    include.TOPIC  header names
    refuse.NAME    a name that is never translated, and why
    note.KEY       what to tell the user when KEY is written
    lock           functions that take a lock when their operands are constants
    reserved       names of this form belong to the dialect: an unknown one is an error, not somebody's own function

Names from the CUDA C++ programming guide (12.x) and the CUDA math API reference.
"""

from falconc.platforms.cuda.host_words import HOST
from falconc.platforms.cuda.library_words import LIBRARIES

_LANES: dict[str, str] = {
    "lane.width": "warpSize | C10_WARP_SIZE | CUB_PTX_WARP_THREADS | cub::CUB_PTX_WARP_THREADS",
    "lane.progress": "independent_thread_scheduling",
    "lane32.shuffle": "__shfl_sync($mask=0xffffffff, $value, $lane, $width=32)",
    "lane32.shuffle_up": "__shfl_up_sync($mask=0xffffffff, $value, $lane, $width=32)",
    "lane32.shuffle_down": "__shfl_down_sync($mask=0xffffffff, $value, $lane, $width=32)",
    "lane32.shuffle_xor": "__shfl_xor_sync($mask=0xffffffff, $value, $lane, $width=32)",
    "lane32.ballot": "__ballot_sync($mask, $predicate)",
    "lane32.any": "__any_sync($mask, $predicate)",
    "lane32.all": "__all_sync($mask, $predicate)",
    "lane32.active": "__activemask()",
    "lane32.sync": "__syncwarp($mask=0xffffffff)",
    "lane32.reduce_add": "__reduce_add_sync($mask, $value)",
    "lane32.reduce_min": "__reduce_min_sync($mask, $value)",
    "lane32.reduce_max": "__reduce_max_sync($mask, $value)",
    "lane32.reduce_and": "__reduce_and_sync($mask, $value)",
    "lane32.reduce_or": "__reduce_or_sync($mask, $value)",
    "lane32.reduce_xor": "__reduce_xor_sync($mask, $value)",
    "lane32.match_any": "__match_any_sync($mask, $value)",
    "lane32.match_all": "__match_all_sync($mask, $value, $result)",
    "lane32.tile": "cooperative_groups::tiled_partition<$width>",
    "lane32.library_reduce": "cub::WarpReduce<$type, $width=32>",
    "lane32.library_scan": "cub::WarpScan<$type, $width=32>",
    "lane64.shuffle": "falconc_shfl64($value, $lane, $width=64)",
    "lane64.shuffle_up": "falconc_shfl64_up($value, $lane, $width=64)",
    "lane64.shuffle_down": "falconc_shfl64_down($value, $lane, $width=64)",
    "lane64.shuffle_xor": "falconc_shfl64_xor($value, $lane, $width=64)",
    "lane64.ballot": "falconc_ballot64($predicate)",
    "lane64.any": "falconc_any64($predicate)",
    "lane64.all": "falconc_all64($predicate)",
    "lane64.index": "falconc_lane64()",
    "lane64.sync": "-> __syncthreads()",
    "lane64.first": "-> falconc_shfl64($value, 0)",
    "lane64.read": "-> falconc_shfl64($value, $lane)",
    "lane64.permute": "-> falconc_shfl64((int)($value), (unsigned int)($address) >> 2)",
    "lane64.below_low": "falconc_below_low($mask, $base)",
    "lane64.below_high": "falconc_below_high($mask, $base)",
    "sync.block": "-> __syncthreads()",
    "fence.wave": "-> __threadfence_block()",
    "fence.block": "-> __threadfence_block()",
    "fence.device": "-> __threadfence()",
    "fence.system": "-> __threadfence_system()",
    "wait.pause": "__nanosleep($duration)",
    "launch.nested": "kernel in kernel",
}

_THREAD = """\
// Linear index of this thread in its block.
static __device__ inline unsigned int falconc_thread() {
  return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
}"""

_LANE = """\
// Which of 64 lanes this thread is.
static __device__ inline unsigned int falconc_lane64() { return falconc_thread() & 63u; }"""

_EXCHANGE = """\
// The value of thread `source` of the block, through shared memory (64 lanes span two warps here); its own value where
// there is no such thread. Every thread of the block must get here.
template <class T> static __device__ inline T falconc_exchange64(T value, unsigned int source) {
  __shared__ T slots[1024];
  const unsigned int self = falconc_thread();
  slots[self] = value;
  __syncthreads();
  const T result = slots[source < blockDim.x * blockDim.y * blockDim.z ? source : self];
  __syncthreads();
  return result;
}"""


def _shuffle(name: str, source: str, what: str) -> str:
    return f"""\
// {what}, in groups of `width` lanes of 64. Every thread of the block must get here.
template <class T> static __device__ inline T {name}(T value, unsigned int lane, unsigned int width = 64) {{
  const unsigned int self = falconc_thread();
  return falconc_exchange64(value, {source});
}}"""


_BALLOT = """\
// One bit for each of 64 lanes, which span two warps here. Every thread of the block must get here.
static __device__ inline unsigned long long falconc_ballot64(int predicate) {
  __shared__ unsigned int votes[32];
  const unsigned int self = falconc_thread();
  const unsigned int warps = (blockDim.x * blockDim.y * blockDim.z + 31) / 32;
  const unsigned int vote = __ballot_sync(0xffffffff, predicate);
  if ((self & 31u) == 0) votes[self / 32] = vote;
  __syncthreads();
  const unsigned int low = self / 64 * 2;
  const unsigned long long high = low + 1 < warps ? votes[low + 1] : 0u;
  const unsigned long long result = (high << 32) | votes[low];
  __syncthreads();
  return result;
}"""

_ANY = """\
// Whether some lane of 64 votes yes. Every thread of the block must get here.
static __device__ inline int falconc_any64(int predicate) { return falconc_ballot64(predicate) != 0; }"""

_ALL = """\
// Whether every lane of 64 votes yes. Every thread of the block must get here.
static __device__ inline int falconc_all64(int predicate) { return falconc_ballot64(!predicate) == 0; }"""

_BELOW_LOW = """\
// base and how many bits of mask belong to lanes below this one, among the lower 32 of 64 lanes.
static __device__ inline unsigned int falconc_below_low(unsigned int mask, unsigned int base) {
  const unsigned int lane = falconc_lane64();
  return base + __popc(lane < 32 ? mask & ((1u << lane) - 1) : mask);
}"""

_BELOW_HIGH = """\
// base and how many bits of mask belong to lanes below this one, among the upper 32 of 64 lanes.
static __device__ inline unsigned int falconc_below_high(unsigned int mask, unsigned int base) {
  const unsigned int lane = falconc_lane64();
  return base + (lane < 32 ? 0 : __popc(mask & ((1u << (lane - 32)) - 1)));
}"""

_MEDIAN = """\
// The middle one of three values.
static __device__ inline float falconc_median(float a, float b, float c) {
  return fmaxf(fminf(a, b), fminf(fmaxf(a, b), c));
}"""

_HELPERS: dict[str, str] = {
    "helper.falconc_thread": _THREAD,
    "helper.falconc_lane64": _LANE,
    "helper.falconc_exchange64": _EXCHANGE,
    "helper.falconc_shfl64": _shuffle(
        "falconc_shfl64", "(self & ~(width - 1)) + (lane & (width - 1))", "The value of lane `lane`"
    ),
    "helper.falconc_shfl64_up": _shuffle(
        "falconc_shfl64_up", "(self & (width - 1)) >= lane ? self - lane : self", "The value from `lane` lanes below"
    ),
    "helper.falconc_shfl64_down": _shuffle(
        "falconc_shfl64_down",
        "(self & (width - 1)) + lane < width ? self + lane : self",
        "The value from `lane` lanes above",
    ),
    "helper.falconc_shfl64_xor": _shuffle(
        "falconc_shfl64_xor",
        "((self & (width - 1)) ^ lane) < width ? (self ^ lane) : self",
        "The value of the lane whose number differs in the bits of `lane`",
    ),
    "helper.falconc_ballot64": _BALLOT,
    "helper.falconc_any64": _ANY,
    "helper.falconc_all64": _ALL,
    "helper.falconc_below_low": _BELOW_LOW,
    "helper.falconc_below_high": _BELOW_HIGH,
    "helper.falconc_median": _MEDIAN,
}

_DEVICE: dict[str, str] = {
    **{f"index.{a}.{x}": f"-> {a}Idx.{x}" for a in ("block", "thread") for x in "xyz"},
    **{f"extent.block.{x}": f"-> gridDim.{x}" for x in "xyz"},
    **{f"extent.thread.{x}": f"-> blockDim.{x}" for x in "xyz"},
    "lock": "atomicCAS atomicExch",
    "type.bf16": "__nv_bfloat16 | nv_bfloat16",
    "type.bf16x2": "__nv_bfloat162 | nv_bfloat162",
    "math.float_to_bf16": "__float2bfloat16 | __float2bfloat16_rn",
    "math.infinity.f32": "CUDART_INF_F",
    "math.infinity.f64": "CUDART_INF",
    "math.nan.f32": "CUDART_NAN_F",
    "math.pi.f32": "CUDART_PI_F",
    "math.pi.f64": "CUDART_PI",
    "math.dot4.add": "__dp4a($a, $b, $c)",
    "math.dot4.signed": "-> __dp4a((int)($a), (int)($b), (int)($c))",
    "math.dot4.unsigned": "-> __dp4a((unsigned int)($a), (unsigned int)($b), (unsigned int)($c))",
    "math.fast.reciprocal": "-> __frcp_rn($x)",
    "math.fast.rsqrt": "-> rsqrtf($x)",
    "math.fast.sqrt": "-> sqrtf($x)",
    "math.fast.exp2": "-> exp2f($x)",
    "math.fast.log2": "-> __log2f($x)",
    "math.median": "falconc_median($a, $b, $c)",
    "memory.load_global": "__ldcg($pointer)",
    "memory.load_all": "__ldca($pointer)",
    "memory.load_streaming": "__ldcs($pointer)",
    "memory.load_last_use": "__ldlu($pointer)",
    "memory.load_volatile": "__ldcv($pointer)",
    "memory.store_write_back": "__stwb($pointer, $value)",
    "memory.store_global": "__stcg($pointer, $value)",
    "memory.store_streaming": "__stcs($pointer, $value)",
    "memory.store_write_through": "__stwt($pointer, $value)",
    "atomic.add.block": "atomicAdd_block",
    "atomic.max.block": "atomicMax_block",
    "atomic.min.block": "atomicMin_block",
    "atomic.exchange.block": "atomicExch_block",
    "atomic.cas.block": "atomicCAS_block",
    "group.tile": "cooperative_groups::tiled_partition($group, $size)",
    "group.reduce": "cooperative_groups::reduce($group, $value, $op)",
    "group.plus": "cooperative_groups::plus",
    "group.less": "cooperative_groups::less",
    "group.greater": "cooperative_groups::greater",
    "group.bit_and": "cooperative_groups::bit_and",
    "group.bit_or": "cooperative_groups::bit_or",
    "group.bit_xor": "cooperative_groups::bit_xor",
    "group.inclusive_scan": "cooperative_groups::inclusive_scan($group, $value, $op)",
    "group.inclusive_sum": "cooperative_groups::inclusive_scan($group, $value)",
    "property.lanes": "warpSize",
    "needs.f16": r"__half\w*|half2?|__float2half\w*",
    "needs.bf16": r"__nv_bfloat16\w*",
    "needs.groups": "cooperative_groups",
    "needs.groups_reduce": r"group\.(reduce|plus|less|greater|bit_\w+)",
    "needs.groups_scan": r"group\.inclusive_\w+",
    "launch_bounds": "__launch_bounds__($threads)",
    "launch_bounds.blocks": "__launch_bounds__($threads, $blocks)",
    "note.launch_bounds.blocks": "the second number counts blocks per multiprocessor in CUDA and waves per SIMD in HIP:"
    " tune it",
    "qualifier.grid_constant": "__grid_constant__",
    "macro.compiler": "__CUDACC__ | __NVCC__",
    "macro.callback": "CUDART_CB",
    "macro.device_pass": "__CUDA_ARCH__",
    "trap": "__trap()",
    "declare.shared_dynamic": "extern __shared__ $type $name[]",
    "launch.call": "$kernel<<<$grid, $block, $shared, $stream>>>($...)",
    "launch.name": "$...",
    "host.func_set_attribute": "cudaFuncSetAttribute($function, $...)",
    "host.memcpy_to_symbol": "cudaMemcpyToSymbol($symbol, $...)",
    "host.memcpy_to_symbol_async": "cudaMemcpyToSymbolAsync($symbol, $...)",
    "host.memcpy_from_symbol": "cudaMemcpyFromSymbol($result, $symbol, $...)",
    "host.memcpy_from_symbol_async": "cudaMemcpyFromSymbolAsync($result, $symbol, $...)",
    "host.get_symbol_address": "cudaGetSymbolAddress($result, $symbol)",
    "host.get_symbol_size": "cudaGetSymbolSize($result, $symbol)",
    "host.symbol": "$symbol",
    "library.cub": "cub",
}

_INCLUDES: dict[str, str] = {
    "include.runtime": "<cuda_runtime.h> | <cuda.h> | <cuda_runtime_api.h> | <device_launch_parameters.h>"
    " | <device_functions.h> | <cuda_device_runtime_api.h> | <sm_30_intrinsics.h> | <math_functions.h>",
    "include.f16": "<cuda_fp16.h> | <cuda_fp16.hpp>",
    "include.bf16": "<cuda_bf16.h>",
    "include.groups": "<cooperative_groups.h>",
    "include.groups_reduce": "<cooperative_groups/reduce.h>",
    "include.groups_scan": "<cooperative_groups/scan.h>",
    "include.constants": "<math_constants.h>",
    "include.vector": "<vector_types.h> | <vector_functions.h>",
    "include.profiler": "<cuda_profiler_api.h>",
    "include.cub": "<cub/cub.cuh>",
}

_MATRIX = "matrix instructions are not translated yet"
_ARRIVAL = "which lanes happen to be together depends on the wave width"

_REFUSE: dict[str, str] = {
    "refuse.asm": "inline assembly is not translated",
    "refuse.__asm__": "inline assembly is not translated",
    "refuse.nvcuda": _MATRIX,
    "refuse.wmma": _MATRIX,
    "refuse.<mma.h>": _MATRIX,
    "refuse.<cuda_pipeline.h>": "asynchronous copies are not translated",
    "refuse.<cuda/pipeline>": "asynchronous copies are not translated",
    "refuse.<cuda/barrier>": "barrier objects are not translated",
    "refuse.<cuda_fp8.h>": "8-bit floats are not translated",
    "refuse.cooperative_groups::memcpy_async": "asynchronous copies are not translated",
    "refuse.cooperative_groups::coalesced_threads": _ARRIVAL,
    "refuse.cooperative_groups::labeled_partition": _ARRIVAL,
    "refuse.cooperative_groups::binary_partition": _ARRIVAL,
    "refuse.cooperative_groups::this_cluster": "thread block clusters are not translated",
    "refuse.__cluster_dims__": "thread block clusters are not translated",
    **{
        f"refuse.__shfl{op}": "it was removed in Volta; which lanes take part is not known"
        for op in ("", "_up", "_down", "_xor")
    },
    **{
        f"refuse.__{op}": "it was removed in Volta; which lanes take part is not known"
        for op in ("ballot", "any", "all")
    },
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
    r"(make_)?cuda[A-Z_]\w*|CUDA_\w+|CUDART_\w+|__CUDA\w*|__NV\w+|nv(cuda|rtc|tx|ml)\w*"
    r"|cu(blas|dnn|fft|rand|sparse|solver|tensor|tlass)\w*|CU(BLAS|DNN|FFT|RAND|SPARSE)\w*"
    r"|cu(Launch|Module|Mem|Ctx|Device|Stream|Event|Init|Func|Get)\w+|CU(deviceptr|module|function|context|result)\w*"
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
        "reserved.namespace": r"cooperative_groups::\w+|(at|c10)::cuda::\w+|cuda::\w+(::\w+)*"
        r"|cub::(Warp|Lane|CTA|PTX|Ptx|Shuffle)\w*",
        "reserved.macro": r"CUDA_(?!SUCCESS$|VERSION$|[RC]_\d|ERROR_|ARRAY|LAUNCH_|KERNEL_NODE|MEM|POINTER_|RESOURCE_"
        r"|TEXTURE_|EXTERNAL_)\w+|CU(BLAS|RAND|FFT|SPARSE|DNN)_(CHECK|CALL|SAFE)\w*",
        "reserved.header": r"(cuda|cub|nv|cooperative_groups)/.*|(ATen|c10)/cuda/.*|thrust/system/cuda/.*",
        "reserved.glued": "cuda|cu|cublas|curand|CUDA_|cudaError|cudaMemcpy|CUBLAS_STATUS_",
        "reserved.device": r"__[a-z]\w*",
    }.items()
}
