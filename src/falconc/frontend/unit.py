"""What the frontend hands on: a parsed text, its kernels and launches, and one chosen instance of a kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from falconc.ir.nodes import Kernel, Launch
from falconc.platform import Platform
from falconc.source import Source, Span


@dataclass(frozen=True, slots=True)
class KernelInfo:
    """A kernel found in a text. template_params: their spellings ("int BM", "typename T"); () if not a template.
    parameters: type and name of each ("const float * x"), macros expanded."""

    name: str
    template_params: tuple[str, ...]
    parameters: tuple[str, ...]
    where: Span


@dataclass(frozen=True, slots=True)
class LaunchSite:
    """One launch of a kernel in host code.

    launch: geometry over the kernel's scalar parameters, None where it cannot be expressed so (reason says why).
    sizes: scalar parameters whose value the host code fixes. extents: element counts of buffer parameters (IR
    expressions over scalar parameters, or constants) from host allocations.
    """

    kernel: str
    template_args: str
    launch: Launch | None
    where: Span
    reason: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    extents: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class CParam:
    """How one C parameter (or file-scope device variable) maps to Kernel parameters.

    kind: "pointer" (one Buffer), "scalar" (one Scalar), "struct" (several Scalars / Buffers, in field order), "global"
    (__constant__ / __device__ variable: one Buffer or Scalar, appended after the real parameters), "launch" (a name of
    the launch that the kernel does not get), "result" (what the function returns: a Buffer of one element).
    names: the Kernel parameter names it became. paths: for a struct, the member path of each name (".x", ".shape[1]").
    """

    name: str
    c_type: str
    kind: str
    names: tuple[str, ...]
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A parsed text. ``tree`` is the frontend's own (libclang's translation unit); nobody else looks inside."""

    source: Source
    platform: Platform
    kernels: tuple[KernelInfo, ...]
    tree: Any = field(compare=False, repr=False)
    defines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Instance:
    """One kernel of a text, templates resolved, lifted.

    symbol: the callee as C++ spells it ("gemm<16, float>"). assumptions: what lifting took for granted.
    intrinsics: names of built-ins whose meaning was used, with their trust ("hardware", "documented", "inferred").
    fences: memory fences, which have no meaning in the IR: it knows no memory that is seen late.
    """

    unit: Unit
    kernel: Kernel
    symbol: str
    parameters: tuple[CParam, ...]
    site: LaunchSite | None = None
    assumptions: tuple[str, ...] = ()
    intrinsics: Mapping[str, str] = field(default_factory=dict[str, str])
    fences: int = 0

    @property
    def template(self) -> str:
        """The template arguments in ``symbol``: "64, float" for "k<64, float>", "" for "k"."""
        symbol = self.symbol.strip()
        return symbol[symbol.index("<") + 1 : symbol.rindex(">")] if symbol.endswith(">") else ""

    @property
    def platform(self) -> Platform:
        return self.unit.platform
