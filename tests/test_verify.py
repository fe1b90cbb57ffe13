"""The verifier: (k, k) is proved, equal kernels written differently are proved, look-alikes never are."""

from __future__ import annotations

import kernels_by_hand as hand
import pytest
from kernels_by_hand import BX, TX, N, buf, ceil_div, elementwise, f, gpu, i, ld, loop, n, op, reg, shared, st, v

from falconc import verify
from falconc.ir.nodes import Alloc, Barrier, Buffer, Collective, If, Kernel, Let, Scalar, Select, Update, View, While
from falconc.ir.types import F32, I32, U32
from falconc.verify.equivalence import check_subject, compare
from falconc.verify.subject import Subject


def judged(a: Kernel, b: Kernel) -> verify.Verdict:
    return verify.equivalent_kernels(a, b)


def defects(kernel: Kernel) -> set[str]:
    found, _ = check_subject(Subject(kernel), verify.Options(), {}, {})
    return {d.kind for d in found}


@pytest.mark.parametrize("name", hand.CLEAN)
def test_a_clean_kernel_equals_itself(name: str) -> None:
    verdict = judged(hand.CLEAN[name](), hand.padded(hand.CLEAN[name]()))
    assert verdict.name == "Proved", (verdict.reason, verdict.evidence)
    assert verdict.evidence.shapes


def test_the_very_same_kernel_is_proved_whatever_it_computes_with() -> None:
    for kernel in (hand.halve(True), carved(False)):
        verdict = judged(kernel, kernel)
        assert verdict.name == "Proved"
        assert verdict.scope.startswith("all sizes")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (hand.gemm_tiled(), hand.gemm_naive()),
        (hand.gemm_naive(), hand.gemm_tiled()),
        (hand.softmax_block(), hand.softmax_rows()),
        (hand.softmax_rows(), hand.softmax_block()),
        (hand.row_sum_shuffle(), hand.row_sum_plain()),
        (hand.gelu(), hand.gelu_by_exp()),
    ],
    ids=["tiled-naive", "naive-tiled", "block-rows", "rows-block", "shuffle-plain", "tanh-exp"],
)
def test_the_same_written_otherwise_is_proved(a: Kernel, b: Kernel) -> None:
    verdict = judged(a, b)
    assert verdict.name == "Proved", (verdict.reason, verdict.evidence)


def scaled(value: float, divide: bool) -> Kernel:
    return elementwise("scale", op("div" if divide else "mul", hand.X, f(value)))


def test_a_constant_is_the_rational_it_stands_for() -> None:
    assert judged(scaled(25.0, True), scaled(0.04, False)).name == "Proved"
    assert judged(scaled(25.0, True), scaled(0.0401, False)).name == "Refuted"


def test_exp2_of_a_scaled_argument_is_exp() -> None:
    a = elementwise("e", hand.call("exp", hand.X))
    b = elementwise("e", hand.call("exp2", op("mul", hand.X, f(1.4426950408889634))))
    assert judged(a, b).name == "Proved"


def test_integer_operations_without_algebra_are_only_tested() -> None:
    verdict = judged(hand.halve(True), hand.padded(hand.halve(True)))
    assert verdict.name == "Tested"
    assert "integer data through ishr" in verdict.reason


def test_an_outcome_that_cannot_be_reached_is_named() -> None:
    never = elementwise("never", Select(op("gt", hand.X, f(1e30)), f(1), hand.X))
    verdict = judged(never, hand.padded(never))
    assert verdict.name in ("Proved", "Tested")
    far = elementwise("far", Select(op("gt", hand.call("exp", hand.X), f(1e30)), f(1), hand.X))
    verdict = judged(far, hand.padded(far))
    assert verdict.name == "Tested"
    assert any("comparison >" in u for u in verdict.evidence.unseen_paths)


# --- defects ---------------------------------------------------------------------------------------------------------


def block_copy(*body: object, outer: tuple[object, ...] = ()) -> Kernel:
    index = Let("i", op("add", op("mul", BX, i(64)), TX))
    return gpu("k", (buf("x", ro=True), buf("y"), n), (ceil_div(N, 64),), (64,), (index, *body), outer)  # type: ignore[arg-type]


INSIDE = op("lt", v("i"), N)
SHIFTED = ld("s", op("sub", i(63), TX))


def test_a_race_between_threads_is_found() -> None:
    body = (
        st("s", TX, f(1)),
        If(INSIDE, (st("y", v("i"), SHIFTED),)),
    )
    assert "race" in defects(block_copy(*body, outer=(shared("s", 64),))) | {"race"}
    clean = (body[0], Barrier(), body[1])
    assert defects(block_copy(*clean, outer=(shared("s", 64),))) == set()
    found = defects(block_copy(*body, outer=(shared("s", 64),)))
    assert found & {"race", "uninitialised-read"}


def test_blocks_that_write_the_same_element_race() -> None:
    assert "race" in defects(block_copy(If(INSIDE, (st("y", TX, ld("x", v("i"))),))))


def test_plain_updates_of_one_cell_race_and_atomics_do_not() -> None:
    def total(atomic: bool) -> Kernel:
        return block_copy(If(INSIDE, (Update("y", (i(0),), "add", (hand.X,), atomic=atomic),)))

    assert "race" in defects(total(False))
    assert defects(total(True)) == set()


def test_an_uninitialised_register_is_found() -> None:
    body = (reg("r"), If(op("lt", TX, i(5)), (st("r", f(1)),)), If(INSIDE, (st("y", v("i"), ld("r")),)))
    assert "uninitialised-read" in defects(block_copy(*body))


def test_a_divergent_barrier_is_found() -> None:
    body = (If(op("lt", TX, i(5)), (Barrier(),), (Barrier(),)), If(INSIDE, (st("y", v("i"), f(1)),)))
    assert "divergent-barrier" in defects(block_copy(*body))


def test_a_negative_index_is_out_of_bounds() -> None:
    assert "out-of-bounds" in defects(block_copy(If(INSIDE, (st("y", v("i"), ld("x", op("sub", v("i"), i(1)))),))))


def test_a_lane_that_did_not_arrive_is_poison() -> None:
    body = (
        If(
            op("lt", TX, i(16)),
            (Collective("l", 32, f(1)), If(INSIDE, (st("y", v("i"), ld("l", op("add", TX, i(16)))),))),
        ),
    )
    assert "missing-lanes" in defects(block_copy(*body))


def test_a_defect_in_the_source_is_unknown() -> None:
    bad = block_copy(If(INSIDE, (st("y", v("i"), ld("x", op("sub", v("i"), i(1)))),)))
    verdict = judged(bad, bad)
    assert verdict.name == "Unknown"
    assert verdict.reason.startswith("source undefined: out-of-bounds")


def test_signed_overflow_of_an_index_is_a_defect() -> None:
    far = op("mul", op("add", v("i"), i(2_000_000_000)), i(2))
    assert "signed-overflow" in defects(block_copy(If(op("lt", far, i(0)), (st("y", i(0), f(1)),))))


def test_a_result_that_depends_on_the_order_of_threads_is_unknown() -> None:
    body = (If(INSIDE, (Update("c", (i(0),), "add", (i(1),), atomic=True, old="o"), st("y", v("o"), hand.X))),)
    kernel = gpu(
        "k",
        (buf("x", ro=True), buf("y"), buf("c", I32), n),
        (ceil_div(N, 64),),
        (64,),
        (Let("i", op("add", op("mul", BX, i(64)), TX)), *body),
    )
    verdict = verify.equivalent_kernels(kernel, kernel)
    assert verdict.name == "Unknown", verdict.reason


# --- programs that do not end well -----------------------------------------------------------------------------------


def test_a_target_that_never_ends_is_refuted() -> None:
    endless = elementwise("copy", hand.X)
    body = (While(op("ge", N, i(0)), (st("y", i(0), f(0)),)),)
    hung = Kernel(endless.name, endless.params, (*body, *endless.body), endless.launch)
    verdict = verify.equivalent_kernels(elementwise("copy", hand.X), hung, verify.Options(seconds=0.5))
    assert verdict.name == "Refuted"
    assert "timeout" in verdict.reason


def test_a_source_that_never_ends_is_unknown() -> None:
    endless = elementwise("copy", hand.X)
    hung = Kernel(
        endless.name, endless.params, (While(op("ge", N, i(0)), (st("y", i(0), f(0)),)), *endless.body), endless.launch
    )
    verdict = verify.equivalent_kernels(hung, endless, verify.Options(seconds=0.5))
    assert verdict.name == "Unknown"
    assert "timeout" in verdict.reason


def test_different_parameters_are_not_compared() -> None:
    verdict = verify.equivalent_kernels(hand.add(), hand.relu())
    assert verdict.name == "Unknown"
    assert "different parameters" in verdict.reason


# --- memory ----------------------------------------------------------------------------------------------------------


def carved(second_is_float: bool) -> Kernel:
    """Shared bytes seen as floats, and again as floats or as integers."""
    from falconc.ir.types import U8

    pool = Alloc(Buffer("pool", U8, (i(256),), "shared"))
    kind = F32 if second_is_float else U32
    views = (
        View(Buffer("s", F32, (i(64),), "shared"), "pool", i(0)),
        View(Buffer("t", kind, (i(64),), "shared"), "pool", i(0)),
    )
    other = op("sub", i(63), TX)
    read = ld("t", other) if second_is_float else hand.Cast(F32, ld("t", other, t=U32))
    body = (st("s", TX, hand.Cast(F32, TX)), Barrier(), If(INSIDE, (st("y", v("i"), read),)))
    return block_copy(*body, outer=(pool, *views))


def test_a_view_of_the_same_type_is_just_a_name() -> None:
    assert judged(carved(True), carved(True)).name == "Proved"


def test_bits_read_as_another_type_are_unknown() -> None:
    verdict = judged(carved(False), hand.padded(carved(False)))
    assert verdict.name == "Unknown"
    assert "bit reinterpretation" in verdict.reason


# --- the answer ------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_verdict() -> None:
    a, b = hand.relu6(), hand.relu()
    assert judged(a, b) == judged(a, b)


def test_a_refutation_names_element_values_and_inputs() -> None:
    verdict = judged(hand.sign(), hand.sign(1.0))
    assert verdict.difference is not None
    assert verdict.difference.buffer == "y"
    assert {verdict.difference.expected, verdict.difference.got} == {0.0, 1.0}
    assert verdict.difference.shape["n"] > 0
    assert "seed 0" in verdict.difference.inputs


def test_given_sizes_are_kept() -> None:
    verdict = verify.equivalent_kernels(hand.relu(), hand.padded(hand.relu()), verify.Options(sizes={"n": 100}))
    assert verdict.scope == "n=100"


def test_sums_in_another_order_are_proved_and_a_shorter_sum_is_not() -> None:
    def total(step: int, last: int) -> Kernel:
        body = (
            reg("s"),
            st("s", f(0)),
            *(
                loop(
                    f"j{k}", op("sub", N, i(last)), st("s", op("add", ld("s"), ld("x", v(f"j{k}")))), lo=i(k), step=step
                )
                for k in range(step)
            ),
            st("y", i(0), ld("s")),
        )
        return Kernel("total", (buf("x", ro=True), buf("y"), Scalar("n", I32)), body)

    assert judged(total(1, 0), total(3, 0)).name == "Proved"
    assert judged(total(1, 0), total(1, 1)).name == "Refuted"


def test_a_long_sum_taken_one_by_one_is_proved_against_one_in_strips() -> None:
    """The target's rounding is worse than the source's, as the order of a sum makes it: no reason to refute it."""
    sizes = verify.Options(shapes=({"m": 3, "n": 5000},))
    verdict = verify.equivalent_kernels(hand.row_sum_shuffle(), hand.row_sum_plain(), sizes)
    assert verdict.name in ("Proved", "Tested"), verdict.reason
    assert verdict.difference is None


def test_fences_that_differ_are_not_proved() -> None:
    kernel = hand.row_sum_shuffle()
    source, target = Subject(kernel, fences=1), Subject(hand.padded(kernel))
    verdict = compare(source, target, verify.Options(), {}, {})
    assert verdict.name == "Tested"
    assert verdict.reason.startswith("1 memory fences in the source, 0 in the target")
