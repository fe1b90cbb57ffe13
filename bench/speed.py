"""How fast falconc is: `make bench` prints the table, writes bench/results/speed.json and the table in README.md.

Times are medians on the machine at hand, taken in one run; the caches of compiled programs are empty at the start of a
translation, so that what is measured is what a user meets with a new kernel.
"""

from __future__ import annotations

import json
import os
import platform as machine
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from falconc import frontend, platform
from falconc.emulate import sandbox, text
from falconc.errors import FalconcError
from falconc.flow import ALL_KERNELS, Options, translate
from falconc.source import Source

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results" / "speed.json"
_OPEN, _CLOSE = "<!-- bench: speed -->", "<!-- end of bench -->"


def median_seconds(work: Callable[[], object], times: int) -> float:
    out: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        out.append(time.perf_counter() - start)
    return statistics.median(out)


def cases() -> list[tuple[platform.Platform, Path]]:
    """Case kernels of up to 100 lines."""
    found = [(p, f) for p in platform.all_platforms().values() for f in sorted((p.folder / "cases").iterdir())]
    return [(p, f) for p, f in found if len(f.read_text().splitlines()) <= 100]


def help_seconds() -> float:
    command = [sys.executable, "-m", "falconc.cli", "--help"]
    script = Path(sys.executable).with_name("falconc")
    if script.exists():
        command = [str(script), "--help"]
    return median_seconds(lambda: subprocess.run(command, check=True, capture_output=True), 9)


def parse_seconds() -> float:
    """Parsing and finding kernels and launches, the first file of a process not counted."""
    out: list[float] = []
    for p, f in cases():
        source = Source(str(f), f.read_text())
        out.append(median_seconds(lambda s=source, p=p: frontend.load(s, p), 3))
    return max(out[1:])


def emulated(source: str, name: str, arrays: list[Any], scalars: list[Any], grid: tuple[int, int, int]) -> float:
    """Seconds of the kernel's text under the emulator, the median of nine runs."""
    unit = frontend.load(Source("bench.cu", source), platform.get("cuda"))
    instance = frontend.instance(unit, name)
    library = text.program(instance)
    assert instance.kernel.launch
    runs: list[float] = []
    for _ in range(9):
        job = sandbox.Job(arrays=arrays, scalars=scalars, grid=grid, block=instance.kernel.launch.block)
        outcome = sandbox.run(library, job)
        assert outcome.status == "ok", outcome.message
        runs.append(outcome.seconds)
    return statistics.median(runs)


ELEMENTWISE = """__global__ void scale(const float *x, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = 2.0f * x[i] + 1.0f;
}
void run(const float *x, float *y, int n) { scale<<<(n + 255) / 256, 256>>>(x, y, n); }
"""


def emulation() -> tuple[float, float]:
    """(tiled gemm 1024x128x128, 2M-thread elementwise) in seconds."""
    rng = np.random.default_rng(0)
    m, n, k = 1024, 128, 128
    tiled = next(f for p, f in cases() if f.name == "gemm_tiled.cu")
    arrays = [rng.random(s, np.float32) for s in (m * k, k * n, m * n)]
    sizes = [np.int32(v) for v in (m, n, k)]
    gemm = emulated(tiled.read_text(), "matmul_tiled", arrays, sizes, (n // 16, m // 16, 1))
    count = 1 << 21
    flat = [rng.random(count, np.float32), np.zeros(count, np.float32)]
    return gemm, emulated(ELEMENTWISE, "scale", flat, [np.int32(count)], (count // 256, 1, 1))


def translations(every: int) -> dict[str, list[dict[str, Any]]]:
    """Every n-th case in every direction: seconds, verdict."""
    out: dict[str, list[dict[str, Any]]] = {}
    pairs = [(p, f, t) for p, f in cases()[::every] for t in platform.all_platforms().values() if t.name != p.name]
    with Progress(transient=True) as bar, tempfile.TemporaryDirectory() as cache:
        task = bar.add_task("translating", total=len(pairs))
        os.environ["FALCONC_CACHE"] = cache
        from falconc.emulate import build

        build.runtime(), build.runner()  # compiled once per machine, not per kernel
        for origin, path, target in pairs:
            bar.update(task, description=f"{path.name} -> {target.name}")
            start = time.perf_counter()
            try:
                done = translate(Source(path.name, path.read_text()), origin, target, Options(kernel=ALL_KERNELS))
                verdict, reason = done.verdict.name, done.verdict.reason
            except FalconcError as error:
                verdict, reason = type(error).__name__, error.what
            row = {"case": path.name, "verdict": verdict, "reason": reason, "seconds": time.perf_counter() - start}
            out.setdefault(f"{origin.name} -> {target.name}", []).append(row)
            bar.advance(task)
    return out


def table(data: dict[str, Any]) -> str:
    """The Markdown that README.md shows."""
    lines = ["| what | target | measured |", "|---|---|---|"]
    lines += [f"| {what} | {goal} | {shown} |" for what, goal, shown in data["figures"]]
    lines += [
        "",
        "| direction | cases | Proved | Tested | other | median s | 95 % s |",
        "|---|---|---|---|---|---|---|",
    ]
    for direction, rows in data["directions"].items():
        names = [r["verdict"] for r in rows]
        seconds = sorted(r["seconds"] for r in rows)
        proved, tested = names.count("Proved"), names.count("Tested")
        late = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
        rest = len(rows) - proved - tested
        times = f"{statistics.median(seconds):.1f} | {late:.1f}"
        lines.append(f"| {direction} | {len(rows)} | {proved} | {tested} | {rest} | {times} |")
    head = f"Measured {data['date']}, {data['machine']}, commit {data['commit']}, by `make bench`."
    return "\n".join([head, "", *lines])


def main() -> None:
    help_, parse = help_seconds(), parse_seconds()
    gemm, flat = emulation()
    directions = translations(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    all_seconds = sorted(r["seconds"] for rows in directions.values() for r in rows)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    data = {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores {machine.machine()}, Python {machine.python_version()}",
        "commit": commit.stdout.strip() or "unknown",
        "figures": [
            (
                "translation with verification, kernels of up to 100 lines, median",
                "3 s",
                f"{statistics.median(all_seconds):.1f} s",
            ),
            ("`falconc --help`", "0.3 s", f"{help_:.2f} s"),
            ("parsing a file, slowest case", "60 ms", f"{parse * 1e3:.0f} ms"),
            ("tiled gemm 1024x128x128 under the emulator", "50 ms", f"{gemm * 1e3:.0f} ms"),
            ("2M-thread elementwise kernel under the emulator", "10 ms", f"{flat * 1e3:.1f} ms"),
        ],
        "directions": directions,
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(data, indent=1) + "\n")
    shown = table(data)
    print(shown)
    readme = ROOT / "README.md"
    text_ = readme.read_text()
    if _OPEN in text_:
        pattern = re.compile(re.escape(_OPEN) + ".*?" + re.escape(_CLOSE), re.DOTALL)
        readme.write_text(pattern.sub(lambda _: f"{_OPEN}\n{shown}\n{_CLOSE}", text_))


if __name__ == "__main__":
    main()
