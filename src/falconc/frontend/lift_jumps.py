"""Removes jumps: what a return, continue or break out of a switch skips is put under a guard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from falconc.frontend.lift_ops import FALSE, TRUE, negate
from falconc.frontend.lift_state import KERNEL, Block, Jump, Late, State, body
from falconc.ir.nodes import Alloc, Barrier, Break, Buffer, Collective, For, If, Load, Return, Store, While
from falconc.ir.types import BOOL
from falconc.ir.walk import walk


def lower(s: State, items: Sequence[Any]) -> list[Any]:
    """Statements without Block, Jump or Late."""
    flat = _held(items)
    if any(isinstance(n, Barrier | Collective) for i in flat for n in walk(i)):
        flat = _threads_end(flat, after=False)[0]
    return _Lowering(s).block(Block(KERNEL, body(flat)))


def _held(items: Sequence[Any]) -> list[Any]:
    """Declarations that were decided late, in their places."""
    out: list[Any] = []
    for i in items:
        if isinstance(i, Late):
            out += i.held
        elif isinstance(i, If):
            out.append(replace(i, then=tuple(_held(i.then)), orelse=tuple(_held(i.orelse))))
        elif isinstance(i, For | While | Block):
            out.append(replace(i, body=tuple(_held(i.body))))
        else:
            out.append(i)
    return out


def _waits(items: Sequence[Any]) -> bool:
    return any(isinstance(n, Barrier | Collective) for i in items for n in walk(i))


def _threads_end(items: Sequence[Any], after: bool) -> tuple[list[Any], bool]:
    """A kernel's return stays one where other threads may still meet after it. ``after``: whether they may, after
    ``items``; also gives whether they may, from their start on."""
    out: list[Any] = []
    for i in reversed(items):
        match i:
            case Jump(label) if label == KERNEL and after:
                out.append(Return(where=i.where))
            case If():
                then, a = _threads_end(i.then, after)
                orelse, b = _threads_end(i.orelse, after)
                out.append(replace(i, then=tuple(then), orelse=tuple(orelse)))
                after = a or b
            case For() | While():
                inside, _ = _threads_end(i.body, after or _waits(i.body))
                out.append(replace(i, body=tuple(inside)))
                after = after or _waits(i.body)
            case Block():
                inside, after = _threads_end(i.body, after)
                out.append(replace(i, body=tuple(inside)))
            case _:
                after = after or isinstance(i, Barrier | Collective)
                out.append(i)
    return out[::-1], after


def _targets(items: Sequence[Any]) -> set[int]:
    """Labels jumped to that are not in ``items`` themselves."""
    found: set[int] = set()
    for i in items:
        match i:
            case Jump(label):
                found.add(label)
            case Block(label, inside):
                found |= _targets(inside) - {label}
            case If():
                found |= _targets(i.then) | _targets(i.orelse)
            case For() | While():
                found |= _targets(i.body)
            case _:
                pass
    return found


def _always(items: Sequence[Any]) -> bool:
    """Whether control never comes out at the end of ``items``."""
    if not items:
        return False
    last = items[-1]
    if isinstance(last, Jump | Return | Break):
        return True
    return isinstance(last, If) and _always(last.then) and _always(last.orelse)


class _Lowering:
    def __init__(self, s: State) -> None:
        self.s = s
        self.flags: dict[int, Buffer] = {}

    def block(self, b: Block) -> list[Any]:
        """The statements of a block, its own jumps gone."""
        inside = self.nested(b.body)
        if b.label not in _targets(inside):
            return inside
        out = self.guard(inside, b.label)
        if b.label in self.flags:
            flag = self.flags[b.label]
            out = [Alloc(flag), Store(flag.name, (), FALSE), *out]
        return out

    def nested(self, items: Sequence[Any]) -> list[Any]:
        """Blocks inside ``items`` lowered; jumps to outer blocks stay."""
        out: list[Any] = []
        for i in items:
            match i:
                case Block():
                    out += self.block(i)
                case If():
                    out.append(replace(i, then=tuple(self.nested(i.then)), orelse=tuple(self.nested(i.orelse))))
                case For() | While():
                    out.append(replace(i, body=tuple(self.nested(i.body))))
                case _:
                    out.append(i)
        return out

    def guard(self, items: Sequence[Any], label: int) -> list[Any]:
        """``items`` with jumps to ``label`` turned into guards around what they skip."""
        out: list[Any] = []
        for n, i in enumerate(items):
            rest = items[n + 1 :]
            if isinstance(i, Jump) and i.label == label:
                return [*out, *self.mark(label)]
            if isinstance(i, Jump | Return | Break):
                return [*out, i]
            if label not in _targets([i]):
                out.append(i)
                continue
            if isinstance(i, If):
                return out + self.guard_if(i, rest, label)
            assert isinstance(i, For | While), i
            return out + self.guard_loop(i, rest, label)
        return out

    def mark(self, label: int) -> list[Any]:
        """What a jump leaves behind: its flag, where somebody asks for it."""
        if label in self.flags:
            return [Store(self.flags[label].name, (), TRUE)]
        return []

    def guard_if(self, i: If, rest: Sequence[Any], label: int) -> list[Any]:
        """if (c) jump; rest  ->  if (!c) rest."""
        if not rest:
            return _if(i, self.guard(i.then, label), self.guard(i.orelse, label))
        if _always(i.then):
            return _if(i, self.guard(i.then, label), self.guard([*i.orelse, *rest], label))
        if _always(i.orelse):
            return _if(i, self.guard([*i.then, *rest], label), self.guard(i.orelse, label))
        flag = self.flag(label)
        inner = _if(i, self.guard(i.then, label), self.guard(i.orelse, label))
        go_on = negate(Load(flag.name, (), BOOL))
        return [*inner, *_if(If(go_on, ()), self.guard(rest, label), [])]

    def guard_loop(self, i: For | While, rest: Sequence[Any], label: int) -> list[Any]:
        """A jump out of a loop: set the flag, leave the loop, skip the rest."""
        flag = self.flag(label)
        loop = replace(i, body=tuple(self.leaving(i.body, label, flag)))
        if not rest:
            return [loop]
        go_on = negate(Load(flag.name, (), BOOL))
        return [loop, *_if(If(go_on, ()), self.guard(rest, label), [])]

    def leaving(self, items: Sequence[Any], label: int, flag: Buffer) -> list[Any]:
        """The body of a loop, jumps to ``label`` turned into flag and Break."""
        out: list[Any] = []
        for i in items:
            match i:
                case Jump(to) if to == label:
                    return [*out, Store(flag.name, (), TRUE), Break(where=i.where)]
                case If() if label in _targets([i]):
                    then = tuple(self.leaving(i.then, label, flag))
                    out.append(replace(i, then=then, orelse=tuple(self.leaving(i.orelse, label, flag))))
                case For() | While() if label in _targets([i]):
                    out.append(replace(i, body=tuple(self.leaving(i.body, label, flag))))
                    out.append(If(Load(flag.name, (), BOOL), (Break(),)))
                case _:
                    out.append(i)
        return out

    def flag(self, label: int) -> Buffer:
        if label not in self.flags:
            self.flags[label] = Buffer(self.s.fresh("left"), BOOL, (), "register")
        return self.flags[label]


def _if(i: If, then: Sequence[Any], orelse: Sequence[Any]) -> list[Any]:
    if not then and not orelse:
        return []
    if not then:
        return [If(negate(i.cond), tuple(orelse), where=i.where)]
    return [If(i.cond, tuple(then), tuple(orelse), where=i.where)]
