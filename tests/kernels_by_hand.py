"""Kernels written straight in the IR, for tests that need no frontend."""

from __future__ import annotations

from dataclasses import replace

from falconc.ir.nodes import (
    SERIAL,
    Alloc,
    Apply,
    Barrier,
    Binary,
    Buffer,
    Cast,
    Collective,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Launch,
    Let,
    Load,
    Param,
    Scalar,
    Select,
    Stmt,
    Store,
    Update,
    Var,
    parallel,
)
from falconc.ir.types import F32, I32, I64, DType

Body = tuple[Stmt, ...]


def i(v: int) -> Const:
    return Const(v, I32)


def f(v: float, t: DType = F32) -> Const:
    return Const(v, t)


def v(name: str, t: DType = I32) -> Var:
    return Var(name, t)


def op(o: str, a: Expr, b: Expr, *more: Expr) -> Expr:
    out: Expr = Binary(o, a, b)  # type: ignore[arg-type]
    for m in more:
        out = Binary(o, out, m)  # type: ignore[arg-type]
    return out


def ld(name: str, *index: Expr, t: DType = F32) -> Load:
    return Load(name, index, t)


def st(name: str, *args: Expr) -> Store:
    return Store(name, args[:-1], args[-1])


def call(name: str, *args: Expr) -> Apply:
    return Apply(name, args, args[0].dtype)


def buf(name: str, t: DType = F32, ro: bool = False) -> Buffer:
    return Buffer(name, t, (None,), "global", readonly=ro)


def reg(name: str, t: DType = F32, *shape: int) -> Alloc:
    return Alloc(Buffer(name, t, tuple(i(s) for s in shape), "register"))


def shared(name: str, *shape: int, t: DType = F32) -> Alloc:
    return Alloc(Buffer(name, t, tuple(i(s) for s in shape), "shared"))


def loop(var: str, hi: Expr, *body: Stmt, lo: Expr | None = None, step: int = 1) -> For:
    return For(var, lo or i(0), hi, i(step), body, SERIAL)


def data(var: str, hi: Expr, *body: Stmt) -> For:
    return For(var, i(0), hi, i(1), body, parallel("data"))


def padded(kernel: Kernel) -> Kernel:
    """The same kernel with a name nobody uses, so that it is not the very same."""
    return replace(kernel, body=(Let("nobody_uses_this", i(0)), *kernel.body))


def ceil_div(a: Expr, b: int) -> Expr:
    return op("div", op("add", a, i(b - 1)), i(b))


def gpu(
    name: str,
    params: tuple[Param, ...],
    grid: tuple[Expr, ...],
    block: tuple[int, ...],
    body: Body,
    outer: Body = (),
) -> Kernel:
    """Threads of blocks: ``outer`` is allocated per block, ``body`` runs per thread. Variables bx by bz tx ty tz."""
    inner: Body = body
    for axis, extent in zip("xyz", block, strict=False):
        inner = (For(f"t{axis}", i(0), i(extent), i(1), inner, parallel(f"thread.{axis}")),)
    inner = (*outer, *inner)
    for axis, extent_ in zip("xyz", grid, strict=False):
        inner = (For(f"b{axis}", i(0), extent_, i(1), inner, parallel(f"block.{axis}")),)
    full = tuple(grid) + (i(1),) * (3 - len(grid))
    threads = tuple(block) + (1,) * (3 - len(block))
    return Kernel(name, params, inner, Launch(full, threads))  # type: ignore[arg-type]


N, M, K = v("n"), v("m"), v("k")
n, m, k = Scalar("n", I32), Scalar("m", I32), Scalar("k", I32)
TX, TY, BX, BY = v("tx"), v("ty"), v("bx"), v("by")


def elementwise(name: str, value: Expr, *extra: Param, t: DType = F32, out: DType | None = None) -> Kernel:
    """y[i] = value, guarded; ``value`` reads x[i] as ``X``."""
    index = Let("i", op("add", op("mul", BX, i(64)), TX))
    body = (index, If(op("lt", v("i"), N), (st("y", v("i"), value),)))
    return gpu(name, (buf("x", t, True), *extra, buf("y", out or t), n), (ceil_div(N, 64),), (64,), body)


X = ld("x", v("i"))


def add() -> Kernel:
    return elementwise("add", op("add", X, ld("z", v("i"))), buf("z", ro=True))


def axpy() -> Kernel:
    value = op("add", op("mul", v("alpha", F32), X), op("mul", ld("y", v("i")), v("beta", F32)))
    return elementwise("axpy", value, Scalar("alpha", F32), Scalar("beta", F32))


def relu() -> Kernel:
    return elementwise("relu", op("max", X, f(0)))


def relu6() -> Kernel:
    return elementwise("relu6", op("min", op("max", X, f(0)), f(6)))


def sign(at_zero: float = 0.0) -> Kernel:
    value = Select(op("gt", X, f(0)), f(1), Select(op("lt", X, f(0)), f(-1), f(at_zero)))
    return elementwise("sign", value)


def gelu() -> Kernel:
    inner = op("mul", f(0.7978845608), op("add", X, op("mul", f(0.044715), X, X, X)))
    return elementwise("gelu", op("mul", f(0.5), X, op("add", f(1), call("tanh", inner))))


def gelu_by_exp() -> Kernel:
    """The same through exp: tanh(u) = 1 - 2 / (exp(2u) + 1)."""
    inner = op("mul", f(2 * 0.7978845608), op("add", X, op("mul", X, op("mul", X, op("mul", X, f(0.044715))))))
    tanh = op("sub", f(1), op("div", f(2), op("add", call("exp", inner), f(1))))
    return elementwise("gelu", op("mul", f(0.5), X, op("add", f(1), tanh)))


def gemm_naive() -> Kernel:
    at = op("add", op("mul", v("r"), N), v("c"))
    product = op(
        "mul", ld("a", op("add", op("mul", v("r"), K), v("j"))), ld("b", op("add", op("mul", v("j"), N), v("c")))
    )
    body = loop(
        "c", N, reg("s"), st("s", f(0)), loop("j", K, st("s", op("add", ld("s"), product))), st("o", at, ld("s"))
    )
    return Kernel("gemm", (buf("a", ro=True), buf("b", ro=True), buf("o"), m, n, k), (data("r", M, body),))


def gemm_tiled(tile: int = 16) -> Kernel:
    t = i(tile)
    row = Let("row", op("add", op("mul", BY, t), TY))
    col = Let("col", op("add", op("mul", BX, t), TX))
    ka, kb = Let("ka", op("add", op("mul", v("q"), t), TX)), Let("kb", op("add", op("mul", v("q"), t), TY))
    inside_a = op("land", op("lt", v("row"), M), op("lt", v("ka"), K))
    inside_b = op("land", op("lt", v("kb"), K), op("lt", v("col"), N))
    flat = op("add", op("mul", TY, t), TX)
    product = op("mul", ld("sa", op("add", op("mul", TY, t), v("e"))), ld("sb", op("add", op("mul", v("e"), t), TX)))
    tiles = loop(
        "q",
        ceil_div(K, tile),
        ka,
        kb,
        st("sa", flat, Select(inside_a, ld("a", op("add", op("mul", v("row"), K), v("ka"))), f(0))),
        st("sb", flat, Select(inside_b, ld("b", op("add", op("mul", v("kb"), N), v("col"))), f(0))),
        Barrier(),
        loop("e", t, st("acc", op("add", ld("acc"), product))),
        Barrier(),
    )
    guard = op("land", op("lt", v("row"), M), op("lt", v("col"), N))
    write = If(guard, (st("o", op("add", op("mul", v("row"), N), v("col")), ld("acc")),))
    body = (row, col, reg("acc"), st("acc", f(0)), tiles, write)
    outer = (shared("sa", tile * tile), shared("sb", tile * tile))
    params = (buf("a", ro=True), buf("b", ro=True), buf("o"), m, n, k)
    return gpu("gemm", params, (ceil_div(N, tile), ceil_div(M, tile)), (tile, tile), body, outer)


def softmax_rows(subtract_max: bool = True) -> Kernel:
    """A plain nest over rows of n."""
    at = op("add", op("mul", v("r"), N), v("j"))
    shifted = op("sub", ld("x", at), ld("mx")) if subtract_max else ld("x", at)
    body = (
        reg("mx"),
        reg("s"),
        st("mx", f(float("-inf"))),
        loop("j", N, st("mx", op("max", ld("mx"), ld("x", at)))),
        st("s", f(0)),
        loop("j2", N, st("s", op("add", ld("s"), call("exp", _renamed(shifted, "j2"))))),
        loop("j3", N, st("y", _renamed(at, "j3"), op("div", call("exp", _renamed(shifted, "j3")), ld("s")))),
    )
    return Kernel("softmax", (buf("x", ro=True), buf("y"), m, n), (data("r", M, *body),))


def _renamed(e: Expr, name: str) -> Expr:
    from falconc.ir.walk import substitute

    return substitute(e, {"j": v(name)})


def softmax_block(width: int = 64) -> Kernel:
    """One block a row; tree reduction in shared memory for maximum and sum."""
    w = i(width)
    at = op("add", op("mul", BX, N), v("j"))

    def tree(name: str, combine: str) -> Body:
        steps: list[Stmt] = [Barrier()]
        half = width // 2
        while half:
            other = ld("sh", op("add", TX, i(half)))
            steps += [If(op("lt", TX, i(half)), (st("sh", TX, op(combine, ld("sh", TX), other)),)), Barrier()]
            half //= 2
        return (*steps, Let(name, ld("sh", i(0))), Barrier())

    def strided(var: str, *body: Stmt) -> For:
        return For(var, TX, N, w, body)

    body = (
        reg("p"),
        st("p", f(float("-inf"))),
        strided("j", st("p", op("max", ld("p"), ld("x", at)))),
        st("sh", TX, ld("p")),
        *tree("mx", "max"),
        st("p", f(0)),
        strided("j2", st("p", op("add", ld("p"), call("exp", op("sub", ld("x", _renamed(at, "j2")), v("mx", F32)))))),
        st("sh", TX, ld("p")),
        *tree("total", "add"),
        strided(
            "j3",
            st(
                "y",
                _renamed(at, "j3"),
                op("div", call("exp", op("sub", ld("x", _renamed(at, "j3")), v("mx", F32))), v("total", F32)),
            ),
        ),
    )
    return gpu("softmax", (buf("x", ro=True), buf("y"), m, n), (M,), (width,), body, (shared("sh", width),))


def row_sum_shuffle() -> Kernel:
    """One warp a row, butterfly over lanes."""
    body: list[Stmt] = [
        reg("p"),
        st("p", f(0)),
        For("j", TX, N, i(32), (st("p", op("add", ld("p"), ld("x", op("add", op("mul", BX, N), v("j"))))),)),
    ]
    for offset in (16, 8, 4, 2, 1):
        lanes = f"l{offset}"
        body += [Collective(lanes, 32, ld("p")), st("p", op("add", ld("p"), ld(lanes, op("xor", TX, i(offset)))))]
    body.append(If(op("eq", TX, i(0)), (st("y", BX, ld("p")),)))
    return gpu("row_sum", (buf("x", ro=True), buf("y"), m, n), (M,), (32,), tuple(body))


def row_sum_plain() -> Kernel:
    body = (
        reg("s"),
        st("s", f(0)),
        loop("j", N, st("s", op("add", ld("s"), ld("x", op("add", op("mul", v("r"), N), v("j")))))),
        st("y", v("r"), ld("s")),
    )
    return Kernel("row_sum", (buf("x", ro=True), buf("y"), m, n), (data("r", M, *body),))


def argmax(strict: bool = True) -> Kernel:
    at = op("add", op("mul", v("r"), N), v("j"))
    better = op("gt" if strict else "ge", ld("x", at), ld("best"))
    body = (
        reg("best"),
        reg("where", I32),
        st("best", ld("x", op("mul", v("r"), N))),
        st("where", i(0)),
        loop("j", N, If(better, (st("best", ld("x", at)), st("where", v("j")))), lo=i(1)),
        st("y", v("r"), ld("where", t=I32)),
    )
    return Kernel("argmax", (buf("x", ro=True), buf("y", I32), m, n), (data("r", M, *body),))


def variance(one_pass: bool) -> Kernel:
    x = ld("x", op("add", op("mul", v("r"), N), v("j")))
    count = Cast(F32, N)
    two = (
        st("q", f(0)),
        loop("j", N, st("s", op("add", ld("s"), x))),
        Let("mean", op("div", ld("s"), count)),
        loop(
            "j2",
            N,
            Let("d", op("sub", _renamed(x, "j2"), v("mean", F32))),
            st("q", op("add", ld("q"), op("mul", v("d", F32), v("d", F32)))),
        ),
        st("y", v("r"), op("div", ld("q"), count)),
    )
    one = (
        st("q", f(0)),
        loop("j", N, st("s", op("add", ld("s"), x)), st("q", op("add", ld("q"), op("mul", x, x)))),
        Let("mean", op("div", ld("s"), count)),
        st("y", v("r"), op("sub", op("div", ld("q"), count), op("mul", v("mean", F32), v("mean", F32)))),
    )
    body = (reg("s"), reg("q"), st("s", f(0)), *(one if one_pass else two))
    return Kernel("variance", (buf("x", ro=True), buf("y"), m, n), (data("r", M, *body),))


def transpose() -> Kernel:
    """Tiled through padded shared memory."""
    t = 16
    x, y = op("add", op("mul", BX, i(t)), TX), op("add", op("mul", BY, i(t)), TY)
    x2, y2 = op("add", op("mul", BY, i(t)), TX), op("add", op("mul", BX, i(t)), TY)
    body = (
        If(op("land", op("lt", x, N), op("lt", y, M)), (st("s", TY, TX, ld("x", op("add", op("mul", y, N), x))),)),
        Barrier(),
        If(op("land", op("lt", x2, M), op("lt", y2, N)), (st("y", op("add", op("mul", y2, M), x2), ld("s", TX, TY)),)),
    )
    params = (buf("x", ro=True), buf("y"), m, n)
    return gpu("transpose", params, (ceil_div(N, t), ceil_div(M, t)), (t, t), body, (shared("s", t, t + 1),))


def total_atomic() -> Kernel:
    index = Let("i", op("add", op("mul", BX, i(64)), TX))
    body = (index, If(op("lt", v("i"), N), (Update("y", (i(0),), "add", (X,), atomic=True),)))
    return gpu("total", (buf("x", ro=True), buf("y"), n), (ceil_div(N, 64),), (64,), body)


def gather() -> Kernel:
    return elementwise("gather", ld("x", ld("z", v("i"), t=I32)), buf("z", I32, True))


def histogram() -> Kernel:
    index = Let("i", op("add", op("mul", BX, i(64)), TX))
    body = (index, If(op("lt", v("i"), N), (Update("y", (ld("x", v("i"), t=I32),), "add", (i(1),), atomic=True),)))
    return gpu("histogram", (buf("x", I32, True), buf("y", I32), n), (ceil_div(N, 64),), (64,), body)


def int_dot() -> Kernel:
    """int8 products summed in 32 bits."""
    from falconc.ir.types import I8

    def wide(name: str) -> Expr:
        return Cast(I32, ld(name, op("add", op("mul", v("r"), N), v("j")), t=I8))

    body = (
        reg("s", I32),
        st("s", i(0)),
        loop("j", N, st("s", op("add", ld("s", t=I32), op("mul", wide("x"), wide("z"))))),
        st("y", v("r"), ld("s", t=I32)),
    )
    return Kernel("int_dot", (buf("x", I8, True), buf("z", I8, True), buf("y", I32), m, n), (data("r", M, *body),))


def widened_product(early: bool) -> Kernel:
    """int32 x int32 -> int64, widened before or (a defect in disguise) after the product."""
    x = ld("x", v("i"), t=I32)
    value: Expr = op("mul", Cast(I64, x), Cast(I64, x)) if early else Cast(I64, op("mul", x, x))
    return elementwise("square", value, t=I32, out=I64)


def int_add() -> Kernel:
    return elementwise("int_add", op("add", ld("x", v("i"), t=I32), ld("z", v("i"), t=I32)), buf("z", I32, True), t=I32)


def halve(shift: bool) -> Kernel:
    x = ld("x", v("i"), t=I32)
    return elementwise("halve", op("shr", x, i(1)) if shift else op("div", x, i(2)), t=I32)


CLEAN = {
    "add": add,
    "axpy": axpy,
    "relu": relu,
    "relu6": relu6,
    "sign": sign,
    "gelu": gelu,
    "gemm_naive": gemm_naive,
    "gemm_tiled": gemm_tiled,
    "softmax_rows": softmax_rows,
    "softmax_block": softmax_block,
    "row_sum_shuffle": row_sum_shuffle,
    "row_sum_plain": row_sum_plain,
    "argmax": argmax,
    "variance": lambda: variance(False),
    "transpose": transpose,
    "total_atomic": total_atomic,
    "gather": gather,
    "histogram": histogram,
    "int_dot": int_dot,
    "int_add": int_add,
}
