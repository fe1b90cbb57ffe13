"""C++ programs of the emulator: compiled with the machine's own compiler and kept by content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from falconc.errors import FalconcError, ToolMissing

_HERE = Path(__file__).parent
_SECONDS = 120  # for one compilation


class CompileError(FalconcError):
    """The compiler refuses a program. ``log``: what it said."""

    def __init__(self, what: str, log: str) -> None:
        super().__init__(what, log.strip()[:2000])
        self.log = log


def cache_folder() -> Path:
    """Where compiled programs are kept: FALCONC_CACHE, else the user's cache folder."""
    chosen = os.environ.get("FALCONC_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "falconc"
    base.mkdir(parents=True, exist_ok=True)
    return base


@cache
def compiler() -> str:
    """Path of the C++ compiler.

    Raises:
        ToolMissing: neither CXX nor g++, c++, clang++ on the PATH.
    """
    for name in (os.environ.get("CXX"), "g++", "c++", "clang++"):
        found = shutil.which(name) if name else None
        if found:
            return found
    raise ToolMissing(
        "no C++ compiler on this machine",
        "install g++ (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++), or set CXX to a C++17 compiler",
    )


@cache
def _compiler_stamp() -> str:
    """Changes when the compiler is replaced by another version."""
    path = Path(compiler()).resolve()
    return f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}"


def _key(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in (_compiler_stamp(), *parts):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


def _compile(arguments: list[str], text: str | None, result: Path) -> Path:
    """Run the compiler once; ``result`` appears whole or not at all."""
    handle, part = tempfile.mkstemp(dir=result.parent, prefix=".part-")
    os.close(handle)
    try:
        done = subprocess.run(
            [compiler(), *arguments, "-o", part],
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise CompileError("the C++ compiler refuses a program", done.stderr)
        Path(part).chmod(0o755)
        os.replace(part, result)
    except subprocess.TimeoutExpired as late:
        raise CompileError(f"the C++ compiler ran longer than {_SECONDS} s", "") from late
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(part).unlink()
    return result


@cache
def _prebuilt(name: str, *arguments: str) -> Path:
    """``name`` of this folder compiled with ``arguments``, once for each content."""
    source = _HERE / name
    key = _key(name, source.read_text(), (_HERE / "runtime.h").read_text(), *arguments)
    result = cache_folder() / f"{source.stem}-{key}"
    if result.exists():
        return result
    return _compile(["-std=c++17", "-O2", *arguments[:1], str(source), *arguments[1:]], None, result)


def runtime() -> Path:
    """The runtime as an object file."""
    return _prebuilt("runtime.cpp", "-c", "-fPIC")


def runner() -> Path:
    """The executable that runs a program in a process of its own."""
    return _prebuilt("runner.cpp", "-pthread", "-ldl")


def compile_cpp(code: str, *, flags: tuple[str, ...] = ("-O1",)) -> Path:
    """``code`` as a shared library, linked with the runtime.

    Raises:
        ToolMissing: there is no C++ compiler.
        CompileError: the compiler refuses the text.
    """
    linked = runtime()
    result = cache_folder() / f"program-{_key(code, linked.name, *flags)}.so"
    if result.exists():
        os.utime(result)
        return result
    fixed = ["-std=c++17", "-shared", "-fPIC", "-w", "-fno-strict-aliasing", "-ffp-contract=off"]
    return _compile([*fixed, *flags, "-x", "c++", "-", "-x", "none", str(linked), "-ldl"], code, result)
