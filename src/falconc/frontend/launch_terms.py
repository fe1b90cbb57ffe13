"""Turns values of host code into expressions over a kernel's parameters and values that only the host knows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from falconc.frontend.host_definitions import Param
from falconc.frontend.host_values import Names, Number, evaluate
from falconc.frontend.tokens import Token
from falconc.ir import walk
from falconc.ir.nodes import Cast, Const, Expr, Var
from falconc.ir.types import I32, I64


def symbol(param: Param) -> Var:
    """A kernel parameter among host values; no host name is spelled like it."""
    return Var(f"@{param.name}", I64)


@dataclass
class Terms:
    """The parameters of one kernel at one launch. compound: value of an argument that is an expression -> its
    parameter. free: host values that the kernel does not get, with the name that stands for each."""

    params: Sequence[Param]
    compound: Mapping[Expr, Var]
    free: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, params: Sequence[Param], args: Sequence[Sequence[Token]], names: Names) -> Terms:
        compound: dict[Expr, Var] = {}
        for param, arg in zip(params, args, strict=False):
            value = evaluate(arg, names) if param.dtype else None
            if isinstance(value, Number) and value.over is None and not isinstance(value.value, Const):
                compound.setdefault(value.value, symbol(param))
        return cls(params, compound)

    def express(self, value: Expr, may_free: bool) -> Expr | None:
        """``value`` over kernel parameters in their own types. A host value that is not among them becomes a free name;
        None if there is one that is not free yet and ``may_free`` is False."""
        scalars = {symbol(p).name: p for p in self.params if p.dtype}

        def top_down(node: Expr) -> Expr:
            return self.compound[node] if node in self.compound else walk.map_children(node, top_down)

        mapped = top_down(value)
        missing = walk.variables(mapped) - set(scalars)
        if missing - set(self.free) and not may_free:
            return None
        for name in sorted(missing - set(self.free)):
            self.free[name] = self._identifier(name)
        wide = any((p := scalars.get(n)) and p.dtype and p.dtype.bits > 32 for n in walk.variables(mapped))
        wide |= any(_is_long(n) for n in walk.walk(mapped))
        target = I64 if wide else I32

        def typed(node: Expr) -> Expr:
            if isinstance(node, Var):
                param = scalars.get(node.name)
                var = Var(param.name, param.dtype) if param and param.dtype else Var(self.free[node.name], I32)
                return var if var.dtype == target else Cast(target, var)
            return Const(node.value, target) if isinstance(node, Const) and node.dtype == I64 else node

        return walk.rewrite(mapped, typed)

    def _identifier(self, text: str) -> str:
        """A name for a host value: its own where it has one that no parameter has."""
        plain = re.sub(r"\W+", "_", text.split(" (set")[0]).strip("_") or "value"
        taken = {p.name for p in self.params} | set(self.free.values())
        name = plain if not plain[0].isdigit() else f"host_{plain}"
        while name in taken:
            name = f"host_{name}"
        return name


def _is_long(node: object) -> bool:
    return isinstance(node, Const) and node.dtype == I64 and not I32.lowest <= node.value <= I32.highest
