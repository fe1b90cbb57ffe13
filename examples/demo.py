"""Translates the kernels beside this file in five directions, verifies each, and shows what falconc says."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parent / "build" / "demo"
JOBS = (
    ("gemm_tiled.cu", "hip", "gemm_tiled.hip"),
    ("gemm_tiled.cu", "cpu", "gemm_tiled.c"),
    ("softmax_rows.hip", "cuda", "softmax_rows.cu"),
    ("layernorm.c", "cuda", "layernorm.cu"),
    ("layernorm.c", "hip", "layernorm.hip"),
)


def main() -> int:
    """Exit code 0 if every verdict was Tested or better."""
    OUT.mkdir(parents=True, exist_ok=True)
    start, codes = time.perf_counter(), list[int]()
    for source, target, output in JOBS:
        shown = ["translate", f"examples/{source}", "--to", target, "-o", f"build/demo/{output}"]
        print(f"$ falconc {' '.join(shown)}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", "falconc", *shown], cwd=HERE.parent, check=False).returncode)
        print(flush=True)
    good = codes.count(0)
    print(f"{good} of {len(codes)} translations verified in {time.perf_counter() - start:.0f} s; see build/demo")
    return 0 if good == len(codes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
