"""Runs the threads of a block side by side for the interpreter: who waits where, and when they go on."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from falconc.errors import KernelFault
from falconc.ir.nodes import Barrier, Collective, For, Stmt
from falconc.ir.walk import walk


@dataclass(frozen=True, slots=True)
class Event:
    """A thread waits: at a barrier of scope "block", "warp" or "grid", or for the "lanes" of its group."""

    site: Stmt
    scope: str
    width: int = 0
    value: Any = None
    mask: int | None = None


@dataclass(slots=True)
class Thread:
    """One thread: the block it belongs to, its program, its number in the block, and what it waits for."""

    block: tuple[int, ...]
    program: Generator[Event, Any, str]
    number: int = 0
    waits: Event | None = None
    alive: bool = True
    answer: Any = field(default=None)


def needs_threads(loop: For) -> bool:
    """Whether the iterations of a parallel loop must advance together: they meet at a barrier or collective."""
    if loop.kind.axis.startswith("block."):
        return any(isinstance(n, Barrier) and n.scope == "grid" for n in walk(loop))
    return loop.kind.axis.startswith("thread.") and any(isinstance(n, Barrier | Collective) for n in walk(loop))


def run_threads(threads: list[Thread]) -> None:
    """Runs all threads to their end."""
    seen: dict[tuple[int, ...], int] = {}
    for thread in threads:
        thread.number = seen.get(thread.block, 0)
        seen[thread.block] = thread.number + 1
    while any(t.alive for t in threads):
        for thread in threads:
            _advance(thread)
        if not any(t.alive for t in threads):
            return
        if not (_release_lanes(threads, seen) or _release_barriers(threads)):
            raise _stuck(threads)


def _advance(thread: Thread) -> None:
    if not thread.alive or thread.waits is not None:
        return
    answer, thread.answer = thread.answer, None
    try:
        thread.waits = thread.program.send(answer)
    except StopIteration:
        thread.alive = False


def _go_on(thread: Thread, answer: Any = None) -> None:
    thread.waits = None
    thread.answer = answer


def _release_lanes(threads: list[Thread], sizes: dict[tuple[int, ...], int]) -> bool:
    """Lets every complete set of lanes that wait at one collective exchange; False if there is none."""
    groups: dict[tuple[int, tuple[int, ...], int], list[Thread]] = {}
    for t in threads:
        if t.waits and t.waits.scope == "lanes":
            groups.setdefault((id(t.waits.site), t.block, t.number // t.waits.width), []).append(t)
    released = False
    for (_, block, group), lanes in groups.items():
        width = lanes[0].waits.width if lanes[0].waits else 1
        slots = {t.number % width: t.waits.value for t in lanes if t.waits}
        existing = min(width, sizes[block] - group * width)
        if any(lane not in slots for t in lanes for lane in _required(t, existing)):
            continue
        released = True
        for t in lanes:
            _go_on(t, slots)
    return released


def _required(thread: Thread, existing: int) -> list[int]:
    mask = thread.waits.mask if thread.waits else None
    return [] if mask is None else [lane for lane in range(existing) if mask >> lane & 1]


def _release_barriers(threads: list[Thread]) -> bool:
    """Opens every barrier that all living threads of its scope wait at; False if there is none."""
    released = False
    for t in threads:
        if t.alive and t.waits and t.waits.scope != "lanes":
            event = t.waits
            party = [o for o in threads if o.alive and (event.scope == "grid" or o.block == t.block)]
            if event.scope == "warp":  # one that not all wait at is met by the lanes that can reach it
                party = [o for o in party if o.waits and o.waits.site is event.site]
            if all(o.waits and o.waits.site is event.site for o in party):
                released = True
                for o in party:
                    _go_on(o)
    return released


def _stuck(threads: list[Thread]) -> KernelFault:
    waiting = [t for t in threads if t.alive and t.waits]
    for t in waiting:
        if t.waits and t.waits.scope == "lanes":
            what = f"thread {t.number} waits for lanes that do not arrive (mask {t.waits.mask:#x})"
            return KernelFault(what, "let every lane of the mask reach the exchange", t.waits.site.where)
    first = waiting[0].waits
    other = next((t.waits for t in waiting if first and t.waits and t.waits.site is not first.site), None)
    place = f" and {other.site.where}" if other and other.site.where else ""
    where = first.site.where if first else None
    what = f"divergent barrier: threads of one block wait at different barriers{place}"
    return KernelFault(what, "let all threads of the block reach the same barrier", where)
