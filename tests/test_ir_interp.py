"""The interpreter: C's arithmetic, memory, threads, and the faults it must report."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest

from falconc.errors import KernelFault
from falconc.ir import arithmetic, functions
from falconc.ir.interp import run
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
    View,
    While,
    parallel,
)
from falconc.ir.types import BF16, BOOL, F16, F32, F64, I8, I32, I64, U8, U32, U64
from falconc.source import Span


def c(value, dtype=I32):
    return Const(value, dtype)


def v(name, dtype=I32):
    return Var(name, dtype)


def op(name, a, b):
    return Binary(name, a, b)


def array(name, dtype=I32):
    return Buffer(name, dtype, (None,), "global")


def threads(count, *body):
    return For("tx", c(0), c(count), c(1), body, parallel("thread.x"))


def evaluated(e):
    out = np.zeros(1, {F32: np.float32, F64: np.float64, F16: np.float16}.get(e.dtype, np.int64))
    value = e if e.dtype.is_float else Cast(I64, e)
    run(Kernel("k", (array("o", value.dtype),), (Store("o", (c(0),), value),)), {"o": out})
    return out[0]


def test_integers_are_cs() -> None:
    assert evaluated(op("add", c(255, U8), c(1, U8))) == 0
    assert evaluated(op("div", c(-7), c(2))) == -3
    assert evaluated(op("mod", c(-7), c(2))) == -1
    assert evaluated(op("floordiv", c(-7), c(2))) == -4
    assert evaluated(op("floormod", c(-7), c(2))) == 1
    assert evaluated(op("shr", c(-8), c(1))) == -4
    assert evaluated(op("mul", c(1 << 30), c(4))) == 0
    assert evaluated(Cast(I8, c(200))) == -56
    assert evaluated(Cast(I32, c(-2.9, F32))) == -2
    assert evaluated(Cast(BOOL, c(0.5, F32))) == 1


@pytest.mark.parametrize(("dtype", "kind"), [(F16, np.float16), (BF16, ml_dtypes.bfloat16), (F32, np.float32)])
def test_every_float_type_rounds_as_numpy_does(dtype, kind) -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal(2000) * 10.0 ** rng.integers(-9, 9, 2000)
    with np.errstate(over="ignore"):
        for x in (*values.astype(np.float32).tolist(), 65519.0, 65520.0, 6e-8, 2.0**-25, -0.0):
            assert arithmetic.round_float(x, dtype) == float(np.float32(x).astype(kind))


def test_float_min_and_max_lose_nan_and_integers_convert_once() -> None:
    assert arithmetic.binary("max", math.nan, 2.0, F32) == 2.0
    assert arithmetic.convert((1 << 53) + 1, I64, F64) == float(1 << 53)
    assert arithmetic.convert((1 << 24) + 1, I32, F32) == float(1 << 24)
    assert arithmetic.apply("fma", [1.0 + 2**-12, 1.0 + 2**-12, -1.0], F32, F32) == 2**-11 + 2**-24
    assert arithmetic.apply("bitcast", [1.0], F32, U32) == 0x3F800000


def test_every_function_of_the_table_has_a_meaning() -> None:
    for f in functions.TABLE.values():
        args: list[float] = [0.5 if f.domain in ("float", "test", "bits") else 5] * f.arity
        source = I32 if f.domain == "int" else F32
        assert arithmetic.apply(f.name, args, source, {"bits": U32, "float": F32}.get(f.domain, I32)) is not None


def test_select_evaluates_one_side_and_lands_on_the_other() -> None:
    safe = Select(op("lt", v("i"), c(4)), Load("a", (v("i"),), I32), c(-1))
    loop = For("i", c(0), c(6), c(1), (Store("o", (v("i"),), safe),))
    a, o = np.arange(4, dtype=np.int32), np.zeros(6, np.int32)
    run(Kernel("k", (array("a"), array("o")), (loop,)), {"a": a, "o": o})
    assert o.tolist() == [0, 1, 2, 3, -1, -1]


def test_views_share_bytes() -> None:
    body = (
        View(Buffer("half", U8, (c(4),), "global"), "a", c(4)),
        Store("half", (c(1),), c(1, U8)),
    )
    a = np.zeros(2, np.int32)
    run(Kernel("k", (array("a"),), body), {"a": a})
    assert a.tolist() == [0, 256]


def test_threads_meet_at_a_barrier_and_in_a_loop() -> None:
    tile = Alloc(Buffer("tile", I32, (c(4),), "shared"))
    body = (
        Store("tile", (v("tx"),), v("tx")),
        Barrier(),
        Let("back", Load("tile", (op("sub", c(3), v("tx")),), I32)),
        For("s", c(0), c(3), c(1), (Barrier(), Store("tile", (v("tx"),), op("add", v("s"), v("back"))))),
        Barrier(),
        Store("o", (v("tx"),), Load("tile", (op("sub", c(3), v("tx")),), I32)),
    )
    o = np.zeros(4, np.int32)
    block = For("bx", c(0), c(1), c(1), (tile, threads(4, *body)), parallel("block.x"))
    run(Kernel("k", (array("o"),), (block,)), {"o": o})
    assert o.tolist() == [2, 3, 4, 5]


def test_lanes_exchange_and_an_ended_thread_is_not_waited_for() -> None:
    body = (
        If(op("eq", v("tx"), c(3)), (Return(),)),
        Collective("r", 4, v("tx"), arrived="who"),
        Barrier(),
        Store("o", (v("tx"),), op("add", Load("r", (c(1),), I32), Cast(I32, v("who", U64)))),
    )
    o = np.zeros(4, np.int32)
    run(Kernel("k", (array("o"),), (threads(4, *body),)), {"o": o})
    assert o.tolist() == [8, 8, 8, 0]


def test_atomics_and_break_and_while() -> None:
    add = Update("o", (c(0),), "add", (c(2),), atomic=True, old="before")
    wrap = Update("o", (c(1),), "inc", (c(2),), atomic=True)
    step = Store("i", (), op("add", Load("i", (), I32), c(1)))
    leave = If(op("ge", Load("i", (), I32), c(5)), (Break(),))
    body = (
        Alloc(Buffer("i", I32, (), "register")),
        Store("i", (), c(0)),
        While(c(True, BOOL), (leave, add, wrap, step)),
    )
    o = np.zeros(2, np.int32)
    run(Kernel("k", (array("o"),), body), {"o": o})
    assert o.tolist() == [10, 2]


WHERE = Span("k.cu", 7, 3)
FAULTS = {
    "out of bounds": (Store("o", (c(4),), c(1), where=WHERE),),
    "index -1": (Store("o", (c(-1),), c(1), where=WHERE),),
    "read before it is written": (
        Alloc(Buffer("t", I32, (), "register")),
        Store("o", (c(0),), Load("t", (), I32), where=WHERE),
    ),
    "division by zero": (Store("o", (c(0),), op("div", c(1), v("zero")), where=WHERE),),
    "step 0": (For("i", c(0), c(2), v("zero"), (), where=WHERE),),
    "out of range for i32": (Store("o", (c(0),), Cast(I32, c(3e9, F32)), where=WHERE),),
    "shift": (Store("o", (c(0),), op("shl", c(1), c(32)), where=WHERE),),
    "divergent barrier": (threads(2, If(op("eq", v("tx"), c(0)), (Barrier(where=WHERE),), (Barrier(where=WHERE),))),),
    "lanes that do not arrive": (
        threads(2, If(op("eq", v("tx"), c(0)), (Collective("r", 2, c(1), c(3, U64), where=WHERE),))),
    ),
    "'r' is read before": (
        threads(
            2,
            If(
                op("eq", v("tx"), c(0)),
                (Collective("r", 2, c(1)), Store("o", (c(0),), Load("r", (c(1),), I32), where=WHERE)),
            ),
        ),
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_faults_are_reported_with_their_place(what: str) -> None:
    kernel = Kernel("k", (array("o"), Scalar("zero", I32)), FAULTS[what])
    with pytest.raises(KernelFault, match=what) as error:
        run(kernel, {"o": np.zeros(4, np.int32), "zero": 0})
    assert error.value.where == WHERE
    assert error.value.exit_code == 1


def test_poison_may_be_copied_but_not_used() -> None:
    copy = (
        Alloc(Buffer("t", F32, (), "register")),
        Let("x", Load("t", (), F32)),
        Store("t", (), v("x", F32)),
    )
    o = np.zeros(1, np.float32)
    run(Kernel("k", (array("o", F32),), copy), {"o": o})
    used = (*copy, Store("o", (c(0),), Apply("exp", (v("x", F32),), F32)))
    with pytest.raises(KernelFault, match="read before"):
        run(Kernel("k", (array("o", F32),), used), {"o": o})
