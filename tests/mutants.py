"""A seeded mutation engine over kernels: one small wrong change at a time, as people and models make them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from falconc.ir.nodes import (
    Alloc,
    Apply,
    Barrier,
    Binary,
    Cast,
    Collective,
    Const,
    Expr,
    For,
    If,
    Kernel,
    Load,
    Select,
    Store,
    Update,
    Var,
)
from falconc.ir.types import F16, F32, I8
from falconc.ir.walk import children, map_children, walk

Change = Callable[[Any, Kernel], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """kind: which sort of mistake; number: which place in the kernel; what: the change in words."""

    kernel: str
    kind: str
    number: int
    what: str
    mutated: Kernel

    @property
    def name(self) -> str:
        return f"{self.kernel}/{self.kind}/{self.number}"


def _plus(e: Expr, by: int) -> Expr:
    return Binary("add" if by > 0 else "sub", e, Const(abs(by), e.dtype))


def _index_off_by_one(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Load | Store) and n.index:
        yield replace(n, index=(*n.index[:-1], _plus(n.index[-1], 1)))


def _swapped_stride(n: Any, kernel: Kernel) -> Iterator[Any]:
    sizes = [s.name for s in kernel.scalars if s.dtype.is_integer]
    if isinstance(n, Binary) and n.op == "mul" and isinstance(n.right, Var) and n.right.name in sizes:
        for other in sizes:
            if other != n.right.name:
                yield replace(n, right=replace(n.right, name=other))


def _dropped_guard(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, If) and not n.orelse:
        yield n.then


_NEXT = {"lt": "le", "le": "lt", "gt": "ge", "ge": "gt", "eq": "ne", "ne": "eq"}


def _comparison_boundary(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Binary) and n.op in _NEXT:
        yield replace(n, op=_NEXT[n.op])


def _loop_bound(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, For) and n.kind.name == "serial":
        yield replace(n, hi=_plus(n.hi, -1))
        yield replace(n, hi=_plus(n.hi, 1))


def _loop_start(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, For) and n.kind.name == "serial":
        yield replace(n, lo=_plus(n.lo, 1))


def _loop_step(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, For) and n.kind.name == "serial":
        yield replace(n, step=_plus(n.step, 1))


def _missing_barrier(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Barrier):
        yield ()


def _initial_value(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Store) and isinstance(n.value, Const):
        value = 1 if n.value.value in (0, float("-inf")) else 0
        yield replace(n, value=replace(n.value, value=float(value) if n.value.dtype.is_float else value))


def _sub_for_add(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Binary) and n.op in ("add", "sub"):
        yield replace(n, op="sub" if n.op == "add" else "add")


def _swapped_operands(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Binary) and n.op in ("sub", "div", "mod"):
        yield replace(n, left=n.right, right=n.left)


def _wrong_constant(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Binary) and isinstance(n.right, Const):
        c = n.right
        yield replace(n, right=replace(c, value=c.value * 1.01 + 0.01 if c.dtype.is_float else c.value + 1))


def _dropped_statement(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Store | Update):
        yield ()


def _lane_offset(n: Any, kernel: Kernel) -> Iterator[Any]:
    lanes = {c.result for c in walk(kernel.body) if isinstance(c, Collective)}
    if isinstance(n, Load) and n.buffer in lanes:
        (at,) = n.index
        yield replace(n, index=(Binary("and", at, Const(-2, at.dtype)),))
        yield replace(n, index=(_plus(at, 1),))


def _wrong_buffer(n: Any, kernel: Kernel) -> Iterator[Any]:
    if isinstance(n, Load):
        for b in kernel.buffers:
            if b.name != n.buffer and b.dtype == n.dtype and len(n.index) == 1:
                yield replace(n, buffer=b.name)


def _wrong_cast(n: Any, _: Kernel) -> Iterator[Any]:
    narrow = I8 if isinstance(n, Cast) and n.operand.dtype.is_integer else F16
    if isinstance(n, Cast) and n.operand.dtype != narrow:
        yield replace(n, operand=Cast(n.operand.dtype, Cast(narrow, n.operand)))
    if isinstance(n, Store) and n.value.dtype == F32 and not _is_small(n.value):
        yield replace(n, value=Cast(F32, Cast(F16, n.value)))


def _is_small(e: Expr) -> bool:
    """True for a constant, or a choice among constants: half precision holds it."""
    return isinstance(e, Const) or (isinstance(e, Select) and _is_small(e.then) and _is_small(e.orelse))


def _min_for_max(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Binary) and n.op in ("min", "max"):
        yield replace(n, op="min" if n.op == "max" else "max")
        yield n.left
        yield n.right


def _narrow_register(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Alloc) and n.buffer.dtype == F32:
        yield replace(n, buffer=replace(n.buffer, dtype=F16))


def _add_for_mul(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Binary) and n.op in ("mul", "div"):
        yield replace(n, op="add")


def _swapped_branches(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Select):
        yield replace(n, then=n.orelse, orelse=n.then)


def _wrong_function(n: Any, _: Kernel) -> Iterator[Any]:
    others = {"exp": "exp2", "tanh": "sinh", "sqrt": "rsqrt"}
    if isinstance(n, Apply) and n.function in others:
        yield replace(n, function=others[n.function])


def _wrong_variable(n: Any, kernel: Kernel) -> Iterator[Any]:
    swaps = {"tx": "ty", "ty": "tx", "bx": "by", "by": "bx"}
    loops = {f.var for f in walk(kernel.body) if isinstance(f, For)}
    if isinstance(n, Var) and swaps.get(n.name) in loops:
        yield replace(n, name=swaps[n.name])


def _one_term(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Binary) and n.op in ("add", "mul") and n.dtype.is_float:
        yield n.left
        yield n.right


def _not_atomic(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Update) and n.atomic:
        yield replace(n, atomic=False)


def _too_few_blocks(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, For) and n.kind.name == "parallel":
        yield replace(n, hi=_plus(n.hi, -1))
        if isinstance(n.hi, Binary) and n.hi.op == "div" and isinstance(n.hi.left, Binary):
            yield replace(n, hi=replace(n.hi, left=n.hi.left.left))


def _short_barrier(n: Any, _: Kernel) -> Iterator[Any]:
    if isinstance(n, Barrier) and n.scope == "block":
        yield replace(n, scope="warp")


KINDS: dict[str, Change] = {
    change.__name__.lstrip("_").replace("_", "-"): change
    for change in (
        _index_off_by_one,
        _swapped_stride,
        _dropped_guard,
        _comparison_boundary,
        _loop_bound,
        _loop_start,
        _loop_step,
        _missing_barrier,
        _initial_value,
        _sub_for_add,
        _swapped_operands,
        _wrong_constant,
        _dropped_statement,
        _lane_offset,
        _wrong_buffer,
        _wrong_cast,
        _min_for_max,
        _narrow_register,
        _add_for_mul,
        _swapped_branches,
        _wrong_function,
        _wrong_variable,
        _one_term,
        _not_atomic,
        _too_few_blocks,
        _short_barrier,
    )
}


def mutants(name: str, kernel: Kernel) -> Iterator[Mutant]:
    """Every mutant of ``kernel``, by kind, in order of place."""
    for kind, change in KINDS.items():
        places = sum(1 for _ in _places(kernel))
        number = 0
        for place in range(places):
            for choice in range(2):
                mutated, what = _mutate(kernel, change, place, choice)
                if mutated is not None and mutated != kernel:
                    yield Mutant(name, kind, number, what, _tidy(mutated))
                    number += 1


def _places(kernel: Kernel) -> Iterator[Any]:
    """Nodes that may change, in the order of ``_mutate``: of a parallel loop not the bounds, for more blocks or threads
    than work are no mistake where a guard stops them (``_too_few_blocks`` changes the loop itself)."""

    def visit(n: Any) -> Iterator[Any]:
        yield n
        for child in n.body if _is_parallel(n) else children(n):
            yield from visit(child)

    for s in kernel.body:
        yield from visit(s)


def _is_parallel(n: Any) -> bool:
    return isinstance(n, For) and n.kind.name == "parallel"


def _mutate(kernel: Kernel, change: Change, place: int, choice: int) -> tuple[Kernel | None, str]:
    """The kernel with the ``choice``-th change applied to the ``place``-th node."""
    counter = -1
    what = ""

    def visit(n: Any) -> Any:
        nonlocal counter, what
        counter += 1
        if counter == place:
            options = list(change(n, kernel))
            if choice < len(options):
                what = f"{_short(n)} -> {_short(options[choice])}"
                return options[choice]
            return n
        if _is_parallel(n):
            return replace(n, body=_spliced(visit(s) for s in n.body))
        return map_children(n, visit)

    body = _spliced(visit(s) for s in kernel.body)
    return (replace(kernel, body=body), what) if what else (None, "")


def _spliced(parts: Iterator[Any]) -> tuple[Any, ...]:
    """Statements in a row; a part may be several or none."""
    out: list[Any] = []
    for part in parts:
        out += part if isinstance(part, tuple) else (part,)
    return tuple(out)


def _tidy(kernel: Kernel) -> Kernel:
    """Loads take the dtype their buffer has now, widened back by a cast."""
    dtypes = {n.buffer.name: n.buffer.dtype for n in walk(kernel.body) if isinstance(n, Alloc)}

    def visit(n: Any) -> Any:
        n = map_children(n, visit)
        if isinstance(n, Load) and dtypes.get(n.buffer, n.dtype) != n.dtype:
            return Cast(n.dtype, replace(n, dtype=dtypes[n.buffer]))
        if isinstance(n, Store) and dtypes.get(n.buffer, n.value.dtype) != n.value.dtype:
            return replace(n, value=Cast(dtypes[n.buffer], n.value))
        return n

    return replace(kernel, body=tuple(visit(s) for s in kernel.body))


def _short(n: Any) -> str:
    match n:
        case tuple():
            return f"{len(n)} statements"
        case Const():
            return str(n.value)
        case Var():
            return n.name
        case Load():
            return f"{n.buffer}[{', '.join(map(_short, n.index))}]"
        case Binary():
            return f"({_short(n.left)} {n.op} {_short(n.right)})"
        case Store():
            return f"{n.buffer}[{', '.join(map(_short, n.index))}] = {_short(n.value)}"
        case Cast():
            return f"{n.dtype}({_short(n.operand)})"
        case For():
            return f"for {n.var} in {_short(n.lo)}..{_short(n.hi)} by {_short(n.step)}"
        case Barrier():
            return f"barrier of the {n.scope}"
        case Alloc():
            return f"{n.buffer.dtype} {n.buffer.name}"
        case _:
            return type(n).__name__


def sample(name: str, kernel: Kernel, count: int, seed: int = 0) -> list[Mutant]:
    """A seeded choice, kinds taking turns."""
    rng = random.Random(f"{seed} {name}")
    by_kind: dict[str, list[Mutant]] = {}
    for m in mutants(name, kernel):
        by_kind.setdefault(m.kind, []).append(m)
    for group in by_kind.values():
        rng.shuffle(group)
    kinds = list(by_kind)
    rng.shuffle(kinds)
    out: list[Mutant] = []
    while len(out) < count and any(by_kind.values()):
        for kind in kinds:
            if by_kind[kind] and len(out) < count:
                out.append(by_kind[kind].pop())
    return out
