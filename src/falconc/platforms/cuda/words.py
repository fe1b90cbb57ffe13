"""How CUDA C spells things (keys: see platforms/c_words.py)."""

from __future__ import annotations

from falconc.platform import Words
from falconc.platforms import simt_words
from falconc.platforms.cuda.kin_words import KIN

_HOST: dict[str, str] = {
    "host.stream": "cudaStream_t",
    "host.error": "cudaError_t",
    "host.success": "cudaSuccess",
    "host.error_string": "cudaGetErrorString",
    "host.last_error": "cudaGetLastError",
}

_EMITTED: dict[str, str] = {
    **simt_words.TABLE,
    "type.f16": "__half",
    "type.bf16": "__nv_bfloat16",
    "header.f16": "<cuda_fp16.h>",
    "header.bf16": "<cuda_bf16.h>",
    "atomic.add.f16": "atomicAdd({0}, {1})",
    "barrier.warp": "__syncwarp();",
    "lane.active": "__activemask()",
    **{f"lane.exchange.{width}": f"__shfl_sync({{0}}, {{1}}, {{2}}, {width})" for width in (2, 4, 8, 16, 32)},
}

WORDS = Words(
    table={**KIN, **_EMITTED, **_HOST, **simt_words.host(_HOST, "CHECK_CUDA")},
    headers=("<cstdio>", "<cstdlib>", "<cuda_runtime.h>"),
)
