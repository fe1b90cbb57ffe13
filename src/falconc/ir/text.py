"""A kernel as C-like text for people: loop kinds, spaces and shapes are written out, nothing is left to guess.

kernel row_sum(const f32 x[?] @global, f32 y[?] @global, i32 n) launch grid(n, 1, 1) block(32, 1, 1)
  parallel block.x for (i32 b = 0; b < n; ++b)
    f32 sum @register = 0.0f
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import assert_never

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
    Expr,
    For,
    If,
    Kernel,
    Let,
    Load,
    LoopKind,
    Param,
    Return,
    Scalar,
    Select,
    Stmt,
    Store,
    Unary,
    Update,
    Var,
    View,
    While,
)

_STEP = "  "
_LOWEST = 0
_UNARY_LEVEL, _POSTFIX_LEVEL = 13, 14
# C's spelling and binding strength; operators that C lacks are written as functions.
_OPERATORS: dict[str, tuple[str, int]] = {
    "mul": ("*", 12), "div": ("/", 12), "mod": ("%", 12), "add": ("+", 11), "sub": ("-", 11), "shl": ("<<", 10),
    "shr": (">>", 10), "lt": ("<", 9), "le": ("<=", 9), "gt": (">", 9), "ge": (">=", 9), "eq": ("==", 8),
    "ne": ("!=", 8), "and": ("&", 7), "xor": ("^", 6), "or": ("|", 5), "land": ("&&", 4), "lor": ("||", 3),
}  # fmt: skip
_SELECT_LEVEL = 2
_UNARY = {"neg": "-", "not": "~", "lnot": "!"}


def show(kernel: Kernel) -> str:
    """The whole kernel, one statement a line, blocks by indentation."""
    params = ", ".join(_param(p) for p in kernel.params)
    head = f"kernel {kernel.name}({params})"
    if kernel.launch:
        grid = ", ".join(expression(e) for e in kernel.launch.grid)
        block = ", ".join(map(str, kernel.launch.block))
        head += f"\n{_STEP * 2}launch grid({grid}) block({block})"
        if kernel.launch.shared_bytes != Const(0, kernel.launch.shared_bytes.dtype):
            head += f" shared({expression(kernel.launch.shared_bytes)})"
    return "\n".join([head, *(_STEP + line for line in _body(kernel.body))]) + "\n"


def _param(p: Param) -> str:
    match p:
        case Buffer():
            return f"{'const ' if p.readonly else ''}{_buffer(p)}{' restrict' if p.restrict else ''}"
        case Scalar():
            return f"{p.dtype} {p.name}"
        case _:
            assert_never(p)


def _buffer(b: Buffer) -> str:
    shape = "".join(f"[{'?' if e is None else expression(e)}]" for e in b.shape)
    return f"{b.dtype} {b.name}{shape} @{b.space}"


# --- statements ------------------------------------------------------------------------------------------------------


def _body(body: tuple[Stmt, ...]) -> Iterator[str]:
    for s in body:
        yield from _statement(s)


def _block(head: str, body: tuple[Stmt, ...]) -> Iterator[str]:
    yield head
    for line in _body(body):
        yield _STEP + line


def _statement(s: Stmt) -> Iterator[str]:
    match s:
        case For():
            yield from _block(_loop(s), s.body)
        case While():
            yield from _block(f"while ({expression(s.cond)})", s.body)
        case If():
            yield from _block(f"if ({expression(s.cond)})", s.then)
            if s.orelse:
                yield from _block("else", s.orelse)
        case Let():
            yield f"const {s.value.dtype} {s.name} = {expression(s.value)}"
        case Alloc():
            yield _buffer(s.buffer)
        case View():
            yield f"{_buffer(s.buffer)} = view of {s.base} at byte {expression(s.byte_offset)}"
        case Store():
            yield f"{_element(s.buffer, s.index)} = {expression(s.value)}"
        case Update():
            yield _update(s)
        case Collective():
            yield from _collective(s)
        case Barrier():
            yield f"barrier {s.scope}"
        case Break():
            yield "break"
        case Return():
            yield "return"
        case _:
            assert_never(s)


def _loop(s: For) -> str:
    step = f"++{s.var}" if s.step == Const(1, s.step.dtype) else f"{s.var} += {expression(s.step)}"
    head = f"for ({s.dtype} {s.var} = {expression(s.lo)}; {s.var} < {expression(s.hi)}; {step})"
    return f"{_kind(s.kind)}{head}"


def _kind(k: LoopKind) -> str:
    match k.name:
        case "serial":
            return ""
        case "parallel":
            return f"parallel {k.axis} "
        case "unrolled" | "vector":
            return f"{k.name} "
        case "pipelined":
            return f"pipelined {k.stages} "
        case _:
            assert_never(k.name)


def _update(s: Update) -> str:
    args = ", ".join(expression(a) for a in s.args)
    bound = f"const {s.old} = " if s.old else ""
    return f"{bound}{'atomic ' if s.atomic else ''}{s.op}({_element(s.buffer, s.index)}, {args})"


def _collective(s: Collective) -> Iterator[str]:
    mask = f" mask {expression(s.mask)}" if s.mask is not None else ""
    arrived = f", arrived {s.arrived}" if s.arrived else ""
    yield f"{s.value.dtype} {s.result}[{s.width}] @register{arrived} = exchange({expression(s.value)}){mask}"


# --- expressions -----------------------------------------------------------------------------------------------------


def expression(e: Expr) -> str:
    """One expression, with the parentheses that C needs and no others."""
    return _expr(e, _LOWEST)


def _element(buffer: str, index: tuple[Expr, ...]) -> str:
    return buffer + "".join(f"[{expression(i)}]" for i in index)


def _expr(e: Expr, around: int) -> str:
    match e:
        case Const():
            return _constant(e)
        case Var():
            return e.name
        case Load():
            return _element(e.buffer, e.index)
        case Unary():
            return _within(f"{_UNARY[e.op]}{_expr(e.operand, _POSTFIX_LEVEL)}", _UNARY_LEVEL, around)
        case Binary():
            return _binary(e, around)
        case Select():
            parts = f"{_expr(e.cond, _SELECT_LEVEL + 1)} ? {expression(e.then)} : {_expr(e.orelse, _SELECT_LEVEL)}"
            return _within(parts, _SELECT_LEVEL, around)
        case Cast():
            return _within(f"({e.dtype}){_expr(e.operand, _UNARY_LEVEL)}", _UNARY_LEVEL, around)
        case Apply():
            typed = f"<{e.dtype}>" if e.function == "bitcast" else ""
            return f"{e.function}{typed}({', '.join(map(expression, e.args))})"
        case _:
            assert_never(e)


def _binary(e: Binary, around: int) -> str:
    if e.op not in _OPERATORS:
        return f"{e.op}({expression(e.left)}, {expression(e.right)})"
    word, level = _OPERATORS[e.op]
    return _within(f"{_expr(e.left, level)} {word} {_expr(e.right, level + 1)}", level, around)


def _within(text: str, level: int, around: int) -> str:
    return f"({text})" if level < around else text


def _constant(e: Const) -> str:
    if e.dtype.kind == "bool":
        return str(bool(e.value)).lower()
    if e.dtype.is_integer:
        suffix = {"u32": "u", "i64": "l", "u64": "ul"}.get(e.dtype.name, "")
        return f"{int(e.value)}{suffix}"
    value = float(e.value)
    suffix = {"f64": "", "f32": "f", "f16": "h", "bf16": "b"}[e.dtype.name]
    return f"{value!r}{suffix}" if math.isfinite(value) else f"({e.dtype}){value}"
