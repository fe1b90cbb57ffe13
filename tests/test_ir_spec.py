"""Well-formedness: a kernel that keeps every rule passes, and each broken rule is named."""

from __future__ import annotations

import pytest

from falconc.errors import InternalError
from falconc.ir.nodes import (
    Alloc,
    Apply,
    Barrier,
    Binary,
    Break,
    Buffer,
    Cast,
    Collective,
    Const,
    For,
    If,
    Kernel,
    Let,
    Load,
    Return,
    Scalar,
    Select,
    Store,
    Update,
    Var,
    parallel,
)
from falconc.ir.spec import check
from falconc.ir.types import BOOL, F32, I32, I64, U8, U64


def c(value, dtype=I32):
    return Const(value, dtype)


A = Buffer("a", F32, (None,), "global")
R = Buffer("r", F32, (None,), "global", readonly=True)
N = Scalar("n", I32)
n = Var("n", I32)
i = Var("i", I32)
zero = c(0)
PUT = Store("a", (zero,), c(1.0, F32))


def loop(*body, kind=None, var="i", step=1):
    return For(var, zero, n, c(step), body, *([kind] if kind else []))


def kernel(*body):
    return Kernel("k", (A, R, N), body)


def test_a_kernel_that_keeps_the_rules() -> None:
    thread = (
        Let("half", Cast(I64, i)),
        Collective("lanes", 32, Load("r", (Var("half", I64),), F32), c(3, U64), "who"),
        If(Binary("lt", i, n), (Return(),)),
        Barrier(),
        For("j", zero, n, c(1), (PUT, Break())),
        Update("a", (i,), "add", (Load("lanes", (c(1),), F32),), atomic=True, old="before"),
    )
    check(kernel(loop(*thread, kind=parallel("thread.x"))))


BROKEN = {
    "bound twice": (loop(loop())),
    "no name 'x'": Store("a", (Var("x", I32),), c(1.0, F32)),
    "no buffer 'b'": Store("b", (zero,), c(1.0, F32)),
    "the stored value is i32, not f32": Store("a", (zero,), c(1)),
    "operands i32 and i64": Store("a", (Binary("add", n, c(1, I64)),), c(1.0, F32)),
    "'n' is i32, read as i64": Store("a", (Var("n", I64),), c(1.0, F32)),
    "'r' holds f32, read as i32": Store("a", (Load("r", (zero,), I32),), c(1.0, F32)),
    "2 indices for rank 1": Store("a", (zero, zero), c(1.0, F32)),
    "an index of type f32": Store("a", (c(0.0, F32),), c(1.0, F32)),
    "read-only 'r'": Store("r", (zero,), c(1.0, F32)),
    "the condition is i32": If(n, ()),
    "the other side is f32": Let("x", Select(c(True, BOOL), n, c(1.0, F32))),
    "not positive": loop(step=0),
    "a break outside": Break(),
    "a break outside a serial loop": loop(loop(Break(), kind=parallel("data"), var="j")),
    "a return across": loop(Return(), kind=parallel("data")),
    "a barrier outside": Barrier(),
    "a collective outside": Collective("x", 32, n),
    "an unknown axis": loop(kind=parallel("block.w")),
    "without extents": Alloc(Buffer("t", F32, (None,), "register")),
    "an unknown function": Let("x", Apply("expp", (c(1.0, F32),), F32)),
    "2 arguments": Let("x", Apply("exp", (c(1.0, F32), c(1.0, F32)), F32)),
    "mod of f32": Let("x", Binary("mod", c(1.0, F32), c(1.0, F32))),
    "out of range for u8": Let("x", c(256, U8)),
    "number of arguments of cas": Update("a", (zero,), "cas", (c(1.0, F32),)),
    "xor of floats": Update("a", (zero,), "xor", (c(1.0, F32),)),
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_broken_rule_is_named(what: str) -> None:
    with pytest.raises(InternalError, match=what):
        check(kernel(BROKEN[what]))


def test_names_end_with_their_body() -> None:
    with pytest.raises(InternalError, match="no name 'x'"):
        check(kernel(If(c(True, BOOL), (Let("x", n),)), Let("y", Var("x", I32))))
