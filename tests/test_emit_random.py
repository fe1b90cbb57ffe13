"""Random kernels: what g++ makes of the emitted text equals the interpreter, bit for bit."""

from __future__ import annotations

import ctypes
import random
import subprocess
from pathlib import Path

import numpy as np

from falconc import emit, platform
from falconc.errors import KernelFault
from falconc.ir import interp
from falconc.ir.nodes import Binary, Buffer, Cast, Const, Expr, Kernel, Let, Load, Select, Stmt, Store, Unary, Var
from falconc.ir.types import BOOL, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64, DType

INTEGERS = (I8, U8, I16, U16, I32, U32, I64, U64)
TYPES = (*INTEGERS, F32, F64)
NUMPY = {t.name: np.dtype({"int": "i", "uint": "u", "float": "f"}[t.kind] + str(t.size)) for t in TYPES}
WIDE = (I32, U32, I64, U64)


class Maker:
    """Random expressions in which nothing is undefined in C (shift counts and divisors are small constants)."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lets: list[tuple[str, DType]] = []

    def constant(self, dtype: DType) -> Const:
        if dtype.is_float:
            return Const(self.random.choice([0.0, 1.0, -2.5, 0.1 if dtype == F64 else 0.5, 1e10]), dtype)
        near = [0, 1, 2, 7, dtype.highest, dtype.lowest, dtype.highest // 3]
        return Const(dtype.wrap(self.random.choice([*near, -1, -5])), dtype)

    def leaf(self, dtype: DType) -> Expr:
        known = [Var(n, t) for n, t in self.lets if t == dtype]
        if known and self.random.random() < 0.3:
            return self.random.choice(known)
        if self.random.random() < 0.3:
            return self.constant(dtype)
        return Load(f"in_{dtype}", (Const(self.random.randrange(4), I32),), dtype)

    def boolean(self, depth: int) -> Expr:
        if depth > 0 and self.random.random() < 0.3:
            op = self.random.choice(["land", "lor"])
            return Binary(op, self.boolean(depth - 1), self.boolean(depth - 1))
        if depth > 0 and self.random.random() < 0.1:
            return Unary("lnot", self.boolean(depth - 1))
        dtype = self.random.choice(TYPES)
        op = self.random.choice(["lt", "le", "gt", "ge", "eq", "ne"])
        return Binary(op, self.expression(dtype, depth - 1), self.expression(dtype, depth - 1))

    def expression(self, dtype: DType, depth: int) -> Expr:
        if depth <= 0:
            return self.leaf(dtype)
        kind = self.random.random()
        if kind < 0.25:
            return Cast(dtype, self.source_of(dtype, depth - 1))
        if kind < 0.35:
            return Select(self.boolean(depth - 1), self.expression(dtype, depth - 1), self.expression(dtype, depth - 1))
        if kind < 0.42:
            op = self.random.choice(["neg", "not"] if dtype.is_integer else ["neg"])
            return Unary(op, self.expression(dtype, depth - 1))
        left = self.expression(dtype, depth - 1)
        if dtype.is_float:
            return Binary(self.random.choice(["add", "sub", "mul"]), left, self.expression(dtype, depth - 1))
        op = self.random.choice(["add", "sub", "mul", "and", "or", "xor", "min", "max", "shl", "shr", "div", "mod"])
        if op in ("div", "mod"):
            return Binary(op, left, Const(self.random.choice([2, 3, 7]), dtype))
        if op in ("shl", "shr"):
            if op == "shl" and dtype.kind == "int":
                op = "shr"
            return Binary(op, left, Const(self.random.randrange(dtype.bits), dtype))
        if op in ("min", "max") and dtype not in WIDE:
            op = "xor"
        return Binary(op, left, self.expression(dtype, depth - 1))

    def source_of(self, dtype: DType, depth: int) -> Expr:
        """Something to convert to ``dtype``; never a float to an integer, which is undefined out of range."""
        if self.random.random() < 0.15:
            return self.boolean(depth)
        return self.expression(self.random.choice(TYPES if dtype.is_float else INTEGERS), depth)


def make_kernel(seed: int) -> Kernel:
    maker = Maker(seed)
    body: list[Stmt] = []
    for place in range(4):
        for dtype in TYPES:
            if maker.random.random() < 0.3:
                name = f"t{len(body)}"
                body.append(Let(name, maker.expression(dtype, 2)))
                maker.lets.append((name, dtype))
            body.append(Store(f"out_{dtype}", (Const(place, I32),), maker.expression(dtype, 4)))
    body.append(Store("flag", (Const(0, I32),), maker.boolean(3)))
    params = [Buffer(f"in_{t}", t, (None,), "global", readonly=True) for t in TYPES]
    params += [Buffer(f"out_{t}", t, (None,), "global") for t in TYPES]
    return Kernel(f"k{seed}", (*params, Buffer("flag", BOOL, (None,), "global")), tuple(body))


def arguments(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    out: dict[str, np.ndarray] = {}
    for t in TYPES:
        if t.is_float:
            values = rng.normal(size=4).astype(NUMPY[t.name])
        else:
            values = rng.integers(t.lowest, t.highest, 4, NUMPY[t.name], endpoint=True)
        out[f"in_{t}"] = values
        out[f"out_{t}"] = np.zeros(4, NUMPY[t.name])
    out["flag"] = np.zeros(1, np.bool_)
    return out


def test_random_expressions_mean_the_same_in_c(tmp_path: Path) -> None:
    """Every conversion that emission leaves to C is C's. -fwrapv: signed overflow wraps, as in the interpreter."""
    target = platform.get("cpu")
    kernels = [make_kernel(seed) for seed in range(60)]
    (tmp_path / "k.cpp").write_text(emit.emit_file(kernels, target, source_name="random"))
    command = ["g++", "-O0", "-fwrapv", "-ffp-contract=off", "-w", "-shared", "-fPIC", "k.cpp", "-o", "k.so"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=100)
    library = ctypes.CDLL(str(tmp_path / "k.so"))
    compared = 0
    for seed, kernel in enumerate(kernels):
        expected, actual = arguments(seed), arguments(seed)
        try:
            with np.errstate(all="ignore"):
                interp.run(kernel, expected)
        except KernelFault:
            continue
        getattr(library, kernel.name)(*(ctypes.c_void_p(actual[p.name].ctypes.data) for p in kernel.params))
        for name, values in expected.items():
            np.testing.assert_array_equal(actual[name], values, err_msg=f"{kernel.name} {name}")
        compared += 1
    assert compared >= 20
