"""What a platform fills in: a frozen manifest that checks itself.

A platform is a folder ``platforms/<name>/`` whose package defines ``PLATFORM``. Nothing outside ``platforms/`` names
one: code asks ``platform.all_platforms()`` and reads the manifest.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from falconc.errors import UsageError
from falconc.source import Source

if TYPE_CHECKING:
    from falconc.passes import Pipeline


@dataclass(frozen=True, slots=True)
class ToolReport:
    """What one compiler said about one text.

    status: "ok", "failed" or "missing". target: what it compiled for ("sm_80"). resources: registers, spills,
    shared memory ... as the tool names them. log: its output. advice: how to get a missing tool.
    """

    tool: str
    target: str
    status: Literal["ok", "failed", "missing"]
    resources: Mapping[str, str] = field(default_factory=dict[str, str])
    log: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class DeviceJob:
    """One launch on a real device. arrays: NumPy arrays, changed by the kernel. arguments: in the order of the C
    parameters, the index of an array or a NumPy number. symbol: the kernel as C++ spells it ("k<16>")."""

    source: Source
    symbol: str
    arrays: list[Any]
    arguments: list[Any]
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    shared_bytes: int


class Toolchain(Protocol):
    """The real compilers and devices of a platform."""

    def doctor(self) -> list[ToolReport]:
        """What is found on this machine (status, tool and version in ``target``), and how to get what is not."""
        ...

    def compile(self, source: Source) -> list[ToolReport]:
        """Compile a whole emitted text with every tool found; a tool that is missing is reported so."""
        ...

    def device(self) -> str:
        """Name of a device that runs this platform's kernels here; "" without one."""
        ...

    def execute(self, job: DeviceJob) -> list[Any]:
        """The arrays of ``job`` after the kernel ran on the device.

        Raises:
            FalconcError: the compiler or the driver refuses, or the kernel does not end.
        """
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """How a dialect spells things: neutral key ("host.malloc", "lane.shuffle_down") -> this dialect's word.

    table: the flat map kin routes use to go from one dialect to another (documented in platforms/<name>/words.py).
    headers: the #include lines that emitted kernels need.
    """

    table: Mapping[str, str]
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Platform:
    """The manifest.

    Attributes:
        name: the folder's name, the user's word.
        title: for people.
        model: programming model; platforms with one ``model`` are kin (span edits between them).
        parse_flags: flags for libclang after the include of meaning.h.
        lane_width: lanes in a warp or wave; 1 without lanes.
        suffixes: file suffixes, most usual first.
        words, pipeline, toolchain: see their types.
        limits: numbers with their source, e.g. {"threads.block": 1024}.
    """

    name: str
    title: str
    model: str
    folder: Path
    parse_flags: tuple[str, ...]
    lane_width: int
    suffixes: tuple[str, ...]
    words: Words
    limits: Mapping[str, int]
    toolchain: Toolchain
    pipeline: Pipeline

    def __post_init__(self) -> None:
        assert self.folder.is_dir(), self.folder
        assert self.meaning.is_file(), self.meaning
        assert self.lane_width >= 1

    @property
    def meaning(self) -> Path:
        return self.folder / "meaning.h"

    @property
    def notes(self) -> Path:
        return self.folder / "notes.md"


@cache
def all_platforms() -> dict[str, Platform]:
    """Every platform found, by name."""
    package = importlib.import_module("falconc.platforms")
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.ispkg)
    return {n: importlib.import_module(f"falconc.platforms.{n}").PLATFORM for n in names}


def get(name: str) -> Platform:
    """The platform called ``name``.

    Raises:
        UsageError: no such platform; the message suggests the nearest name.
    """
    known = all_platforms()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known platforms: {', '.join(known)}"
    raise UsageError(f"unknown platform '{name}'", hint)


def of_file(path: str) -> Platform | None:
    """The platform whose suffix ``path`` has, if just one has it."""
    found = [p for p in all_platforms().values() if Path(path).suffix in p.suffixes]
    return found[0] if len(found) == 1 else None
