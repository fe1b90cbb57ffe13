"""The grammar of a word: how a dialect spells a thing, as a name, a call with named arguments, or a template.

hipMalloc                                            a name
__shfl_down_sync($mask, $value, $lane, $width=32)    a call: read and written
cudaMemcpyToSymbol($symbol, $...)                    a call whose further arguments are passed on
fence($order, "agent")                               a call with just this argument in that place
cub::WarpReduce<$type, $width=32>                    a template with its arguments, read and written like a call
(ballot($mask, !($predicate)) == 0)                  a template: written only
A | B                                                A is written, both are read
-> A                                                 written, never read
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

REST = "..."
_CALL = re.compile(r"((?:\w+::)*\w+)(?:\((.*)\)|<(.*)>)$", re.DOTALL)
_PARAMETER = re.compile(r"\$(\w+|\.\.\.)(?:=(\S+))?$")
_HOLE = re.compile(r"\$(\w+|\.\.\.)")


@dataclass(frozen=True)
class Form:
    """One spelling. params: (name, default or None) of a call form, in order; empty for a name or a template. A fixed
    argument has "=" and its text as its name. opening: the bracket of a call form, "(" or "<"."""

    text: str
    name: str = ""
    params: tuple[tuple[str, str | None], ...] = ()
    opening: str = ""

    @property
    def is_call(self) -> bool:
        return bool(self.opening)

    @cached_property
    def fixed(self) -> dict[int, str]:
        """Arguments that must be just this, by position."""
        return {k: name[1:] for k, (name, _) in enumerate(self.params) if name.startswith("=")}

    @property
    def is_name(self) -> bool:
        return bool(self.name) and not self.is_call

    @cached_property
    def defaults(self) -> dict[str, str]:
        return {name: default for name, default in self.params if default is not None}

    @property
    def takes_rest(self) -> bool:
        return bool(self.params) and self.params[-1][0] == REST

    @property
    def holes(self) -> frozenset[str]:
        """The names of all arguments that the form uses."""
        return frozenset(_HOLE.findall(self.text))

    def accepts(self, count: int) -> bool:
        """Whether a call with ``count`` arguments fits."""
        required = sum(1 for name, default in self.params if default is None and name != REST)
        return count >= required and (self.takes_rest or count <= len(self.params))

    def fits(self, arguments: list[str]) -> bool:
        """Whether a call with these arguments is one of this form."""
        return self.accepts(len(arguments)) and all(arguments[k].strip() == text for k, text in self.fixed.items())

    def bind(self, arguments: list[str]) -> dict[str, str]:
        """Arguments of a call, by name; defaults filled in."""
        values = self.defaults
        named = [name for name, _ in self.params if name != REST]
        values = {**values, **dict(zip(named, arguments, strict=False))}
        if self.takes_rest:
            values[REST] = ", ".join(arguments[len(named) :])
        return values

    def write(self, values: Mapping[str, str]) -> str:
        """The spelling with ``values`` put in; trailing arguments equal to their default are left out."""
        if not self.is_call:
            return _HOLE.sub(lambda m: values[m.group(1)], self.text)
        given = {name: name[1:] for name, _ in self.params if name.startswith("=")} | dict(values)
        shown = [(name, given.get(name, default), default) for name, default in self.params]
        while shown and (shown[-1][1] == shown[-1][2] or (shown[-1][0] == REST and not shown[-1][1])):
            shown.pop()
        closing = ")" if self.opening == "(" else ">"
        return f"{self.name}{self.opening}{', '.join(value or '' for _, value, _ in shown)}{closing}"


def parse(value: str) -> tuple[Form, ...]:
    """The spellings in one entry of a word table, the one to write first."""
    return tuple(_parse_one(part.strip()) for part in value.split(" | "))


def _parse_one(text: str) -> Form:
    if text.startswith("-> "):
        return Form(text[3:])
    if re.fullmatch(r"(?:\w+::)*\w+", text):
        return Form(text, name=text)
    call = _CALL.match(text)
    if call:
        inside = call.group(2) if call.group(2) is not None else call.group(3)
        params = [_parameter(p.strip()) for p in inside.split(",")] if inside.strip() else []
        if all(params) and (params or call.group(2) is not None):
            opening = "(" if call.group(2) is not None else "<"
            return Form(text, call.group(1), tuple(p for p in params if p), opening)
    return Form(text)


def _parameter(text: str) -> tuple[str, str | None] | None:
    """A parameter or a fixed argument; None for an expression that holds parameters."""
    match = _PARAMETER.match(text)
    if match:
        return match.group(1), match.group(2)
    return None if "$" in text else (f"={text}", None)
