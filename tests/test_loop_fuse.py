"""Loop fusion and contraction: what they join, what they must leave alone."""

from __future__ import annotations

from falconc.ir.nodes import Alloc, Binary, Body, Buffer, Const, Expr, For, Let, Load, Store, Var
from falconc.ir.types import F32, I32
from falconc.passes.loop_contraction import contract
from falconc.passes.loop_fuse import fuse_adjacent


def const(value: int) -> Const:
    return Const(value, I32)


def var(name: str) -> Var:
    return Var(name, I32)


def load(buffer: str, index: Expr) -> Load:
    return Load(buffer, (index,), F32)


def loop(name: str, body: Body, extent: int = 16) -> For:
    return For(name, const(0), const(extent), const(1), body)


def add(left: Expr, right: Expr) -> Binary:
    return Binary("add", left, right)


TEMPORARY = Alloc(Buffer("t", F32, (const(16),), "register"))


def test_neighbours_with_one_index_become_one_loop_and_the_array_a_scalar() -> None:
    body: Body = (
        TEMPORARY,
        loop("i", (Store("t", (var("i"),), load("a", var("i"))),)),
        loop("j", (Store("b", (var("j"),), add(load("t", var("j")), load("t", var("j")))),)),
    )
    fused = fuse_adjacent(body)
    assert fused[1:] == (
        loop(
            "i",
            (
                Store("t", (var("i"),), load("a", var("i"))),
                Store("b", (var("i"),), add(load("t", var("i")), load("t", var("i")))),
            ),
        ),
    )
    scalar = Load("t", (), F32)
    assert contract(fused) == (
        loop(
            "i",
            (
                Alloc(Buffer("t", F32, (), "register")),
                Store("t", (), load("a", var("i"))),
                Store("b", (var("i"),), add(scalar, scalar)),
            ),
        ),
    )


def test_a_shifted_read_is_not_fused() -> None:
    body: Body = (
        TEMPORARY,
        loop("i", (Store("t", (var("i"),), load("a", var("i"))),)),
        loop("j", (Store("b", (var("j"),), load("t", add(var("j"), const(1)))),)),
    )
    assert fuse_adjacent(body) is body
    assert contract(body) is body


def test_a_shared_cell_is_not_fused() -> None:
    body: Body = (
        loop("i", (Store("s", (const(0),), load("a", var("i"))),)),
        loop("j", (Store("b", (var("j"),), load("s", const(0))),)),
    )
    assert fuse_adjacent(body) is body


def test_other_bounds_are_not_fused() -> None:
    body: Body = (
        loop("i", (Store("t", (var("i"),), load("a", var("i"))),)),
        loop("j", (Store("b", (var("j"),), load("t", var("j"))),), extent=8),
    )
    assert fuse_adjacent(body) is body


def test_a_let_that_reads_what_the_first_loop_writes_stays_between() -> None:
    body: Body = (
        loop("i", (Store("t", (var("i"),), load("a", var("i"))),)),
        Let("x", load("t", const(3))),
        loop("j", (Store("b", (var("j"),), Var("x", F32)),)),
    )
    assert fuse_adjacent(body) is body


def test_an_accumulator_array_moves_inside_with_its_loop() -> None:
    """for l: acc[l] = 0; for k: for l: acc[l] += a[k]; for l: c[l] = acc[l]  ->  one loop over l, a scalar acc."""
    step = Store("t", (var("l2"),), add(load("t", var("l2")), load("a", var("k"))))
    body: Body = (
        TEMPORARY,
        loop("l1", (Store("t", (var("l1"),), Const(0.0, F32)),)),
        loop("k", (loop("l2", (step,)),), extent=100),
        loop("l3", (Store("c", (var("l3"),), load("t", var("l3"))),)),
    )
    result = contract(fuse_adjacent(body))
    scalar = Load("t", (), F32)
    assert result == (
        loop(
            "l1",
            (
                Alloc(Buffer("t", F32, (), "register")),
                Store("t", (), Const(0.0, F32)),
                loop("k", (Store("t", (), add(scalar, load("a", var("k")))),), extent=100),
                Store("c", (var("l1"),), scalar),
            ),
        ),
    )


def test_an_array_read_before_it_is_written_is_not_contracted() -> None:
    body: Body = (
        TEMPORARY,
        loop(
            "i",
            (
                Store("b", (var("i"),), load("t", var("i"))),
                Store("t", (var("i"),), load("a", var("i"))),
            ),
        ),
    )
    assert contract(body) is body
