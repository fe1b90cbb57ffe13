"""Which integers of a kernel come from data: the names and buffers whose values are carried with field parts and an
interval, while sizes, indices and loop variables stay native."""

from __future__ import annotations

from dataclasses import dataclass, field

from falconc.ir.nodes import (
    Apply,
    Binary,
    Buffer,
    Cast,
    Collective,
    Expr,
    Kernel,
    Let,
    Load,
    Select,
    Store,
    Unary,
    Update,
    Var,
    View,
)
from falconc.ir.walk import walk


@dataclass(slots=True)
class Taint:
    """Names (Let, Update.old) and buffers (Alloc, View, Collective results, parameters) that hold integer data."""

    names: set[str] = field(default_factory=set[str])
    buffers: set[str] = field(default_factory=set[str])

    def of(self, e: Expr) -> bool:
        """True if ``e`` is an integer (not bool) that comes from data."""
        if e.dtype.is_float or e.dtype.kind == "bool":
            return False
        match e:
            case Var():
                return e.name in self.names
            case Load():
                return e.buffer in self.buffers
            case Cast():
                return e.operand.dtype.is_float or self.of(e.operand)
            case Unary():
                return self.of(e.operand)
            case Binary():
                return self.of(e.left) or self.of(e.right)
            case Select():
                return self.of(e.then) or self.of(e.orelse)
            case Apply():
                return any(a.dtype.is_float or self.of(a) for a in e.args)
            case _:
                return False


def analyse(kernel: Kernel) -> Taint:
    """The least taint closed under every statement of ``kernel``."""
    taint = Taint(buffers={p.name for p in kernel.params if isinstance(p, Buffer)})
    nodes = [n for n in walk(kernel.body) if isinstance(n, Let | Store | Update | Collective | View)]
    size = -1
    while size != len(taint.names) + len(taint.buffers):
        size = len(taint.names) + len(taint.buffers)
        for n in nodes:
            _flow(n, taint)
    return taint


def _flow(n: Let | Store | Update | Collective | View, taint: Taint) -> None:
    match n:
        case Let():
            if taint.of(n.value):
                taint.names.add(n.name)
        case Store():
            if taint.of(n.value):
                taint.buffers.add(n.buffer)
        case Update():
            if any(taint.of(a) for a in n.args):
                taint.buffers.add(n.buffer)
            if n.old and n.buffer in taint.buffers:
                taint.names.add(n.old)
        case Collective():
            if taint.of(n.value):
                taint.buffers.add(n.result)
        case View():
            if n.base in taint.buffers or n.buffer.name in taint.buffers:
                taint.buffers |= {n.base, n.buffer.name}
