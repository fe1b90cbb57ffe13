"""Seeded mutants of clean kernels are never proved, but for those that mean the same."""

from __future__ import annotations

import kernels_by_hand as hand
import mutants
import pytest

from falconc import verify

# Mutants that compute the same on every input, with the reason.
SAME = {
    "softmax_block/short-barrier/9": "the threads that still add up are one warp: it needs no other to wait",
}
# Mutants that no input tells apart beyond rounding, with the reason: at most 2 % of all.
TESTED: dict[str, str] = {}

QUICK = [m for name in hand.CLEAN for m in mutants.sample(name, hand.CLEAN[name](), 1, seed=1)]
FULL = {name: mutants.sample(name, hand.CLEAN[name](), 20) for name in hand.CLEAN}
ALL = [m for chunk in FULL.values() for m in chunk]


def judge(mutant: mutants.Mutant) -> None:
    """Refuted, but for those in the lists, which must be what the lists say."""
    verdict = verify.equivalent_kernels(hand.CLEAN[mutant.kernel](), mutant.mutated)
    found = (mutant.what, verdict.reason)
    if mutant.name in SAME:
        assert verdict.name == "Proved", found
    elif mutant.name in TESTED:
        assert verdict.name == "Tested", found
    else:
        assert verdict.name == "Refuted", found


def test_there_are_enough_mutants_of_enough_sorts() -> None:
    assert len({m.kind for m in ALL}) >= 20
    assert len(ALL) >= 300
    assert len(TESTED) <= 0.02 * len(ALL)
    assert len(SAME) <= 0.03 * len(ALL)


def test_every_exception_is_a_mutant() -> None:
    names = {m.name for m in (*ALL, *QUICK)}
    assert names >= {*SAME, *TESTED}


@pytest.mark.parametrize("mutant", QUICK, ids=lambda m: m.name)
def test_a_sample_of_mutants_is_not_proved(mutant: mutants.Mutant) -> None:
    judge(mutant)


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("name", FULL)
def test_no_mutant_of_a_kernel_is_proved(name: str, half: int) -> None:
    for mutant in FULL[name][half::2]:
        judge(mutant)
