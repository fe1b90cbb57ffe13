"""A recipe is a list of steps; a step is one pass with its parameters, and has a text form.

    loop-split{loop=i, factor=16}
    loop-recovery

The text is log line, command-line argument, file format (one step a line, ``#`` starts a comment) and cache key.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from falconc import passes, verify
from falconc.errors import InternalError, UsageError
from falconc.ir import spec
from falconc.ir.nodes import Kernel
from falconc.passes import Pass
from falconc.platform import Platform
from falconc.verify import Verdict

_STEP = re.compile(r"\s*([a-z][a-z0-9-]*)\s*(?:\{(.*)\})?\s*$")


@dataclass(frozen=True, slots=True)
class Record:
    """One step carried out. author: "rule" for the platform's own pipeline, "user" for a recipe given by hand.
    verdict: of the kernel after the step against the one before, where asked for."""

    step: str
    author: str
    seconds: float
    kernel: Kernel
    verdict: Verdict | None = None


@cache
def all_passes() -> dict[str, type[Pass]]:
    """Every pass, by name, found by scanning the package."""
    for module in pkgutil.iter_modules(passes.__path__):
        importlib.import_module(f"{passes.__name__}.{module.name}")
    found: dict[str, type[Pass]] = {}
    pending: list[type[Pass]] = [Pass]
    while pending:
        for kind in pending.pop().__subclasses__():
            pending.append(kind)
            if kind.name:
                found[kind.name] = kind
    return dict(sorted(found.items()))


def print_step(step: Pass) -> str:
    """The text form of a step; parameters that have their default value are left out."""
    shown = [
        f"{f.name}={_print_value(getattr(step, f.name))}" for f in fields(step) if getattr(step, f.name) != f.default
    ]
    return step.name + ("{" + ", ".join(shown) + "}" if shown else "")


def _print_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse_step(text: str) -> Pass:
    """The step a text names.

    Raises:
        UsageError: no such pass or parameter, or a value of the wrong type.
    """
    match = _STEP.match(text)
    if not match:
        raise UsageError(f"'{text.strip()}' is not a step", "write NAME or NAME{parameter=value, ...}")
    name, inside = match.group(1), match.group(2) or ""
    known = all_passes()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise UsageError(f"unknown pass '{name}'", f"did you mean '{near[0]}'?" if near else "see `falconc passes`")
    kind = known[name]
    types = {f.name: str(f.type) for f in fields(kind)}
    values: dict[str, Any] = {}
    for part in filter(None, (p.strip() for p in inside.split(","))):
        key, _, value = part.partition("=")
        if key.strip() not in types:
            allowed = ", ".join(types) or "none"
            raise UsageError(f"pass '{name}' has no parameter '{key.strip()}'", f"its parameters: {allowed}")
        values[key.strip()] = _parse_value(name, key.strip(), value.strip(), types[key.strip()])
    try:
        return kind(**values)
    except TypeError as error:
        raise UsageError(
            f"step '{text.strip()}' lacks a parameter ({error})", f"see `falconc explain {name}`"
        ) from error


def _parse_value(name: str, key: str, text: str, kind: str) -> int | bool | str:
    if kind == "int":
        if not re.fullmatch(r"-?\d+", text):
            raise UsageError(f"parameter '{key}' of '{name}' is a whole number, not '{text}'")
        return int(text)
    if kind == "bool":
        if text not in ("true", "false"):
            raise UsageError(f"parameter '{key}' of '{name}' is true or false, not '{text}'")
        return text == "true"
    return text


def parse(text: str) -> tuple[Pass, ...]:
    """The steps of a recipe file."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return tuple(parse_step(line) for line in lines if line)


def replay(
    kernel: Kernel,
    steps: Iterable[Pass],
    platform: Platform,
    author: str = "rule",
    checks: verify.Options | None = None,
) -> list[Record]:
    """Apply ``steps`` in order, checking well-formedness after each; with ``checks``, verify each too.

    Raises:
        Refused: a step is not legal; the ones before it are lost.
        InternalError: a step failed, or its result is not well formed.
    """
    records: list[Record] = []
    for step in steps:
        start = time.perf_counter()
        after = _applied(step, kernel, platform, author)
        if after is None:
            continue
        seconds = time.perf_counter() - start
        verdict = verify.equivalent_kernels(kernel, after, checks) if checks else None
        records.append(Record(print_step(step), author, seconds, after, verdict))
        kernel = after
    return records


def _applied(step: Pass, kernel: Kernel, platform: Platform, author: str) -> Kernel | None:
    """``kernel`` after ``step``; None where an expression is too deep for a step that may be left out."""
    try:
        after = step.apply(kernel, platform)
        spec.check(after)
    except RecursionError as error:
        if step.optional and author == "rule":
            return None
        raise InternalError(f"step '{print_step(step)}' failed on kernel '{kernel.name}': too deep") from error
    return after
