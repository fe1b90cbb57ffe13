"""Pairs of texts in tests/pairs.txt: a wrong one is never proved, an equal one never refuted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from falconc import frontend, platform, verify
from falconc.errors import FalconcError
from falconc.frontend.unit import Instance
from falconc.source import Source

_PAIR = re.compile(
    r"^=== (\S+): (wrong|equal)\n--- (\w+)\n(.*?)\n--- (\w+)\n(.*?)\n(?==== |\Z)", re.MULTILINE | re.DOTALL
)
PAIRS = _PAIR.findall((Path(__file__).parent / "pairs.txt").read_text())
_CHUNKS = 24
# Wrong pairs that are proved today, each with what the verifier does not try: a list to shorten. One that is no longer
# proved fails the test, so that it leaves the list.
KNOWN = {
    "unsigned_n": "negative sizes",
    "le_nm1": "a loop over unsigned numbers up to the largest one, which never ends",
    "size_t_int": "indices beyond 32 bits",
    "one_pass_block1024": "sizes beyond a trip count times a block",
    "regcached_rows1024": "sizes beyond a trip count times a block",
    "it4_4096": "sizes beyond a trip count times a block",
    "cnt_u16": "counts beyond a small type that the data must reach",
    "cnt_f32": "counts beyond a small type that the data must reach",
    "shared_60k": "static shared memory against the platform's limit",
    "mul0_skip": "zero times infinity at one place",
    "sin_fast": "the accuracy of fast functions",
    "syncwarp_mask": "masks of warp barriers",
}


def _first(suffix: str, text: str) -> Instance:
    name = f"pair.{suffix}"
    found = platform.of_file(name)
    assert found is not None
    unit = frontend.load(Source(name, text), found)
    return frontend.instance(unit, unit.kernels[0].name)


def judged(a: tuple[str, str], b: tuple[str, str]) -> str:
    try:
        return verify.equivalent(_first(*a), _first(*b)).name
    except FalconcError as error:
        return type(error).__name__


def wrongly_judged(pairs: list[tuple[str, ...]]) -> list[str]:
    out: list[str] = []
    for name, kind, *texts in pairs:
        verdict = judged((texts[0], texts[1]), (texts[2], texts[3]))
        if (verdict == ("Proved" if kind == "wrong" else "Refuted")) != (name in KNOWN):
            out.append(f"{name}: {verdict}")
    return out


def test_there_are_many_pairs_of_both_kinds() -> None:
    kinds = [kind for _, kind, *_ in PAIRS]
    assert kinds.count("wrong") >= 100
    assert kinds.count("equal") >= 20


def test_a_sample_of_pairs() -> None:
    assert not wrongly_judged(PAIRS[::40])


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_pairs(chunk: int) -> None:
    assert not wrongly_judged(PAIRS[chunk::_CHUNKS])
