"""Launch geometry as a user writes it: on the command line, or in a ``// falconc:`` line of the text."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from falconc.errors import UsageError
from falconc.frontend.host_values import Names, Number, evaluate, split, whole
from falconc.frontend.tokens import tokenize
from falconc.ir.nodes import Const, Expr, Launch, Var
from falconc.ir.types import I32, I64
from falconc.ir.walk import rewrite, walk
from falconc.source import Source, Span

_HINT = re.compile(r"^[ \t]*//[ \t]*falconc:[ \t]*(.+)$", re.MULTILINE)
_WORDS = ("kernel", "template", "grid", "block", "shared", "size", "shape")
_MOST_THREADS = 1 << 16


@dataclass(frozen=True, slots=True)
class Hint:
    """What a line says about one kernel, all words but one optional::

        // falconc: kernel=NAME template=16,float grid=(n+15)/16,4 block=16,16 shared=512 size=n:100,m:7 shape=A:64x32

    sizes: values of scalar parameters. extents: element counts of buffers.
    """

    kernel: str = ""
    template: str = ""
    launch: Launch | None = None
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    extents: Mapping[str, int] = field(default_factory=dict[str, int])
    where: Span | None = None


def hints(source: Source) -> tuple[Hint, ...]:
    """The ``// falconc:`` lines of a text that name a geometry or template arguments, in order.

    Raises:
        UsageError: a word or a value that is not known, with its place.
    """
    return tuple(_hint(source, m) for m in _HINT.finditer(source.text))


def _hint(source: Source, line: re.Match[str]) -> Hint:
    where = source.span(line.start(1), line.end(1))
    found: dict[str, str] = {}
    for word in shlex.split(line.group(1)):
        key, _, value = word.partition("=")
        if key not in _WORDS or not value:
            raise UsageError(f"'{word}' in a falconc line", f"write {'=..., '.join(_WORDS)}=...", where)
        found[key] = value
    launch = None
    if "grid" in found or "block" in found:
        launch = launch_of(found.get("grid", "1"), found.get("block", "1"), found.get("shared", "0"))
    sizes = sizes_of(_pairs(found.get("size", "")))
    extents = extents_of(_pairs(found.get("shape", "")))
    return Hint(found.get("kernel", ""), found.get("template", ""), launch, sizes, extents, where)


def _pairs(text: str) -> dict[str, str]:
    """ "n:100,m:7" as a mapping."""
    return {k: v for k, _, v in (part.partition(":") for part in text.split(",") if part)}


def launch_of(grid: str, block: str, shared: str = "0") -> Launch:
    """The launch written as "X,Y,Z" expressions: grid and shared bytes over integer parameters, block of constants.

    Raises:
        UsageError: not an expression, more than three, or a block that is no constant.
    """
    x, y, z = _three(grid, "--grid")
    sizes = [e.value if isinstance(e, Const) else 0 for e in _three(block, "--block")]
    threads = [int(v) for v in sizes]
    if not all(v > 0 for v in threads) or threads[0] * threads[1] * threads[2] > _MOST_THREADS:
        raise UsageError(
            f"'{block}' is not a block: up to three positive numbers", "write --block 256 or --block 16,16"
        )
    return Launch((x, y, z), (threads[0], threads[1], threads[2]), _expression(shared, "--shared"))


def _three(text: str, option: str) -> tuple[Expr, Expr, Expr]:
    tokens = list(tokenize(Source(option, text)))
    parts = ["".join(f" {t.text}" for t in part).strip() for part in split(tokens)]
    if not 1 <= len(parts) <= 3 or not all(parts):
        raise UsageError(f"{option} '{text}' is not X[,Y[,Z]]", f"write {option} 16,16")
    exprs = [_expression(p, option) for p in parts] + [Const(1, I32)] * (3 - len(parts))
    return exprs[0], exprs[1], exprs[2]


def _expression(text: str, option: str) -> Expr:
    """An integer expression over names."""
    value = evaluate(list(tokenize(Source(option, text))), Names())
    if not isinstance(value, Number):
        raise UsageError(f"{option}: '{text}' is not an integer expression")
    expr = rewrite(whole(value), _typed)
    for n in walk(expr):
        if isinstance(n, Var) and not re.fullmatch(r"[A-Za-z_]\w*", n.name):
            raise UsageError(f"{option}: '{n.name}' is not understood", "write an integer expression over parameters")
    return expr


def _typed(node: object) -> object:
    if isinstance(node, Var):
        return Var(node.name, I32)
    return Const(node.value, I32) if isinstance(node, Const) and node.dtype == I64 else node


def chosen(found: tuple[Hint, ...], kernel: str) -> Hint:
    """The hint for ``kernel``; an empty one if no line speaks of it."""
    return next((h for h in found if h.kernel in ("", kernel)), Hint())


def sizes_of(pairs: Mapping[str, str]) -> dict[str, int]:
    """``--size`` values.

    Raises:
        UsageError: a value that is not a whole number.
    """
    out: dict[str, int] = {}
    for name, text in pairs.items():
        if not re.fullmatch(r"-?\d+", text):
            raise UsageError(f"--size {name}={text}: not a whole number", "write --size n=1000")
        out[name] = int(text)
        if abs(out[name]) >= 1 << 63:
            raise UsageError(f"--size {name}={text}: no integer is that large", "write --size n=1000")
    return out


def extents_of(pairs: Mapping[str, str]) -> dict[str, int]:
    """``--shape`` values: element counts.

    Raises:
        UsageError: not NUMBERxNUMBER...
    """
    out: dict[str, int] = {}
    for name, text in pairs.items():
        if not re.fullmatch(r"\d+(x\d+)*", text):
            raise UsageError(f"--shape {name}={text}: not a shape", "write --shape A=1024x128")
        out[name] = math.prod(int(d) for d in text.split("x"))
    return out
