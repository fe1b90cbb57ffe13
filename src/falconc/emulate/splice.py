"""What of a text a kernel needs, cut out of it: its declarations, macros and shared variables, host code left out.

Everything stays on its line. Nothing is printed anew: declarations are the user's own characters, except that variables
a block shares get storage of the emulator's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from falconc.emulate import rows
from falconc.emulate.pieces import CLASSES, FUNCTIONS, File, Unit
from falconc.frontend.clang import Cursor, Tree
from falconc.frontend.tokens import Token
from falconc.platform import Platform
from falconc.source import Source

_HERE = Path(__file__).resolve().parent
_MARKS = ("CUDAGLOBAL_ATTR", "CUDADEVICE_ATTR", "CUDACONSTANT_ATTR", "CUDASHARED_ATTR")
_ALWAYS = ("USING_DIRECTIVE",)
_LEFT_OUT = frozenset({"include", "include_next", "import", "line"})
_UNQUOTABLE = re.compile(r"[\\\"\n]")


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a text that one kernel needs, as C++ for the emulator.

    shared: qualified names of variables of file scope that each block has for itself.
    qualified: file-scope variables by name, with their namespaces.
    """

    text: str
    shared: tuple[str, ...]
    qualified: dict[str, str]


class _Cutter:
    """Finds out what is needed, from the roots on."""

    def __init__(self, tree: Tree, platform: Platform) -> None:
        self.tree = tree
        self.on_device = "launch" in platform.words.table
        self.files = self._files(platform)
        self.kernels = {
            c.spelling for f in self.files.values() for u in f.units for c in u.cursors if u.has("CUDAGLOBAL_ATTR")
        }
        self.macros = self._macros()
        self.shared: list[str] = []
        self.wrong = [(d.file, d.offset) for d in tree.diagnostics]

    def _files(self, platform: Platform) -> dict[str, File]:
        """The text and what it includes from beside it. In the tree, the platform's headers come first."""
        mine: dict[str, list[Cursor]] = {}
        ours = {str(f) for f in (_HERE, platform.folder, platform.folder.parent)}
        for c in reversed(self.tree.root.children):
            name = c.file
            if name and name not in mine and name != self.tree.main and os.path.dirname(os.path.realpath(name)) in ours:
                break
            mine.setdefault(name, []).append(c)
        mine.setdefault(self.tree.main, [])
        files: dict[str, File] = {}
        for name, cursors in mine.items():
            if name:
                source = (
                    self.tree.source if name == self.tree.main else Source(name, Path(name).read_text(errors="replace"))
                )
                files[name] = File(name, source)
                files[name].collect(reversed(cursors))
        return files

    def _macros(self) -> dict[str, set[str]]:
        table: dict[str, set[str]] = {}
        for f in self.files.values():
            for _, _, tokens in f.directives:
                if len(tokens) > 2 and tokens[1].text == "define":
                    words = table.setdefault(tokens[2].text, set())
                    words |= {t.text for t in tokens[3:] if t.kind == "name"}
                    if any(t.text == "##" for t in tokens):
                        words.add("##")
        return table

    # --- what is needed --------------------------------------------------------------------------------------------

    def keep(self, roots: Iterable[str]) -> dict[str, list[Unit]]:
        """The units needed, by file."""
        declared: dict[str, list[tuple[File, Unit]]] = {}
        todo: list[str] = list(roots)
        for f in self.files.values():
            for u in f.units:
                for name in u.names:
                    declared.setdefault(name, []).append((f, u))
                    if u.cursors[0].kind in _ALWAYS or (name.startswith("operator") and self._may_run(f, u)):
                        todo.append(name)
        seen: set[str] = set()
        kept: dict[int, tuple[File, Unit]] = {}
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            todo += self.macros.get(name, ())
            for f, u in declared.get(name, ()):
                if id(u) not in kept and self._may_run(f, u):
                    kept[id(u)] = (f, u)
                    words = f.uses(u.start, u.end)
                    todo += words
                    if any("##" in self.macros.get(w, ()) for w in words):
                        todo += self._referenced(u)
        by_file: dict[str, list[Unit]] = {}
        for f, u in kept.values():
            by_file.setdefault(f.name, []).append(u)
        return by_file

    def _referenced(self, u: Unit) -> Iterator[str]:
        """Names that macros glued together: only the tree knows them."""
        for c in u.cursors:
            for x in c.walk():
                if x.referenced is not None and x.referenced.file in self.files:
                    yield x.referenced.spelling

    def _may_run(self, f: File, u: Unit) -> bool:
        """Not for what only the host can use: variables it keeps, functions that launch, texts with errors."""
        text = f.source.text[u.start : u.end]
        members = self._wrong_members(f, u)
        if any(not any(a <= at < b for a, b in members) for at in self._wrong(f, u)):
            return False
        if re.match(r"template\s+(?!<)[^<]", text):  # an explicit instantiation
            return False
        if not self.on_device or u.has(*_MARKS):
            return True
        first = u.cursors[0]
        if first.kind in ("FUNCTION_DECL", "FUNCTION_TEMPLATE"):
            return "<<<" not in text and not (f.uses(u.start, u.end) & self.kernels)
        if first.kind == "VAR_DECL":
            return first.type.is_const or "const" in text
        return True

    def _wrong(self, f: File, u: Unit) -> list[int]:
        """Characters where clang found an error."""
        places = (f.at(offset) for file, offset in self.wrong if file == f.name)
        return [at for at in places if u.start <= at < u.end]

    def _wrong_members(self, f: File, u: Unit) -> list[tuple[int, int]]:
        """Functions of a class that have errors: host code, or nobody could have lifted a kernel that needs them."""
        wrong = self._wrong(f, u)
        if not wrong:
            return []
        found: list[tuple[int, int]] = []
        for c in u.cursors:
            members = (f.span(x) for x in c.walk() if x.kind in FUNCTIONS) if c.kind in CLASSES else ()
            found += [(a, b) for a, b in members if any(a <= at < b for at in wrong)]
        return found

    # --- the text --------------------------------------------------------------------------------------------------

    def written(self, kept: dict[str, list[Unit]]) -> str:
        for name, units in kept.items():
            f = self.files[name]
            for u in units:
                f.edits += [(a, b, _blank(f.source.text[a:b])) for a, b in self._wrong_members(f, u)]
                f.edits += [e for c in u.cursors if c.kind == "FUNCTION_DECL" for e in rows.edits(f, c)]
                for c in u.cursors:
                    self._share(self.files[name], u, c)
        return self._file(self.tree.main, kept, set())

    def _file(self, name: str, kept: dict[str, list[Unit]], done: set[str]) -> str:
        """A file with all but what is needed blanked out, other files in the place of their includes."""
        done.add(name)
        f = self.files[name]
        pieces = [(u.start, u.end, f.source.text[u.start : u.end]) for u in kept.get(name, [])]
        pieces = [(a, b, _edited(text, a, [e for e in f.edits if a <= e[0] < b])) for a, b, text in pieces]
        pieces += [(a, b, f.source.text[a:b]) for a, b in f.unread([(a, b) for a, b, _ in pieces])]
        pieces += [(a, b, f.source.text[a:b]) for a, b in f.frames]
        inside = [(a, b) for a, b, _ in pieces]
        for start, end, tokens in f.directives:
            if any(a <= start < b for a, b in inside):
                continue
            kind = tokens[1].text if len(tokens) > 1 else ""
            text = f.source.text[start:end]
            if kind == "include":
                text = self._included(f, start, tokens, kept, done)
            elif kind in _LEFT_OUT or text.split()[-1:] == ["once"]:
                text = ""
            pieces.append((start, end, text))
        out: list[str] = []
        at = 0
        for start, end, text in sorted(pieces):
            out += [_blank(f.source.text[at:start]), text]
            at = max(at, end)
        return "".join(out)

    def _included(self, f: File, start: int, tokens: list[Token], kept: dict[str, list[Unit]], done: set[str]) -> str:
        header = next((t.text for t in tokens if t.kind == "header"), "")
        beside = str(Path(f.name).parent / header.strip('"'))
        name = next((n for n in self.files if Path(n).resolve() == Path(beside).resolve()), None)
        if not header.startswith('"') or name is None or name in done:
            return ""
        line = f.source.text.count("\n", 0, start) + 1
        text = self._file(name, kept, done)
        return f"\n{line_directive(1, name)}\n{text}\n{line_directive(line, f.name)}\n"

    # --- shared variables ------------------------------------------------------------------------------------------

    def _share(self, f: File, u: Unit, c: Cursor) -> None:
        """Edits for the variables below ``c`` that a block shares."""
        if c.kind == "VAR_DECL":
            if c.has("CUDASHARED_ATTR"):
                self._share_at_file_scope(f, u, c)
            return
        for statement, variables in _shared_declarations(c):
            start, end = f.span(statement)
            after = next(f.after(end), None)
            if f.source.text[end - 1 : end] != ";" and after and after.text == ";":
                end = after.end
            dynamic = [v for v in variables if v.storage == "EXTERN"]
            if dynamic:
                lines = f.source.text.count("\n", start, end)
                f.edits.append((start, end, " ".join(_dynamic(v, "") for v in dynamic) + "\n" * lines))
            else:  # the word for shared memory is `static` here
                f.edits += [(t.start, t.end, "") for t in f.between(start, end) if t.text == "static"]
            fixed = [v.spelling for v in variables if v.storage != "EXTERN"]
            poison = "".join(f" static falcon_u32 falcon_{v}; falcon_fresh({v}, falcon_{v});" for v in fixed)
            f.edits.append((end, end, poison))

    def _share_at_file_scope(self, f: File, u: Unit, c: Cursor) -> None:
        if c.storage == "EXTERN":
            lines = f.source.text.count("\n", u.start, u.end)
            f.edits.append((u.start, u.end, _dynamic(c, "static ") + "\n" * lines))
        else:
            self.shared.append(c.qualified)


def _dynamic(v: Cursor, storage: str) -> str:
    """``extern`` shared arrays: all are the bytes that the launch gives."""
    name = f"falcon_{v.spelling}"
    return f"using {name} = {v.written_type}; {storage}{name} &{v.spelling} = *({name} *)falcon_dynamic_shared;"


def _shared_declarations(c: Cursor) -> Iterator[tuple[Cursor, list[Cursor]]]:
    """(statement, its shared variables) below ``c``; expressions are not searched."""
    for x in c.children:
        if x.kind == "DECL_STMT":
            found = [v for v in x.children if v.kind == "VAR_DECL" and v.has("CUDASHARED_ATTR")]
            if found:
                yield x, found
        elif x.kind.endswith("_STMT") or x.kind in FUNCTIONS or x.kind in CLASSES:
            yield from _shared_declarations(x)


def _edited(text: str, at: int, edits: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[: start - at] + new + text[end - at :]
    return text


def _blank(text: str) -> str:
    return "\n" * text.count("\n")


def line_directive(line: int, name: str) -> str:
    """Tells the compiler where the characters that follow come from."""
    return f'#line {line} "{_UNQUOTABLE.sub("_", Path(name).name)}"'


def cut(tree: Tree, platform: Platform, roots: Iterable[str]) -> Cut:
    """The part of the text of ``tree`` that the declarations called ``roots`` need, themselves included."""
    cutter = _Cutter(tree, platform)
    kept = cutter.keep(roots)
    text = cutter.written(kept)
    variables = {
        c.spelling: c.qualified for units in kept.values() for u in units for c in u.cursors if c.kind == "VAR_DECL"
    }
    return Cut(text, tuple(cutter.shared), variables)
