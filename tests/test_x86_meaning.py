"""Every x86 definition against the machine's own instruction, on random inputs: all lanes, edge values."""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from falconc import platform
from falconc.emulate import build

INPUTS = 10_000
SIZES = {"__m128": 16, "__m256": 32, "__m512": 64, "__m128i": 16, "__m256i": 32, "__m512i": 64}
FEATURES = {"avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"}
FLAGS = ["-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni"]
# A declaration in the header, possibly produced by a macro: result, name, parameters.
DECLARATION = re.compile(r"inline\s+([\w]+)\s+(_\w+)\s*\(([^)]*)\)\s*\{")
# Immediates to try, by function: hardware wants constants, so each value is its own call.
IMMEDIATES = {"cmp_ps": [0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 17, 18, 29, 30], "cmp_epi32": [0, 1, 2, 4, 5, 6]}
# Gathers need addresses; hints do nothing; the AVX-VNNI encodings need a feature of their own and are aliases here.
NOT_COMPARED = ("gather", "prefetch", "sfence", "_avx_epi32")


def _machine_has_avx512() -> bool:
    info = Path("/proc/cpuinfo")
    flags = re.search(r"^flags\s*:(.*)$", info.read_text(), re.M) if info.exists() else None
    return bool(flags) and set(flags.group(1).split()) >= FEATURES  # type: ignore[union-attr]


def _header() -> Path:
    return platform.get("cpu").folder / "x86.h"


def _declarations() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(result type, name, [(parameter type, name)]) of every intrinsic, from the preprocessed header."""
    emulate = platform.get("cpu").folder.parents[1] / "emulate"
    done = subprocess.run(
        ["g++", "-std=c++17", "-E", "-P", f"-I{emulate}", "-x", "c++", str(_header())],
        capture_output=True,
        text=True,
        check=True,
    )
    found = []
    for result, name, parameters in DECLARATION.findall(done.stdout):
        if name.startswith("_") and not name.startswith("__"):
            pairs = [
                p.strip().rsplit(" ", 1) if "*" not in p else p.strip().rsplit("*", 1) for p in parameters.split(",")
            ]
            types = [
                (p[0].strip() + ("*" if "*" in parameters.split(",")[i] else ""), p[-1]) for i, p in enumerate(pairs)
            ]
            found.append((result, name, types if parameters.strip() else []))
    return found


def _calls(result: str, name: str, parameters: list[tuple[str, str]]) -> list[str]:
    """C++ statements that call ``name`` and store what it gives; several where an immediate is wanted."""
    args: list[list[str]] = []
    vectors = 0
    stored = ""
    for kind, _ in parameters:
        if kind in SIZES:
            args.append([f"get<{kind}>(in + {64 * vectors})"])
            vectors += 1
        elif kind.startswith("__mmask"):
            args.append([f"({kind})get<unsigned long long>(in + 192)"])
        elif kind.endswith("*") and "const" in kind:
            args.append([f"({kind})(in + {64 * vectors})"])
            vectors += 1
        elif kind.endswith("*"):
            args.append([f"({kind})out"])
            stored = "yes"
        elif kind in ("float", "signed char", "short") or (kind in ("int", "unsigned") and "set" in name):
            args.append([f"get<{kind}>(in + {4 * len(args)})"])
        elif kind in ("int", "unsigned"):
            key = next((k for k in IMMEDIATES if k in name), "")
            few = (
                [0, 1, 5, 31, 32]
                if "slli" in name or "srli" in name or "srai" in name
                else [0, 1, 2, 3, 0x1B, 0x4E, 0xB1]
            )
            bound = 4 if "extract" in name or "insert" in name else 999
            if "256_extract" in name or "insertf128" in name or "32x8" in name or "64x4" in name:
                bound = 2
            args.append([str(v) for v in (IMMEDIATES[key] if key else [f for f in few if f < bound])])
        else:
            return []
    calls = [""]
    for choices in args:
        calls = [c + ("," if c else "") + choice for c in calls for choice in choices]
    return [f"{name}({c});" if stored or result == "void" else f"put(out, {name}({c}));" for c in calls]


PRELUDE = """
#ifdef REAL
#include <immintrin.h>
#else
#include "x86.h"
#endif
template <class T> static T get(const unsigned char *p) { T v; __builtin_memcpy(&v, p, sizeof v); return v; }
template <class T> static void put(unsigned char *p, T v) { __builtin_memcpy(p, &v, sizeof v); }
typedef unsigned char byte;
"""


def _build(tmp_path: Path, functions: list[str], real: bool) -> ctypes.CDLL:
    emulate = platform.get("cpu").folder.parents[1] / "emulate"
    source = tmp_path / ("real.cpp" if real else "ours.cpp")
    source.write_text(PRELUDE + "\n".join(functions))
    library = source.with_suffix(".so")
    flags = ["-DREAL", "-fpermissive", *FLAGS] if real else ["-mavx2", "-mfma"]
    command = [
        "g++",
        "-std=c++17",
        "-O1",
        "-w",
        "-shared",
        "-fPIC",
        "-ffp-contract=off",
        "-fno-strict-aliasing",
        *flags,
    ]
    linked = [] if real else [str(build.runtime()), "-ldl"]
    includes = [f"-I{emulate}", f"-I{_header().parent}", "-Wno-psabi"]
    subprocess.run([*command, *includes, str(source), *linked, "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def _random_inputs(rng: np.random.Generator, floats: bool) -> np.ndarray:
    """INPUTS rows of 256 bytes: three registers and a mask. Edge values are mixed in."""
    if not floats:
        data = rng.integers(0, 256, (INPUTS, 256), dtype=np.uint8)
        edges = rng.random((INPUTS, 64)) < 0.1
        words = data.view(np.uint32)
        words[edges] = rng.choice(
            np.array([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7F7F7F7F, 0x80808080], np.uint32), edges.sum()
        )
        return data
    values = (rng.standard_normal((INPUTS, 64)) * 10.0 ** rng.integers(-3, 4, (INPUTS, 64))).astype(np.float32)
    edges = rng.random((INPUTS, 64)) < 0.1
    values[edges] = rng.choice(
        np.array([0, -0.0, 1, -1, 0.5, -2.5, 2**31, -(2**31), 3e38, 1e-40, np.inf, -np.inf], np.float32), edges.sum()
    )
    values[:, 48:] = rng.integers(0, 2**31, (INPUTS, 16)).astype(np.uint32).view(np.float32)
    return values.view(np.uint8)


def _same(a: np.ndarray, b: np.ndarray, floats: bool) -> np.ndarray:
    """Rows that agree; two NaNs agree whatever their payload."""
    if not floats:
        return (a == b).all(axis=1)
    x, y = a.view(np.float32), b.view(np.float32)
    return ((a.view(np.uint32) == b.view(np.uint32)) | (np.isnan(x) & np.isnan(y))).all(axis=1)


# Defined only for inputs without NaN or mixed-sign zeros: the vendor leaves the order of the reduction open.
ORDER_FREE = ("reduce_max_ps", "reduce_min_ps")


@pytest.mark.skipif(not _machine_has_avx512(), reason="no AVX-512 VNNI on this machine")
def test_every_definition_equals_the_instruction(tmp_path: Path) -> None:
    declarations = [d for d in _declarations() if not any(word in d[1] for word in NOT_COMPARED)]
    assert len(declarations) > 300
    bodies, kinds = [], []
    for result, name, parameters in declarations:
        for call in _calls(result, name, parameters):
            floats = any(k in ("__m128", "__m256", "__m512", "float", "const float*", "float*") for k, _ in parameters)
            bodies.append(
                f'extern "C" void f{len(bodies)}(const byte *in, byte *out, long n) '
                f"{{ for (long t = 0; t < n; ++t, in += 256, out += 64) {{ {call} }} }}"
            )
            kinds.append((name, call, floats, result in ("__m128", "__m256", "__m512", "float", "void") and floats))
    ours, real = _build(tmp_path, bodies, False), _build(tmp_path, bodies, True)
    rng = np.random.default_rng(7)
    inputs = {floats: _aligned(_random_inputs(rng, floats)) for floats in (False, True)}
    wrong = []
    for k, (name, call, floats, float_result) in enumerate(kinds):
        data = inputs[floats]
        if any(o in name for o in ORDER_FREE):
            data = _aligned(np.abs(np.nan_to_num(data.view(np.float32), posinf=1, neginf=1)).view(np.uint8) | 1)
        outs = [_aligned(np.zeros((INPUTS, 64), np.uint8)) for _ in range(2)]
        for library, out in ((ours, outs[0]), (real, outs[1])):
            getattr(library, f"f{k}")(
                ctypes.c_void_p(data.ctypes.data), ctypes.c_void_p(out.ctypes.data), ctypes.c_long(INPUTS)
            )
        if not _same(outs[0], outs[1], float_result).all():
            wrong.append((name, call))
    assert not wrong, wrong


def _aligned(array: np.ndarray) -> np.ndarray:
    """A copy whose data starts on a 64-byte boundary."""
    raw = np.empty(array.nbytes + 64, np.uint8)
    start = -raw.ctypes.data % 64
    view = raw[start : start + array.nbytes].reshape(array.shape)
    view[...] = array.view(np.uint8)
    return view
