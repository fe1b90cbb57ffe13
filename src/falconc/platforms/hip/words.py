"""How HIP spells things (keys: see platforms/c_words.py)."""

from __future__ import annotations

from falconc.platform import Words
from falconc.platforms import simt_words
from falconc.platforms.hip.kin_words import KIN

_HOST: dict[str, str] = {
    "host.stream": "hipStream_t",
    "host.error": "hipError_t",
    "host.success": "hipSuccess",
    "host.error_string": "hipGetErrorString",
    "host.last_error": "hipGetLastError",
}

_EMITTED: dict[str, str] = {
    **simt_words.TABLE,
    "type.f16": "__half",
    "type.bf16": "__hip_bfloat16",
    "header.f16": "<hip/hip_fp16.h>",
    "header.bf16": "<hip/hip_bf16.h>",
    "lane.active": "__activemask()",
    **{f"lane.exchange.{width}": f"__shfl({{1}}, {{2}}, {width})" for width in (2, 4, 8, 16, 32, 64)},
}

WORDS = Words(
    table={**KIN, **_EMITTED, **_HOST, **simt_words.host(_HOST, "CHECK_HIP")},
    headers=("<cstdio>", "<cstdlib>", "<hip/hip_runtime.h>"),
)
