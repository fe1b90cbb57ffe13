"""Ways to be wrong that a careless verifier would prove: each pair differs somewhere that is hard to reach."""

from __future__ import annotations

import kernels_by_hand as hand
import pytest
from kernels_by_hand import (
    BX,
    TX,
    M,
    N,
    X,
    buf,
    call,
    ceil_div,
    data,
    elementwise,
    f,
    gpu,
    i,
    ld,
    loop,
    m,
    n,
    op,
    reg,
    shared,
    st,
    v,
)

from falconc import verify
from falconc.ir.nodes import (
    VECTOR,
    Alloc,
    Apply,
    Barrier,
    Body,
    Buffer,
    Cast,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Let,
    Scalar,
    Select,
    Update,
    View,
    While,
)
from falconc.ir.types import F16, F32, F64, I8, I32, I64, U32, DType

COPY = elementwise("copy", X)
INSIDE = op("lt", v("i"), N)


def judged(a: Kernel, b: Kernel, options: verify.Options | None = None) -> verify.Verdict:
    return verify.equivalent_kernels(a, b, options)


def per_thread(params: tuple[object, ...], *body: object, outer: Body = (), block: int = 64) -> Kernel:
    """One thread per i < n, blocks of ``block``."""
    index = Let("i", op("add", op("mul", BX, i(block)), TX))
    return gpu("k", params, (ceil_div(N, block),), (block,), (index, *body), outer)  # type: ignore[arg-type]


XY = (buf("x", ro=True), buf("y"), n)
IDX = (buf("z", I32, True), buf("x", ro=True), buf("y"), n)


def store_if(cond: Expr, *more: object) -> Kernel:
    return per_thread(XY, If(cond, (st("y", v("i"), X),)), *more)


def window(low: float, high: float, joined: Expr | None = None) -> Kernel:
    """0 for x between two values that lie close together."""
    inside = joined or op("land", op("gt", X, f(low)), op("lt", X, f(high)))
    return elementwise("window", Select(inside, f(0), X))


def as_int(e: Expr) -> Expr:
    return Cast(I32, e)


def counted(t: DType, by_branch: bool) -> Kernel:
    """How many of a row are positive, counted in type ``t``."""
    x = ld("x", op("add", op("mul", v("r"), N), v("j")))
    one = Cast(t, Const(1, I32)) if t != I32 else i(1)
    step: Body
    if by_branch:
        step = (If(op("gt", x, f(0)), (st("c", Cast(t, op("add", Cast(I32, ld("c", t=t)), i(1)))),)),)
    else:
        step = (st("c", Cast(t, op("add", Cast(I32, ld("c", t=t)), as_int(op("gt", x, f(0)))))),)
    zero = Const(0, t)
    del one
    body = (reg("c", t), st("c", zero), loop("j", N, *step), st("y", v("r"), Cast(I32, ld("c", t=t))))
    return Kernel("count", (buf("x", ro=True), buf("y", I32), m, n), (data("r", M, *body),))


def through_bits(value: int) -> Kernel:
    """Writes floats through a view of integers."""
    seen = View(Buffer("u", U32, (N,), "global"), "y", i(0))
    return Kernel("bits", (buf("x", ro=True), buf("y"), n), (seen, data("i", N, st("u", v("i"), Const(value, U32)))))


def half_start() -> Kernel:
    """argmax that keeps its first candidate in half precision."""
    kernel = hand.argmax()
    (rows,) = kernel.body
    assert isinstance(rows, For)
    best, where, first, *rest = rows.body
    rounded = st("best", Cast(F32, Cast(F16, ld("x", op("mul", v("r"), N)))))
    del first
    return Kernel("argmax", kernel.params, (data("r", M, best, where, rounded, *rest),))


def last_writer() -> Kernel:
    """Which value stays depends on the order of threads, and so does nothing else."""
    old = Update("y", (i(0),), "exchange", (X,), atomic=True)
    return per_thread(XY, If(INSIDE, (old,)))


def guarded_gather(low: int | None, high: int | None) -> Kernel:
    """x[z[i]], or 0 where the index is not in [low, high)."""
    z = ld("z", v("i"), t=I32)
    value: Expr = ld("x", z)
    if high is not None:
        value = Select(op("lt", z, i(high)), value, f(0))
    if low is not None:
        value = Select(op("ge", z, i(low)), value, f(0))
    return per_thread(IDX, If(INSIDE, (st("y", v("i"), value),)))


def clamped_gather(high: int) -> Kernel:
    z = ld("z", v("i"), t=I32)
    return per_thread(IDX, If(INSIDE, (st("y", v("i"), ld("x", op("min", z, i(high)))),)))


def prefix(kind: object) -> Kernel:
    """A running sum, in a loop that may claim to be a vector loop."""
    body = st("y", v("j"), op("add", ld("y", op("sub", v("j"), i(1))), ld("x", v("j"))))
    return Kernel("prefix", XY, (For("j", i(1), N, i(1), (body,), kind),))  # type: ignore[arg-type]


def mode_kernel(value: Expr) -> Kernel:
    index = Let("i", op("add", op("mul", BX, i(64)), TX))
    body = (index, If(INSIDE, (st("y", v("i"), value),)))
    return gpu("k", (buf("x", ro=True), buf("y"), n, Scalar("mode", I32)), (ceil_div(N, 64),), (64,), body)


# Source and target; the other way round the target may be the better one.
NOT_PROVED = {
    "a narrow window": (window(0.3, 0.3001), COPY),
    "a narrow window of integers": (
        window(0, 0, op("ne", op("and", as_int(op("gt", X, f(0.3))), as_int(op("lt", X, f(0.3001)))), i(0))),
        COPY,
    ),
    "a narrow window by arithmetic": (
        window(0, 0, op("eq", op("add", as_int(op("gt", X, f(0.3))), as_int(op("lt", X, f(0.3001)))), i(2))),
        COPY,
    ),
    "a branch for one size": (elementwise("copy", Select(op("eq", N, i(77)), f(0), X)), COPY),
    "a branch for large sizes": (elementwise("copy", Select(op("gt", N, i(50_000)), f(0), X)), COPY),
    "a branch for small modes": (mode_kernel(Select(op("eq", v("mode"), i(0)), f(0), X)), mode_kernel(X)),
    "a guard that is never false": (store_if(op("land", INSIDE, op("lt", v("i"), i(100_000)))), store_if(INSIDE)),
    "a minimum of sizes": (
        per_thread(XY, If(op("lt", v("i"), op("min", N, i(100_000))), (st("y", v("i"), X),))),
        store_if(INSIDE),
    ),
    "a size kept in a register": (
        per_thread(
            XY,
            reg("c", I32),
            st("c", N),
            If(op("lt", v("i"), N), (st("y", v("i"), Select(op("eq", ld("c", t=I32), i(999)), f(0), X)),)),
        ),
        store_if(INSIDE),
    ),
    "one remainder of many": (
        elementwise("copy", Select(op("eq", op("mod", N, i(64)), i(37)), f(0), X)),
        COPY,
    ),
    "counted in a byte": (counted(I32, False), counted(I8, False)),
    "counted in a byte under a branch": (counted(I32, True), counted(I8, True)),
    "other bits": (through_bits(0x3F800000), through_bits(0x40000000)),
    "a candidate in half precision": (hand.argmax(), half_start()),
    "floor of a half": (
        elementwise("fl", call("floor", X)),
        elementwise("fl", call("floor", Cast(F32, Cast(F16, X)))),
    ),
    "the last writer": (last_writer(), last_writer()),
    "no guard against negative indices": (guarded_gather(0, None), guarded_gather(None, None)),
    "no guard against large indices": (guarded_gather(None, 64), guarded_gather(None, None)),
    "indices clamped": (guarded_gather(None, None), clamped_gather(63)),
    "a vector loop that carries a sum": (prefix(hand.SERIAL), prefix(VECTOR)),
    "square root by power": (
        elementwise("r", call("sqrt", X)),
        elementwise("r", Apply("pow", (X, f(0.5)), F32)),
    ),
    "a quotient by reciprocal": (
        elementwise("q", op("div", X, ld("z", v("i"))), buf("z", ro=True)),
        elementwise("q", op("mul", X, op("div", f(1), ld("z", v("i")))), buf("z", ro=True)),
    ),
    "nothing times infinity": (elementwise("z", op("mul", X, f(0))), elementwise("z", f(0))),
    "one over itself": (elementwise("z", op("div", X, X)), elementwise("z", f(1))),
    "log of exp": (elementwise("z", call("log", call("exp", X))), COPY),
    "a difference of itself": (elementwise("z", op("sub", X, X)), elementwise("z", f(0))),
    "a double constant for a float one": (
        elementwise("c", op("mul", X64, Cast(F64, f(0.1))), t=F64) if (X64 := ld("x", v("i"), t=F64)) else COPY,
        elementwise("c", op("mul", ld("x", v("i"), t=F64), f(0.1, F64)), t=F64),
    ),
}


@pytest.mark.parametrize("name", NOT_PROVED)
def test_not_proved(name: str) -> None:
    verdict = judged(*NOT_PROVED[name])
    assert verdict.name != "Proved", verdict


# --- races -----------------------------------------------------------------------------------------------------------


def each_lane_writes(value: Expr) -> Kernel:
    """All threads of a block write one element."""
    return per_thread((buf("x", ro=True), buf("y"), n), Let("b", ld("x", BX)), st("y", BX, value))


def one_lane_writes() -> Kernel:
    return per_thread((buf("x", ro=True), buf("y"), n), If(op("eq", TX, i(0)), (st("y", BX, ld("x", BX)),)))


def test_threads_that_write_the_same_value_race_unless_the_source_does_so_too() -> None:
    same = each_lane_writes(v("b", F32))
    verdict = judged(one_lane_writes(), same)
    assert verdict.name == "Refuted"
    assert "race" in verdict.reason
    verdict = judged(same, same)
    assert verdict.name == "Proved"
    assert any("several threads write the same value" in a for a in verdict.evidence.assumptions)
    assert judged(same, one_lane_writes()).name == "Proved"
    assert judged(each_lane_writes(op("add", v("b", F32), Cast(F32, TX))), same).name == "Unknown"


def nested(plain: bool) -> Kernel:
    """Three parallel loops, the inner two directly nested; the innermost adds to one element."""
    add = Update("y", (op("add", op("mul", v("r"), N), v("c")),), "add", (ld("x", v("d")),), atomic=not plain)
    inner = data("c", N, data("d", i(5), add))
    return Kernel("n", (buf("x", ro=True), buf("y"), m, n), (data("r", M, Let("u", v("r")), inner),))


def test_a_race_in_the_innermost_of_three_loops_is_found() -> None:
    assert judged(nested(False), nested(True)).name == "Refuted"
    assert judged(nested(True), nested(True)).name == "Unknown"


def phases_of_atomics() -> Kernel:
    """Shared counters: set, added to, read, set again and added to again. No race."""
    at = op("mod", TX, i(4))
    phase: Body = (
        If(op("lt", TX, i(4)), (st("s", TX, f(0)),)),
        Barrier(),
        Update("s", (at,), "add", (Cast(F32, TX),), atomic=True),
        Barrier(),
    )
    write = If(INSIDE, (st("y", v("i"), op("add", ld("y", v("i")), ld("s", at))),))
    body = (*phase, write, Barrier(), *phase)
    last = If(INSIDE, (st("x", v("i"), ld("s", at)),))
    return per_thread((buf("x"), buf("y"), n), *body, last, outer=(shared("s", 4),))


def test_atomics_after_reads_of_an_earlier_phase_do_not_race() -> None:
    verdict = judged(phases_of_atomics(), phases_of_atomics())
    assert verdict.name == "Proved", verdict.reason


def late_reader(whole: bool) -> Kernel:
    """A thread of warp 0 and one of warp 1 read; after a barrier of the warp alone, or of the block, warp 1 writes."""
    reads = (
        If(op("eq", TX, i(0)), (st("r", ld("s", i(0))),)),
        If(op("eq", TX, i(32)), (st("r", ld("s", i(0))),)),
        If(op("eq", TX, i(33)), (st("r", ld("s", i(0))),)),
    )
    meet = Barrier() if whole else Barrier("warp")
    body = (
        reg("r"),
        st("r", f(0)),
        If(op("eq", TX, i(0)), (st("s", i(0), f(1)),)),
        Barrier(),
        *reads,
        meet,
        If(op("eq", TX, i(33)), (st("s", i(0), f(2)),)),
        If(INSIDE, (st("y", v("i"), ld("r")),)),
    )
    return per_thread(XY, *body, outer=(shared("s", 1),))


def test_a_reader_of_another_warp_is_not_forgotten() -> None:
    assert judged(late_reader(True), late_reader(True)).name == "Proved"
    verdict = judged(late_reader(True), late_reader(False))
    assert verdict.name == "Refuted"
    assert "race" in verdict.reason


def missed_atomic(order: tuple[int, int]) -> Kernel:
    """Two threads add, one of them also stores plainly."""
    add = Update("s", (i(0),), "add", (f(1),), atomic=True)
    body = (
        If(op("eq", TX, i(0)), (st("s", i(0), f(1)),)),
        Barrier(),
        If(op("eq", TX, i(order[0])), (add,)),
        If(op("eq", TX, i(order[1])), (add, st("s", i(0), f(3)))),
        Barrier(),
        If(INSIDE, (st("y", v("i"), ld("s", i(0))),)),
    )
    return per_thread(XY, *body, outer=(shared("s", 1),))


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 40), (40, 0)])
def test_a_plain_write_beside_atomics_of_two_threads_races(order: tuple[int, int]) -> None:
    verdict = judged(missed_atomic(order), missed_atomic(order))
    assert verdict.name == "Unknown"
    assert "race" in verdict.reason


# --- more than necessary must not be asked ---------------------------------------------------------------------------


ALWAYS_TRUE = {
    "a row of its own": gpu(
        "k",
        (buf("x", ro=True), buf("y"), n),
        (N,),
        (32,),
        (If(op("lt", BX, N), (If(op("eq", TX, i(0)), (st("y", BX, ld("x", BX)),)),)),),
    ),
    "sizes are positive": per_thread(XY, If(op("gt", N, i(0)), (If(INSIDE, (st("y", v("i"), X),)),))),
    "constants": per_thread(XY, If(op("lt", op("div", TX, i(32)), i(2)), (If(INSIDE, (st("y", v("i"), X),)),))),
    "guarded twice": per_thread(XY, If(INSIDE, (If(INSIDE, (st("y", v("i"), X),)),))),
    "a guard under a loop": Kernel(
        "k", XY, (data("j", N, If(op("lt", v("j"), N), (st("y", v("j"), ld("x", v("j"))),))),)
    ),
    "within a window": elementwise("w", Select(op("land", op("gt", X, f(-1)), op("lt", X, f(1))), f(0), X)),
    "padded indices": guarded_gather(0, None),
    "bounded indices": guarded_gather(0, 64),
    "counting": counted(I32, False),
    "counting under a branch": counted(I32, True),
}


@pytest.mark.parametrize("name", ALWAYS_TRUE)
def test_proved(name: str) -> None:
    verdict = judged(ALWAYS_TRUE[name], ALWAYS_TRUE[name])
    assert verdict.name == "Proved", (verdict.reason, verdict.evidence.unseen_paths)


# --- programs that want too much -------------------------------------------------------------------------------------


def test_a_target_that_wants_all_memory_is_refuted() -> None:
    big = Alloc(Buffer("t", F32, (op("mul", Cast(I64, N), Const(1 << 34, I64)),), "global"))
    hungry = Kernel("copy", XY, (big, st("t", i(0), f(1)), data("j", N, st("y", v("j"), ld("x", v("j"))))))
    plain = Kernel("copy", XY, (data("j", N, st("y", v("j"), ld("x", v("j")))),))
    verdict = judged(plain, hungry)
    assert verdict.name == "Refuted", verdict.reason
    assert "memory" in verdict.reason


def test_a_kernel_that_is_slow_everywhere_does_not_run_for_minutes() -> None:
    """Each run is within its limit; together they would take very long."""
    import time

    spin = (
        reg("a", I64),
        st("a", Const(0, I64)),
        For(
            "k1",
            i(0),
            i(400_000_000),
            i(1),
            (st("a", op("add", op("mul", ld("a", t=I64), Const(3, I64)), Cast(I64, v("k1")))),),
        ),
    )
    del spin
    wait = While(op("lt", ld("a", t=I32), i(200_000_000)), (st("a", op("add", ld("a", t=I32), i(1))),))
    slow = Kernel("slow", XY, (reg("a", I32), st("a", i(0)), wait, data("j", N, st("y", v("j"), ld("x", v("j"))))))
    start = time.monotonic()
    verdict = judged(slow, slow, verify.Options(seconds=2))
    assert time.monotonic() - start < 30
    assert verdict.name in ("Tested", "Unknown", "Proved")


def test_sizes_of_another_width_are_an_assumption() -> None:
    wide = Kernel(
        "copy",
        (buf("x", ro=True), buf("y"), Scalar("n", I64)),
        (
            For(
                "j",
                Const(0, I64),
                v("n", I64),
                Const(1, I64),
                (st("y", v("j", I64), ld("x", v("j", I64))),),
                hand.parallel("data"),
            ),
        ),
    )
    narrow = Kernel("copy", XY, (data("j", N, st("y", v("j"), ld("x", v("j")))),))
    verdict = judged(wide, narrow)
    assert verdict.name == "Proved"
    assert any("n fits i32" in a for a in verdict.evidence.assumptions)
