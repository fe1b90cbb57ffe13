"""Looks a built-in up where its meaning is written: doc comment, definition and trust, from a platform's meaning.h."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from falconc import platform as platforms
from falconc.frontend import clang
from falconc.frontend.clang import Cursor
from falconc.platform import Platform
from falconc.source import Source

_KINDS = ("FUNCTION_DECL", "FUNCTION_TEMPLATE", "VAR_DECL", "STRUCT_DECL", "CLASS_TEMPLATE", "TYPEDEF_DECL")


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """One declaration. trust: "hardware", "documented", "inferred", or "" where the meaning is plain C.
    text: the definition, or the macro call that writes it. place: file:line in the platform's headers."""

    name: str
    platform: str
    signature: str
    doc: str
    trust: str
    text: str
    place: str


def look_up(platform: Platform, name: str) -> tuple[BuiltIn, ...]:
    """The declarations of ``name`` in the platform's meaning.h, overloads in order; () if there is none."""
    wanted = (name, _renamed(platform, name))
    found = [_describe(c, platform) for c in _declarations(platform.name) if c.spelling in wanted and c.kind in _KINDS]
    return tuple(dict.fromkeys(found))


def _renamed(platform: Platform, name: str) -> str:
    """What a macro of the headers makes of ``name``: reserved names are declared under others."""
    define = re.compile(rf"^#define {re.escape(name)} (\w+)$", re.MULTILINE)
    for header in (*platform.folder.glob("*.h"), *platform.folder.parent.glob("*.h")):
        if found := define.search(header.read_text()):
            return found.group(1)
    return ""


def names(platform: Platform) -> tuple[str, ...]:
    """What a user's text may call: every function of the platform's meaning.h."""
    kinds = ("FUNCTION_DECL", "FUNCTION_TEMPLATE")
    return tuple(
        sorted({c.spelling for c in _declarations(platform.name) if c.kind in kinds and _is_public(c.spelling)})
    )


def _is_public(name: str) -> bool:
    return not name.startswith(("falcon", "operator"))


@cache
def _declarations(name: str) -> tuple[Cursor, ...]:
    wanted = platforms.get(name)
    tree = clang.parse(Source(f"empty{wanted.suffixes[0]}", ""), wanted)
    out: list[Cursor] = []
    todo = list(tree.root.children)
    while todo:
        c = todo.pop(0)
        if c.kind in ("LINKAGE_SPEC", "UNEXPOSED_DECL"):
            todo = [*c.children, *todo]
        else:
            out.append(c)
    return tuple(out)


def _describe(c: Cursor, platform: Platform) -> BuiltIn:
    words = [w for note in c.notes for w in note.split()]
    trust = next((w.removeprefix("trust=") for w in words if w.startswith("trust=")), "")
    data = _bytes(c.file)
    line = data.count(b"\n", 0, c.offset) + 1
    text = data[c.offset : c.end].decode(errors="replace")
    place = f"{Path(c.file).name}:{line}"
    return BuiltIn(c.spelling, platform.name, c.written_type, c.comment, trust, text, place)


@cache
def _bytes(path: str) -> bytes:
    return Path(path).read_bytes()
