"""A verdict as a file that runs again: both texts, the options, the seed and the shape."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from falconc import frontend, platform
from falconc.errors import UsageError
from falconc.frontend.unit import Instance
from falconc.ir.nodes import Const, Launch
from falconc.ir.types import I32
from falconc.source import Source
from falconc.verify.equivalence import equivalent
from falconc.verify.options import Options
from falconc.verify.subject import Failed, Subject
from falconc.verify.verdict import Verdict

_FORMAT = 1


def record(a: Instance, b: Instance, options: Options, verdict: Verdict) -> str:
    """The text of a replay file: at the shape of the first difference if there is one, else at all shapes that ran."""
    shapes = [dict(verdict.difference.shape)] if verdict.difference else [dict(s) for s in verdict.evidence.shapes]
    data = {
        "falconc replay": _FORMAT,
        "source": _side(a, shapes),
        "target": _side(b, shapes),
        "options": {"seed": options.seed, "sizes": dict(options.sizes), "extents": dict(options.extents)},
        "shapes": shapes,
        "verdict": {k: v for k, v in asdict(verdict).items() if k in ("name", "scope", "reason", "difference")},
    }
    return json.dumps(data, indent=1, default=str)


def _side(x: Instance, shapes: list[dict[str, int]]) -> dict[str, Any]:
    launch = None
    if x.kernel.launch and shapes:
        try:
            names = [s.name for s in x.kernel.scalars]
            sizes = dict(zip(names, list(shapes[0].values()), strict=False)) | shapes[0]
            grid, block, shared = Subject.of(x).geometry(sizes)
            launch = {"grid": grid, "block": block, "shared_bytes": shared}
        except (Failed, KeyError):
            launch = None
    return {
        "platform": x.platform.name,
        "name": x.unit.source.name,
        "text": x.unit.source.text,
        "defines": list(x.unit.defines),
        "kernel": x.kernel.name,
        "template": x.template,
        "launch": launch,
        "has_site": x.site is not None and x.site.launch is not None,
    }


def replay(path: Path | str) -> Verdict:
    """Run a replay file again.

    Raises:
        UsageError: the file is not one.
    """
    try:
        data = json.loads(Path(path).read_text())
        sides = [_load(data[k]) for k in ("source", "target")]
        o = data["options"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not a replay file ({error})", "give a file that `verify` wrote") from error
    shapes = tuple(dict(s) for s in data["shapes"])
    return equivalent(sides[0], sides[1], Options(o["seed"], o["sizes"], o["extents"], shapes))


def _load(side: dict[str, Any]) -> Instance:
    unit = frontend.load(Source(side["name"], side["text"]), platform.get(side["platform"]), tuple(side["defines"]))
    launch = None
    if side["launch"] and not side["has_site"]:
        x, y, z = (Const(int(v), I32) for v in side["launch"]["grid"])
        bx, by, bz = side["launch"]["block"]
        launch = Launch((x, y, z), (bx, by, bz), Const(int(side["launch"]["shared_bytes"]), I32))
    return frontend.instance(unit, side["kernel"], side["template"], launch)
