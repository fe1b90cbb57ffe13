"""Every text in tests/language goes through the loops of the other programming models: nothing breaks on the way, and
what cannot be said there is refused with its place and a next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from falconc import emit, frontend, platform, recipe
from falconc.errors import Unsupported
from falconc.source import Source

TEXTS = sorted((Path(__file__).parent / "language").iterdir())
# One target for each programming model: the others of a model have the same pipeline.
TARGETS = {p.model: p for p in platform.all_platforms().values()}.values()


def _origin(path: Path) -> platform.Platform:
    found = platform.of_file(str(path))
    assert found is not None, path
    return found


ROUTES = [(path, target) for path in TEXTS for target in TARGETS if _origin(path).model != target.model]


@pytest.mark.parametrize(("path", "target"), ROUTES, ids=lambda v: getattr(v, "stem", None) or getattr(v, "name", ""))
def test_a_text_becomes_one_of_the_target(path: Path, target: platform.Platform) -> None:
    unit = frontend.load(Source(path.name, path.read_text()), _origin(path))
    for info in unit.kernels:
        kernel = frontend.instance(unit, info.name).kernel
        try:
            records = recipe.replay(kernel, target.pipeline, target)
            emit.emit(records[-1].kernel, target, source_name=path.name)
        except Unsupported as refusal:
            assert refusal.where is not None, refusal.what
            assert refusal.next_step, refusal.what
