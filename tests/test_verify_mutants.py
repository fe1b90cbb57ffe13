"""Seeded mutants of clean kernels are never proved, but for those that mean the same."""

from __future__ import annotations

import kernels_by_hand as hand
import mutants
import pytest

from falconc import verify

# Mutants that compute the same on every input, with the reason.
SAME = {
    "gather/wrong-constant/1": "a block more, whose threads the guard stops",
    "int_dot/wrong-cast/1": "the value is an int8 already",
}
QUICK = [m for name in hand.CLEAN for m in mutants.sample(name, hand.CLEAN[name](), 1, seed=1)]
FULL = [m for name in hand.CLEAN for m in mutants.sample(name, hand.CLEAN[name](), 20)]


def test_there_are_enough_sorts_of_mutants() -> None:
    assert len(mutants.KINDS) >= 15
    assert len({m.kind for m in FULL}) >= 15
    assert len(FULL) >= 300


@pytest.mark.parametrize("mutant", QUICK, ids=lambda m: m.name)
def test_a_sample_of_mutants_is_not_proved(mutant: mutants.Mutant) -> None:
    verdict = verify.equivalent_kernels(hand.CLEAN[mutant.kernel](), mutant.mutated)
    assert verdict.name != "Proved" or mutant.name in SAME, (mutant.what, verdict.reason)


@pytest.mark.slow
def test_no_mutant_is_proved_and_few_are_only_tested() -> None:
    names: dict[str, list[str]] = {}
    for mutant in FULL:
        if mutant.name in SAME:
            continue
        verdict = verify.equivalent_kernels(hand.CLEAN[mutant.kernel](), mutant.mutated)
        names.setdefault(verdict.name, []).append(f"{mutant.name}: {mutant.what}: {verdict.reason}")
    assert not names.get("Proved")
    assert len(names.get("Tested", [])) <= 0.02 * len(FULL), names["Tested"]
