"""Words that dialects with thread blocks and ``<<< >>>`` launches share, on top of C's (keys: see c_words.py)."""

from __future__ import annotations

from falconc.platforms import c_words

# How libclang reads these dialects without their SDK: reference of each flag in ARCHITECTURE.md, "Parsing".
PARSE_FLAGS = (
    *("-std=c++17", "-nostdinc", "-nostdinc++", "-x", "cuda", "--cuda-host-only", "--cuda-path=/nonexistent"),
    *("-nocudainc", "-nocudalib", "-Xclang", "-fcuda-allow-variadic-functions"),
)

_AXES = ("x", "y", "z")


def _axes() -> dict[str, str]:
    index = {f"axis.{a}.{c}": f"{a}Idx.{c}" for a in ("block", "thread") for c in _AXES}
    extent = {f"extent.block.{c}": f"gridDim.{c}" for c in _AXES} | {
        f"extent.thread.{c}": f"blockDim.{c}" for c in _AXES
    }
    return index | extent


def _integer_functions() -> dict[str, str]:
    out: dict[str, str] = {}
    for dtype, suffix in (("i32", ""), ("u32", ""), ("i64", "ll"), ("u64", "ll")):
        for function, word in (("popcount", "__popc"), ("clz", "__clz"), ("ffs", "__ffs"), ("brev", "__brev")):
            out[f"math.{function}.{dtype}"] = f"{word}{suffix}({{0}})"
        out |= {f"{op}.{dtype}": f"{op}({{0}}, {{1}})" for op in ("min", "max")}
    return out | {
        "math.mulhi.i32": "__mulhi({0}, {1})",
        "math.mulhi.u32": "__umulhi({0}, {1})",
        "math.mulhi.i64": "__mul64hi({0}, {1})",
        "math.mulhi.u64": "__umul64hi({0}, {1})",
    }


def _atomics() -> dict[str, str]:
    words = {
        "add": ("atomicAdd", ("i32", "u32", "u64", "f32", "f64")),
        "sub": ("atomicSub", ("i32", "u32")),
        "min": ("atomicMin", ("i32", "u32", "i64", "u64")),
        "max": ("atomicMax", ("i32", "u32", "i64", "u64")),
        "and": ("atomicAnd", ("i32", "u32", "u64")),
        "or": ("atomicOr", ("i32", "u32", "u64")),
        "xor": ("atomicXor", ("i32", "u32", "u64")),
        "exchange": ("atomicExch", ("i32", "u32", "u64", "f32")),
        "inc": ("atomicInc", ("u32",)),
        "dec": ("atomicDec", ("u32",)),
    }
    out = {f"atomic.{op}.{t}": f"{word}({{0}}, {{1}})" for op, (word, kinds) in words.items() for t in kinds}
    return out | {f"atomic.cas.{t}": "atomicCAS({0}, {1}, {2})" for t in ("i32", "u32", "u64")}


TABLE: dict[str, str] = {
    **c_words.TABLE,
    **_axes(),
    **_integer_functions(),
    **_atomics(),
    "type.i64": "long long",
    "type.u64": "unsigned long long",
    "math.rsqrt.f32": "rsqrtf({0})",
    "math.rsqrt.f64": "rsqrt({0})",
    "math.sinpi.f32": "sinpif({0})",
    "math.sinpi.f64": "sinpi({0})",
    "math.cospi.f32": "cospif({0})",
    "math.cospi.f64": "cospi({0})",
    "math.normcdf.f32": "normcdff({0})",
    "math.normcdf.f64": "normcdf({0})",
    "bitcast.i32.f32": "__float_as_int({0})",
    "bitcast.u32.f32": "__float_as_uint({0})",
    "bitcast.f32.i32": "__int_as_float({0})",
    "bitcast.f32.u32": "__uint_as_float({0})",
    "bitcast.i64.f64": "__double_as_longlong({0})",
    "bitcast.f64.i64": "__longlong_as_double({0})",
    "kernel.qualifier": "__global__ void",
    "space.shared": "__shared__",
    "space.register": "",
    "barrier.block": "__syncthreads();",
    "pragma.unrolled": "#pragma unroll",
    "launch": "{kernel}<<<{grid}, {block}, {shared}, {stream}>>>({args});",
    "header.integer": "<cstdint>",
    "header.infinity": "<cmath>",
    "reserved": f"{c_words.KEYWORDS} blockIdx threadIdx blockDim gridDim warpSize dim3 half min max",
}

_CHECK = """\
#define {macro}(call)
    do {{
        {error} status_ = (call);
        if (status_ != {success}) {{
            fprintf(stderr, "%s:%d: %s\\n", __FILE__, __LINE__,
                    {message}(status_));
            exit(EXIT_FAILURE);
        }}
    }} while (0)"""


def host(table: dict[str, str], macro: str) -> dict[str, str]:
    """The error check of a dialect, spelled with its host words."""
    text = _CHECK.format(
        macro=macro, error=table["host.error"], success=table["host.success"], message=table["host.error_string"]
    )
    *lines, last = text.splitlines()
    width = max(map(len, lines)) + 1
    return {"check.macro": macro, "check.text": "\n".join([*(f"{line:<{width}}\\" for line in lines), last])}
