"""The door to compilers: finding them, running them with a time limit, naming their versions."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from falconc.platform import ToolReport

SECONDS = 60


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended; output is stdout and stderr together."""

    ok: bool
    output: str


def run(command: Sequence[str | Path], folder: Path | None = None, seconds: float = SECONDS) -> Finished:
    """Run a program without input, in a process group of its own that ends with the time limit."""
    words = [str(w) for w in command]
    try:
        process = subprocess.Popen(
            words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except OSError as error:
        return Finished(False, str(error))
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Finished(False, f"{words[0]} took longer than {seconds:g} s")
    return Finished(process.returncode == 0, output)


@cache
def find(*names: str) -> str:
    """The first of ``names`` on PATH, or "" when none is."""
    return next((path for path in map(shutil.which, names) if path), "")


@cache
def version(program: str) -> str:
    """The version number a program prints."""
    output = run([program, "--version"], seconds=10).output
    match = re.search(r"\bV?(\d+\.\d+(?:\.\d+)?)", output)
    return match.group(1) if match else "unknown version"


def presence(tool: str, path: str, advice: str) -> ToolReport:
    """A doctor's line on one program."""
    if not path:
        return ToolReport(tool, "", "missing", advice=advice)
    return ToolReport(tool, f"{version(path)} ({path})", "ok")


@contextmanager
def workspace() -> Generator[Path, None, None]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="falconc-") as folder:
        yield Path(folder)


def together(jobs: Sequence[Callable[[], ToolReport]]) -> list[ToolReport]:
    """The reports of ``jobs``, run side by side, in their order."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        return [future.result() for future in [pool.submit(job) for job in jobs]]
