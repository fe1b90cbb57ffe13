"""Verdicts and their evidence for people (styled text) and for programs (plain data for JSON)."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, cast

from rich.text import Text

from falconc.errors import FalconcError
from falconc.flow import KernelReport, Note, Translation
from falconc.platform import ToolReport
from falconc.recipe import Record
from falconc.source import Span
from falconc.verify import Defect, Evidence, Verdict

_STYLES = {"Proved": "bold green", "Tested": "bold yellow", "Refuted": "bold red", "Unknown": "bold magenta"}
_STATUS_STYLES = {"ok": "green", "failed": "bold red", "missing": "dim"}
_LABEL = 13  # width of the column of labels

# Verdict.name at or above which a result may be used, as --require names it.
REQUIREMENTS = ("Proved", "Tested", "Unknown")
# Worst first: what a file of several kernels comes to.
_WORST_FIRST = (4, 1, 5, 2, 3, 0)


# --- exit codes ------------------------------------------------------------------------------------------------------


def exit_code(reports: Sequence[KernelReport], require: str) -> int:
    """0 where every verdict is at or above ``require``, else what the worst kernel comes to."""
    codes = {_kernel_code(r, require) for r in reports}
    return next(c for c in _WORST_FIRST if c in codes)


def _kernel_code(r: KernelReport, require: str) -> int:
    v = r.verdict
    least = Verdict(require, "", "", v.evidence).rank  # pyright: ignore[reportArgumentType]
    if v.rank >= least:
        return 0
    if r.error is not None:
        return r.error.exit_code
    is_defect = v.name == "Refuted" or (v.name == "Unknown" and bool(v.evidence.source_defects))
    return 1 if is_defect else 3


# --- for people ------------------------------------------------------------------------------------------------------


def translation(t: Translation) -> Text:
    """The whole report of one translation."""
    title = f"{t.source.name}: {t.source_platform.title} -> {t.target.title}, {t.route} route, {t.seconds:.1f} s"
    out = Text(f"{title}\n")
    for kernel in t.kernels:
        out.append_text(kernel_report(kernel))
    if t.compiled:
        out.append_text(tools("compiled", t.compiled))
    if t.notes:
        out.append("notes\n")
        for note in t.notes:
            out.append(f"  {_place(note.where)}{note.what}\n")
    return out


def kernel_report(r: KernelReport) -> Text:
    """One kernel: its verdict, evidence and steps."""
    out = verdict(r.name, r.verdict)
    out.append_text(_rows("steps", [_step(s) for s in r.steps]))
    if r.error is not None and r.error.next_step:
        out.append_text(_rows("next", [r.error.next_step]))
    return out


def verdict(name: str, v: Verdict) -> Text:
    """``name: Verdict``, its reason and all of its evidence."""
    out = Text(f"{name}: ")
    out.append(v.name, _STYLES[v.name])
    out.append(f": {v.reason}\n")
    out.append_text(_rows("sizes", [v.scope]))
    if v.difference:
        d = v.difference
        at = _sizes(d.shape)
        row = f"{d.buffer}[{d.index}]: {d.got!r}, source {d.expected!r}, bound {d.bound!r}; {d.inputs} inputs, {at}"
        out.append_text(_rows("difference", [row]))
    out.append_text(_evidence(v.evidence))
    return out


def check(name: str, found: Sequence[Defect], evidence: Evidence) -> Text:
    """The defects of one kernel and what was tried."""
    out = Text(f"{name}: ")
    if not evidence.shapes and not found:
        out.append("nothing ran\n", _STYLES["Unknown"])
    elif found:
        out.append(f"{len(found)} {'defect' if len(found) == 1 else 'defects'}\n", _STYLES["Refuted"])
    else:
        out.append("no defect found\n", _STYLES["Proved"])
    for d in found:
        out.append(f"  {d.where}: {d.kind}: {d.detail}{f' ({_sizes(d.shape)})' if d.shape else ''}\n")
    out.append_text(_rows("sizes", ["; ".join(_sizes(s) for s in evidence.shapes)] if evidence.shapes else []))
    out.append_text(_evidence(dataclasses.replace(evidence, source_defects=())))
    return out


def _evidence(e: Evidence) -> Text:
    out = Text()
    out.append_text(_rows("runs", e.runs))
    out.append_text(_rows("error bound", [e.error_bound] if e.error_bound else []))
    out.append_text(_rows("assumed", e.assumptions))
    out.append_text(_rows("not seen", e.unseen_paths))
    out.append_text(_rows("unconfirmed", [_names(e.unconfirmed_intrinsics)] if e.unconfirmed_intrinsics else []))
    for label, defects in (("source", e.source_defects), ("target", e.target_defects)):
        out.append_text(_rows(f"{label} bad", [f"{d.where}: {d.kind}: {d.detail}, {_sizes(d.shape)}" for d in defects]))
    out.append_text(_rows("seed", [str(e.seed)]))
    return out


def _names(names: Iterable[str]) -> str:
    return f"{', '.join(names)} (no hardware has confirmed their meaning)"


def _step(s: Record) -> str:
    checked = f", {s.verdict.name}: {s.verdict.reason}" if s.verdict else ""
    return f"{s.step} ({s.author}, {s.seconds:.2f} s{checked})"


def _rows(label: str, rows: Sequence[str]) -> Text:
    out = Text()
    for k, row in enumerate(rows):
        out.append(f"  {label if k == 0 else '':<{_LABEL}}", "dim")
        out.append(f"{row}\n")
    return out


def tools(title: str, reports: Sequence[ToolReport]) -> Text:
    """What tools said, one line each, then their logs."""
    out = Text(f"{title}\n")
    for r in reports:
        resources = ", ".join(f"{k} {v}" for k, v in r.resources.items())
        out.append(f"  {' '.join(filter(None, (r.tool, r.target)))}: ")
        out.append(r.status, _STATUS_STYLES[r.status])
        out.append("".join(f"; {part}" for part in (resources, r.advice) if part) + "\n")
        if r.status == "failed":
            out.append("".join(f"    {line}\n" for line in r.log.splitlines()[:20]))
    return out


def _sizes(shape: Mapping[str, int]) -> str:
    return ", ".join(f"{k}={v}" for k, v in shape.items()) or "the one shape"


def _place(where: Span | None) -> str:
    return f"{where}: " if where else ""


# --- for programs ----------------------------------------------------------------------------------------------------


def as_json(data: Mapping[str, Any]) -> str:
    """One JSON object; numbers that JSON lacks are written as strings ("nan", "inf")."""
    return json.dumps(_plain({"falconc": version("falconc"), **data}), indent=1)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(k): _plain(v) for k, v in cast(dict[Any, Any], value).items()}
        case list() | tuple():
            return [_plain(v) for v in cast(Sequence[Any], value)]
        case float():
            return value if math.isfinite(value) else str(value)
        case str() | int() | None:
            return value
        case _:
            return str(value)


def translation_data(t: Translation, code: int, output: str) -> dict[str, Any]:
    """A translation; ``text`` is left out where it went to the file ``output``."""
    data: dict[str, Any] = {
        "command": "translate",
        "exit_code": code,
        "source": t.source.name,
        "from": t.source_platform.name,
        "to": t.target.name,
        "route": t.route,
        "verdict": t.verdict.name,
        "kernels": [kernel_data(k) for k in t.kernels],
        "notes": [note_data(n) for n in t.notes],
        "compiled": [dataclasses.asdict(c) for c in t.compiled],
        "seconds": t.seconds,
        "output": output or None,
    }
    return data if output else data | {"text": t.text}


def kernel_data(r: KernelReport) -> dict[str, Any]:
    """One kernel of a report."""
    steps = [
        {"step": s.step, "author": s.author, "seconds": s.seconds, "verdict": s.verdict and s.verdict.as_json()}
        for s in r.steps
    ]
    return {
        "name": r.name,
        "verdict": r.verdict.as_json(),
        "steps": steps,
        "error": error_data(r.error) if r.error else None,
    }


def check_data(name: str, found: Sequence[Defect], evidence: Evidence) -> dict[str, Any]:
    """The defects of one kernel."""
    return {"name": name, "defects": [dataclasses.asdict(d) for d in found], "evidence": dataclasses.asdict(evidence)}


def note_data(n: Note) -> dict[str, Any]:
    """A note with its place."""
    return {"what": n.what, "where": _place_data(n.where)}


def error_data(e: FalconcError) -> dict[str, Any]:
    """The three parts of an error."""
    return {
        "kind": type(e).__name__,
        "where": _place_data(e.where),
        "what": e.what,
        "next": e.next_step,
        "exit_code": e.exit_code,
    }


def _place_data(where: Span | None) -> dict[str, Any] | None:
    return {"file": where.file, "line": where.line, "column": where.column} if where else None
