"""What is known about integers at a place: the prover ends, whatever the facts lead back to."""

from __future__ import annotations

import pytest

from falconc import platform, recipe
from falconc.errors import InternalError
from falconc.ir.nodes import Binary, Buffer, Const, Expr, For, Kernel, Scalar, Select, Store, Unary, Var
from falconc.ir.ranges import Ranges
from falconc.ir.types import I32, U64
from falconc.passes import Pass
from falconc.passes.polynomial import Facts, atom
from falconc.passes.simplify import Simplify
from falconc.platform import Platform

CPU = platform.get("cpu")


def test_a_bound_that_leads_back_to_its_loop() -> None:
    """for kk: for k in kk .. min(kk + 8, K): whether kk + 8 wraps is asked while its value is being found out."""
    kk, k, limit = Var("kk", U64), Var("k", U64), Var("K", U64)
    end = Binary("add", kk, Const(8, U64))
    outer = For("kk", Const(0, U64), limit, Const(8, U64), ())
    inner = For("k", kk, Select(Binary("lt", end, limit), end, limit), Const(1, U64), ())
    here = Ranges().loop(outer).loop(inner)
    assert here.decide(Binary("lt", kk, limit)) is True
    assert here.decide(Binary("lt", Binary("mul", k, Const(3, U64)), limit)) is None


def _remainders() -> tuple[Var, Var, Expr, Expr]:
    i, j = Var("i", I32), Var("j", I32)
    eight = Const(8, I32)
    return i, j, Binary("mod", i, eight), Binary("mod", j, eight)


def test_facts_that_lead_back_to_each_other() -> None:
    i, j, small_i, small_j = _remainders()
    here = Ranges().assume(Binary("ge", i, small_j)).assume(Binary("ge", j, small_i))
    assert here.decide(Binary("lt", Binary("add", i, j), Const(-20, I32))) is False
    assert here.decide(Binary("lt", Binary("add", i, j), Const(20, I32))) is None
    facts = Facts().with_cond(Binary("ge", i, small_j)).with_cond(Binary("ge", j, small_i))
    assert not facts.proves(atom(i) + atom(j))


def _deep(levels: int) -> Kernel:
    value: Expr = Var("n", I32)
    for _ in range(levels):
        value = Unary("neg", Unary("not", value))
    y = Buffer("y", I32, (None,), "global")
    return Kernel("k", (y, Scalar("n", I32)), (Store("y", (Const(0, I32),), value),))


class _TooDeep(Pass):
    name = ""

    def apply(self, kernel: Kernel, platform: Platform) -> Kernel:
        return self.apply(kernel, platform)


def test_a_step_that_is_too_deep_is_named() -> None:
    with pytest.raises(InternalError, match="kernel 'k'"):
        recipe.replay(_deep(1), [_TooDeep()], CPU)


def test_a_step_that_may_be_left_out_is() -> None:
    deep = _deep(3000)
    with pytest.raises(InternalError, match="'simplify'"):
        recipe.replay(deep, [Simplify()], CPU, author="user")
    assert recipe.replay(deep, [Simplify()], CPU) == []
