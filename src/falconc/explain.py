"""What a word of falconc's means: a pass, a platform, a built-in function, a verdict, a defect or an exit code."""

from __future__ import annotations

import difflib
import inspect
from dataclasses import dataclass, fields
from typing import Any

from falconc import platform, recipe
from falconc.errors import UsageError
from falconc.frontend import built_ins
from falconc.frontend.built_ins import BuiltIn
from falconc.passes import Pass
from falconc.platform import Platform

VERDICTS = {
    "Proved": "The two kernels are equal in exact arithmetic over finite fields on every shape tried, every path was\n"
    "seen with every outcome, and in floats the target stays within the source's own rounding.",
    "Tested": "The two agree in floats within the source's own rounding, and something keeps this from being a proof.\n"
    "The reason names it: a path that was not seen, operations that exact arithmetic tells apart ...",
    "Refuted": "The target does something else than the source, or something undefined where the source does not.\n"
    "The evidence names the first element that differs, its sizes and its inputs.",
    "Unknown": "Nothing could be said. The reason says why: the source is undefined on the inputs tried, depends on\n"
    "the order of its threads, did not end, or uses what cannot be run here.",
}

DEFECTS = {
    "out-of-bounds": "An access before the first or past the last element of a buffer.",
    "uninitialised-read": "A value is used that was never written: in shared or private memory, or of an absent lane.",
    "race": "Two threads touch one element, at least one writes, and no barrier or atomic operation orders them.",
    "missing-lanes": "A lane that the mask of a lane exchange names did not arrive.",
    "divergent-barrier": "Threads of one block wait at different barriers, or some never arrive.",
    "signed-overflow": "A signed integer operation leaves its type's range.",
    "division-by-zero": "An integer division or remainder by zero.",
    "bad-shift": "A shift by a negative count, or by the width of the type or more.",
    "no-end": "A run did not end within its limits on time or memory.",
    "schedule-dependent": "Other orders of threads give other results.",
}

EXIT_CODES = {
    "0": "Done; every verdict is at or above --require (default: Tested).",
    "1": "A verdict is Refuted, or the source has a defect.",
    "2": "The request cannot be carried out as written; the message says what to change.",
    "3": "A verdict is below --require, or Unknown.",
    "4": "A bug in falconc; the message says how to report it.",
    "5": "Unsupported: a named limit of falconc, met in the text.",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """kind: "pass", "platform", "built-in", "verdict", "defect" or "exit code". body: for people; data: for JSON."""

    kind: str
    name: str
    body: str
    data: dict[str, Any]


def explain(name: str) -> tuple[Topic, ...]:
    """Everything that ``name`` may mean.

    Raises:
        UsageError: it means nothing; the message suggests the nearest known name.
    """
    found = [*_words(name), *_code(name)]
    if not found:
        near = difflib.get_close_matches(name, _all_names(), n=1)
        hint = f"did you mean '{near[0]}'?" if near else "see `falconc passes` and `falconc platforms`"
        raise UsageError(f"nothing is called '{name}'", hint)
    return tuple(found)


def _words(name: str) -> list[Topic]:
    out = [Topic("verdict", k, v, {"text": v}) for k, v in VERDICTS.items() if k.lower() == name.lower()]
    out += [Topic("defect", k, v, {"text": v}) for k, v in DEFECTS.items() if k == name]
    return out + [Topic("exit code", k, v, {"text": v}) for k, v in EXIT_CODES.items() if k == name]


def _code(name: str) -> list[Topic]:
    out = [pass_topic(recipe.all_passes()[name])] if name in recipe.all_passes() else []
    if name in platform.all_platforms():
        out.append(platform_topic(platform.get(name)))
    for p in platform.all_platforms().values():
        if found := built_ins.look_up(p, name):
            out.append(_built_in_topic(found))
    return out


def _all_names() -> list[str]:
    names = [*VERDICTS, *DEFECTS, *recipe.all_passes(), *platform.all_platforms()]
    return names + [n for p in platform.all_platforms().values() for n in built_ins.names(p)]


def pass_topic(kind: type[Pass]) -> Topic:
    """A pass: its docstring and parameters."""
    doc = inspect.getdoc(kind) or ""
    parameters = [{"name": f.name, "type": str(f.type), "default": str(f.default)} for f in fields(kind)]
    return Topic("pass", kind.name, doc, {"text": doc, "parameters": parameters})


def summary(kind: type[Pass]) -> str:
    """The first sentence of a pass's docstring."""
    return (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")


def platform_topic(p: Platform) -> Topic:
    """A platform: its manifest in words, then its notes."""
    steps = ", ".join(recipe.print_step(s) for s in p.pipeline) or "none"
    rows = {
        "title": p.title,
        "suffixes": " ".join(p.suffixes),
        "lanes": str(p.lane_width),
        "pipeline": steps,
        "built-ins": f"{len(built_ins.names(p))} (falconc explain NAME)",
        "limits": ", ".join(f"{k} {v}" for k, v in p.limits.items()),
    }
    lines = [f"{k:<10} {v}" for k, v in rows.items()]
    notes = p.notes.read_text().strip() if p.notes.is_file() else ""
    return Topic("platform", p.name, "\n".join([*lines, "", notes]).strip(), rows | {"notes": notes})


def _built_in_topic(found: tuple[BuiltIn, ...]) -> Topic:
    """The declarations of one built-in on one platform."""
    first = found[0]
    doc = next((b.doc for b in found if b.doc), "")
    trust = next((b.trust for b in found if b.trust), "")
    lines = [doc] if doc else []
    if trust:
        lines.append(f"trust: {trust}")
    for b in found:
        lines += [f"{b.place}: {b.signature}"]
    texts = list(dict.fromkeys(b.text for b in found))
    data = {"platform": first.platform, "doc": doc, "trust": trust, "text": texts}
    body = "\n".join([*lines, *(f"\n{t}" for t in texts)])
    return Topic("built-in", f"{first.name} ({first.platform})", body, data)
