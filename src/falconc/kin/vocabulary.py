"""What two dialects can say in common: the word tables of a source and a target, joined by their neutral keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from falconc.kin import forms
from falconc.kin.forms import Form
from falconc.platform import Platform

_PREFIX = "kin."
_GROUP = re.compile(r"lane(\d+)\.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to read a word. lanes: the size of the lane group it works on, 0 if it works on none."""

    key: str
    form: Form

    @property
    def lanes(self) -> int:
        match = _GROUP.match(self.key)
        return int(match.group(1)) if match else 0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How to go from ``source`` to ``target``.

    words: a name of the source dialect -> the entries it may be. written: neutral key -> the target's form.
    includes: header of the source -> neutral key. refused: names with the reason. source_helpers, helpers: name ->
    definition, of the two dialects. shared: names that both dialects have. known: those, and what the target says.
    notes: neutral key -> what to tell the user. locks: functions that take a lock when their operands are constants.
    reserved, reserved_in_device, reserved_in_namespace, headers: what names and files of the source dialect look like.
    macros: those names that projects also give to macros of their own. glued: beginnings that ## may complete.
    properties: members that hold a device's lane width. wraps: (name, parameter) -> what this dialect writes around
    the argument. needs: topics of headers of the target -> what names call for them.
    """

    source: Platform
    target: Platform
    words: dict[str, tuple[Entry, ...]]
    written: dict[str, Form]
    includes: dict[str, str]
    refused: dict[str, str]
    source_helpers: dict[str, str]
    helpers: dict[str, str]
    notes: dict[str, str]
    shared: frozenset[str]
    known: frozenset[str]
    locks: frozenset[str]
    reserved: re.Pattern[str]
    reserved_in_device: re.Pattern[str]
    reserved_in_namespace: re.Pattern[str]
    headers: re.Pattern[str]
    macros: re.Pattern[str]
    glued: re.Pattern[str]
    properties: frozenset[str]
    wraps: dict[tuple[str, str], tuple[str, str]]
    needs: dict[str, re.Pattern[str]]

    @property
    def nests_launches(self) -> bool:
        """Whether device code of the target may start kernels."""
        return "launch.nested" in self.written

    def unwrapped(self, form: Form, values: dict[str, str]) -> dict[str, str]:
        """Arguments without what this dialect, but not the other, has to write around them."""
        out = dict(values)
        for name, text in values.items():
            before, after = self.wraps.get((form.name, name), ("", ""))
            if before and text.startswith(before) and text.endswith(after):
                out[name] = text[len(before) : -len(after)]
        return out

    @property
    def same_lanes(self) -> bool:
        return self.source.lane_width == self.target.lane_width

    @property
    def keeps_progress(self) -> bool:
        """Whether lanes of a wave wait for each other safely on the target, or already cannot on the source."""
        return not self.names_of("lane.progress") or "lane.progress" in self.written

    def names_of(self, key: str) -> frozenset[str]:
        """The source dialect's names for a key."""
        return frozenset(name for name, entries in self.words.items() if any(e.key == key for e in entries))

    def has(self, key: str) -> bool:
        """Whether the source dialect has a word for ``key``."""
        return bool(self.names_of(key))

    def header(self, key: str) -> str | None:
        form = self.written.get(key)
        return form.text if form else None


def _table(platform: Platform) -> dict[str, str]:
    return {k.removeprefix(_PREFIX): v for k, v in platform.words.table.items() if k.startswith(_PREFIX)}


def _below(table: dict[str, str], topic: str) -> dict[str, str]:
    return {k.removeprefix(f"{topic}."): v for k, v in table.items() if k.startswith(f"{topic}.")}


_NOT_WORDS = ("helper.", "include.", "refuse.", "note.", "reserved", "same.", "lock", "property.", "needs.")
_WRAPPED = re.compile(r"(\w+)\((.*)\)$")
_ARGUMENT = re.compile(r"(.+\()\$(\w+)(\))$")


@cache
def between(source_name: str, target_name: str) -> Vocabulary:
    """The vocabulary for two platforms, by name."""
    from falconc import platform

    source, target = platform.get(source_name), platform.get(target_name)
    mine, theirs = _table(source), _table(target)
    words: dict[str, tuple[Entry, ...]] = {}
    for key, value in mine.items():
        if not key.startswith(_NOT_WORDS):
            for form in forms.parse(value):
                if form.name:
                    words[form.name] = (*words.get(form.name, ()), Entry(key, form))
    written = {k: forms.parse(v)[0] for k, v in theirs.items() if v and not k.startswith(_NOT_WORDS)}
    written |= {k: Form("") for k, v in theirs.items() if not v}
    written |= {k: Form(v.split(" | ")[0]) for k, v in theirs.items() if k.startswith("include.")}
    includes: dict[str, str] = {}
    for key, value in _below(mine, "include").items():
        for header in value.split(" | "):
            includes.setdefault(header, f"include.{key}")
    return Vocabulary(
        source=source,
        target=target,
        words=words,
        written=written,
        includes=includes,
        refused=_below(mine, "refuse"),
        source_helpers=_below(mine, "helper"),
        helpers=_below(theirs, "helper"),
        notes=_below(theirs, "note"),
        shared=frozenset(_below(mine, "same")),
        known=frozenset(_below(mine, "same")) | frozenset(_spoken(theirs)),
        locks=frozenset(mine.get("lock", "").split()),
        reserved=_pattern(mine, "reserved"),
        reserved_in_device=_pattern(mine, "reserved.device"),
        reserved_in_namespace=_pattern(mine, "reserved.namespace"),
        headers=_pattern(mine, "reserved.header"),
        macros=_pattern(mine, "reserved.macro"),
        glued=_pattern(mine, "reserved.glued"),
        properties=frozenset(mine.get("property.lanes", "").split()),
        wraps=_wraps(mine),
        needs={k: re.compile(rf"(?:{v})$") for k, v in _below(theirs, "needs").items()},
    )


def _pattern(table: dict[str, str], key: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{table.get(key, '(?!)')})$")


def _wraps(table: dict[str, str]) -> dict[tuple[str, str], tuple[str, str]]:
    """From words like ``f(cast($function), $...)``: what stands around an argument."""
    out: dict[tuple[str, str], tuple[str, str]] = {}
    for key, value in table.items():
        call = None if key.startswith(_NOT_WORDS) else _WRAPPED.match(value.split(" | ")[0])
        for part in call.group(2).split(", ") if call else ():
            argument = _ARGUMENT.match(part)
            if call and argument:
                out[call.group(1), argument.group(2)] = (argument.group(1), argument.group(3))
    return out


def _spoken(table: dict[str, str]) -> list[str]:
    """Every plain name in a table: text that already is in the target dialect is left alone."""
    parsed = [f for k, v in table.items() if not k.startswith(_NOT_WORDS) for f in forms.parse(v)]
    return [f.name for f in parsed if f.name]
