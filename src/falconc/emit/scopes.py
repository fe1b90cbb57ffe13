"""Names as C's scopes allow them: `c` again in the next loop where the IR, which binds a name once, says `c_1`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from falconc.ir.nodes import Alloc, Body, Collective, For, If, Kernel, Let, Stmt, Update, View, While
from falconc.ir.walk import bound_names

_NUMBER = re.compile(r"(_\d+)+$")


def names_in_scope(kernel: Kernel, taken: set[str]) -> dict[str, str]:
    """Bound name -> shorter name to print, where no other name is in its way; ``taken`` names are never given."""
    scopes = _Scopes(set(bound_names(kernel.body)))
    scopes.body(kernel.body, {p.name for p in kernel.params} | taken)
    return scopes.printed


@dataclass(slots=True)
class _Scopes:
    bound: set[str]
    printed: dict[str, str] = field(default_factory=dict[str, str])

    def body(self, body: Body, visible: set[str]) -> None:
        visible = set(visible)
        for place, s in enumerate(body):
            match s:
                case For():
                    self.body(s.body, visible | {self.name(s.var, s.body, visible)})
                case While():
                    self.body(s.body, visible)
                case If():
                    self.body(s.then, visible)
                    self.body(s.orelse, visible)
                case _:
                    for name in _binds(s):
                        visible.add(self.name(name, body[place + 1 :], visible))

    def name(self, name: str, scope: Body, visible: set[str]) -> str:
        short = _NUMBER.sub("", name)
        if short == name or short not in self.bound or short in visible or short in bound_names(scope):
            return name
        self.printed[name] = short
        return short


def _binds(s: Stmt) -> list[str]:
    match s:
        case Let():
            return [s.name]
        case Alloc() | View():
            return [s.buffer.name]
        case Update() if s.old:
            return [s.old]
        case Collective():
            return [s.result, *([s.arrived] if s.arrived else [])]
        case _:
            return []
