"""The one door to libclang: parses a text against a platform's meaning.h and gives typed cursors."""

# libclang's Python module is untyped and lacks operator kinds; everything untyped stays in this file.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false, reportUnknownParameterType=false

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import clang.cindex as cindex

import falconc.emulate
from falconc.errors import InternalError, SourceDefect
from falconc.platform import Platform
from falconc.source import Source, Span

# What clang says of a name that is nowhere declared.
_UNKNOWN_NAME = ("undeclared", "unknown type", "no template named", "no member named", "no type named", "no matching")
# Where headers that the machine does not have are served from; nothing is ever on disk there.
STAND_INS = "/falconc-stand-ins"
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")', re.MULTILINE)

# C's promises inside the brackets of an array parameter, which C++ does not have.
_ARRAY_PROMISE = re.compile(r"\[\s*(?:(?:static|restrict|const|volatile)\b[ \t]*)+")
# Kinds that libclang 18 has and its Python module lacks (clang-c/Index.h).
_MISSING_TYPE_KINDS = {32: "FLOAT16", 39: "BFLOAT16", 178: "ATOMIC"}
# CXBinaryOperatorKind and CXUnaryOperatorKind of libclang 18 (clang-c/Index.h), from 1 on.
_BINARY = (
    ".* ->* * / % + - << >> <=> < > <= >= == != & ^ | && || = *= /= %= += -= <<= >>= &= ^= |= ,".split()  # noqa: SIM905
)
_UNARY = ("x++", "x--", "++x", "--x", "&", "*", "+", "-", "~", "!", "__real", "__imag", "__extension__")


@cache
def _library() -> Any:
    lib: Any = cindex.conf.lib
    prototypes: tuple[tuple[str, list[Any], Any], ...] = (
        ("clang_getCursorBinaryOperatorKind", [cindex.Cursor], ctypes.c_int),
        ("clang_getCursorUnaryOperatorKind", [cindex.Cursor], ctypes.c_int),
        ("clang_Cursor_Evaluate", [cindex.Cursor], ctypes.c_void_p),
        ("clang_EvalResult_getKind", [ctypes.c_void_p], ctypes.c_int),
        ("clang_EvalResult_getAsDouble", [ctypes.c_void_p], ctypes.c_double),
        ("clang_EvalResult_getAsLongLong", [ctypes.c_void_p], ctypes.c_longlong),
        ("clang_EvalResult_isUnsignedInt", [ctypes.c_void_p], ctypes.c_uint),
        ("clang_EvalResult_getAsUnsigned", [ctypes.c_void_p], ctypes.c_ulonglong),
        ("clang_EvalResult_dispose", [ctypes.c_void_p], None),
    )
    for name, arguments, result in prototypes:
        function = getattr(lib, name)
        function.argtypes, function.restype = arguments, result
    lib.clang_Cursor_getVarDeclInitializer.argtypes = [cindex.Cursor]
    lib.clang_Cursor_getVarDeclInitializer.restype = cindex.Cursor
    return lib


class Type:
    """A canonical C type, as libclang sees it."""

    __slots__ = ("raw",)

    def __init__(self, raw: Any) -> None:
        self.raw = raw.get_canonical()

    @property
    def kind(self) -> str:
        """libclang's name of the kind: "INT", "POINTER", "RECORD", "CONSTANTARRAY" ..."""
        return _MISSING_TYPE_KINDS.get(self.raw._kind_id) or self.raw.kind.name

    @property
    def spelling(self) -> str:
        return self.raw.spelling

    @property
    def size(self) -> int:
        return self.raw.get_size()

    @property
    def is_const(self) -> bool:
        return self.raw.is_const_qualified()

    @property
    def is_restrict(self) -> bool:
        return self.raw.is_restrict_qualified()

    @property
    def pointee(self) -> Type:
        return Type(self.raw.get_pointee())

    @property
    def element(self) -> Type:
        """Element type of an array or vector."""
        if self.kind in ("CONSTANTARRAY", "INCOMPLETEARRAY", "VARIABLEARRAY", "DEPENDENTSIZEDARRAY"):
            return Type(self.raw.get_array_element_type())
        return Type(self.raw.element_type)

    @property
    def count(self) -> int:
        """Element count of an array or vector; -1 where it has none."""
        return self.raw.get_array_size() if self.kind == "CONSTANTARRAY" else self.raw.element_count

    @property
    def result(self) -> Type:
        return Type(self.raw.get_result())

    @property
    def declaration(self) -> Cursor:
        return Cursor(self.raw.get_declaration())

    def fields(self) -> Iterator[tuple[str, Type, int, bool]]:
        """(name, type, byte offset, is a bit field) of each field of a record, in order."""
        for f in self.raw.get_fields():
            yield f.spelling, Type(f.type), f.get_field_offsetof() // 8, f.is_bitfield()

    def template_arguments(self) -> list[Type]:
        """The type arguments of a class template's instance."""
        return [Type(self.raw.get_template_argument_type(i)) for i in range(self.raw.get_num_template_arguments())]


class Cursor:
    """A node of libclang's tree."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def __repr__(self) -> str:
        return f"<{self.kind} {self.spelling!r} {self.offset}-{self.end}>"

    @cached_property
    def kind(self) -> str:
        """libclang's name of the kind: "FOR_STMT", "CALL_EXPR" ..."""
        return self.raw.kind.name

    @cached_property
    def spelling(self) -> str:
        return self.raw.spelling or ""

    @cached_property
    def type(self) -> Type:
        return Type(self.raw.type)

    @property
    def written_type(self) -> str:
        """The type as the text spells it."""
        return self.raw.type.spelling

    @cached_property
    def children(self) -> list[Cursor]:
        return [Cursor(c) for c in self.raw.get_children()]

    @cached_property
    def arguments(self) -> list[Cursor]:
        """Arguments of a call, parameters of a function."""
        return [Cursor(c) for c in self.raw.get_arguments()]

    @cached_property
    def referenced(self) -> Cursor | None:
        found = self.raw.referenced
        return None if found is None or found.kind.is_invalid() else Cursor(found)

    @cached_property
    def definition(self) -> Cursor | None:
        found = self.raw.get_definition()
        return None if found is None or found.kind.is_invalid() else Cursor(found)

    @property
    def parent(self) -> Cursor | None:
        found = self.raw.semantic_parent
        return None if found is None or found.kind.is_invalid() else Cursor(found)

    @property
    def qualified(self) -> str:
        """The name of a declaration with the namespaces around it; nameless ones need none."""
        names = [self.spelling]
        parent = self.parent
        while parent is not None and parent.kind in ("NAMESPACE", "LINKAGE_SPEC"):
            if parent.kind == "NAMESPACE" and parent.spelling and not parent.spelling.startswith("("):
                names.insert(0, parent.spelling)
            parent = parent.parent
        return "::".join(names)

    @cached_property
    def key(self) -> int:
        """Identity of a declaration."""
        return self.raw.data[0]

    @cached_property
    def initializer(self) -> Cursor | None:
        """The initialiser of a variable."""
        found = _library().clang_Cursor_getVarDeclInitializer(self.raw)
        if found is None or found.kind.is_invalid():
            return None
        found._tu = self.raw._tu
        return Cursor(found)

    @cached_property
    def operator(self) -> str:
        """The operator of a unary or binary operation ("x++" and "++x" told apart); "" elsewhere."""
        if "UNARY" in self.kind:
            k = _library().clang_getCursorUnaryOperatorKind(self.raw)
            return _UNARY[k - 1] if 0 < k <= len(_UNARY) else ""
        k = _library().clang_getCursorBinaryOperatorKind(self.raw)
        return _BINARY[k - 1] if 0 < k <= len(_BINARY) else ""

    def evaluate(self) -> int | float | None:
        """The value of a constant expression or constant; None where clang finds none."""
        lib = _library()
        result = lib.clang_Cursor_Evaluate(self.raw)
        if not result:
            return None
        try:
            match lib.clang_EvalResult_getKind(result):
                case 1:
                    unsigned = lib.clang_EvalResult_isUnsignedInt(result)
                    read = lib.clang_EvalResult_getAsUnsigned if unsigned else lib.clang_EvalResult_getAsLongLong
                    return int(read(result))
                case 2:
                    return float(lib.clang_EvalResult_getAsDouble(result))
                case _:
                    return None
        finally:
            lib.clang_EvalResult_dispose(result)

    @cached_property
    def file(self) -> str:
        found = self.raw.location.file
        return found.name if found else ""

    @cached_property
    def offset(self) -> int:
        """First byte of the extent in its file."""
        return self.raw.extent.start.offset

    @cached_property
    def end(self) -> int:
        return self.raw.extent.end.offset

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Words of the FALCON_NOTEs on a declaration."""
        return tuple(c.spelling for c in self.children if c.kind == "ANNOTATE_ATTR")

    def has(self, kind: str) -> bool:
        """Whether a direct child has this kind (attributes)."""
        return any(c.kind == kind for c in self.children)

    @property
    def storage(self) -> str:
        """ "STATIC", "EXTERN", "NONE" ..."""
        return self.raw.storage_class.name

    @property
    def is_static_method(self) -> bool:
        return self.raw.is_static_method()

    @property
    def is_const_method(self) -> bool:
        return self.raw.is_const_method()

    @property
    def copies(self) -> bool:
        """Whether this is a copy or move constructor that the compiler wrote."""
        raw = self.raw
        return (raw.is_copy_constructor() or raw.is_move_constructor()) and self._implicit

    @property
    def copies_by_assignment(self) -> bool:
        """Whether this is an operator= that the compiler wrote."""
        raw = self.raw
        assigns = raw.is_copy_assignment_operator_method() or raw.is_move_assignment_operator_method()
        return assigns and self._implicit

    @property
    def _implicit(self) -> bool:
        return self.raw.is_default_method() or self.raw.location == self.raw.semantic_parent.location

    @property
    def access(self) -> str:
        return self.raw.access_specifier.name

    @property
    def is_definition(self) -> bool:
        return self.raw.is_definition()

    @property
    def comment(self) -> str:
        return self.raw.brief_comment or ""

    def walk(self) -> Iterator[Cursor]:
        """This cursor and all below, parents first."""
        stack: list[Cursor] = [self]
        while stack:
            top = stack.pop()
            yield top
            stack.extend(reversed(top.children))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint of clang's. offset: in bytes into ``file``."""

    severity: Literal["error", "fatal"]
    message: str
    file: str
    offset: int
    length: int = 1


@dataclass(frozen=True)
class Tree:
    """A parsed text.

    diagnostics: errors only. stand_ins: headers the text includes and this machine does not have, served empty.
    """

    source: Source
    root: Cursor
    diagnostics: tuple[Diagnostic, ...]
    stand_ins: tuple[str, ...]
    _raw: Any = field(repr=False, compare=False)

    @cached_property
    def main(self) -> str:
        """How cursors name the file of the text."""
        return self.root.spelling

    @cached_property
    def _characters(self) -> list[int] | None:
        """Byte offset -> character offset; None where they are the same."""
        if self.source.text.isascii():
            return None
        table: list[int] = []
        for i, c in enumerate(self.source.text):
            table += [i] * len(c.encode())
        return [*table, len(self.source.text)]

    def span(self, cursor: Cursor) -> Span | None:
        """The place of a cursor in the user's text; None where it is not in it."""
        return self.place(cursor.offset, cursor.end) if cursor.file == self.main else None

    def place(self, start: int, end: int) -> Span:
        """The span of bytes [start, end) of the text."""
        limit = len(self.source.text)
        if table := self._characters:
            start, end = table[min(start, len(table) - 1)], table[min(end, len(table) - 1)]
        return self.source.span(min(start, limit), min(end, limit))

    def defect(self, d: Diagnostic) -> SourceDefect:
        """A complaint of clang's as an error; a missing header is named where it may be the reason."""
        advice = ""
        if self.stand_ins and any(u in d.message for u in _UNKNOWN_NAME):
            headers = " or ".join(f"<{h}>" for h in self.stand_ins)
            advice = f"if it comes from {headers}, put what is needed into this file"
        return SourceDefect(d.message, advice, self.place(d.offset, d.offset + d.length))

    def declarations(self) -> list[Cursor]:
        """Top-level declarations of the text itself, those inside namespaces and extern "C" included, in order."""
        return self._declarations

    @cached_property
    def _declarations(self) -> list[Cursor]:
        out: list[Cursor] = []
        todo = list(self.root.children)
        while todo:
            c = todo.pop(0)
            if c.file != self.main:
                continue
            if c.kind in ("NAMESPACE", "LINKAGE_SPEC", "UNEXPOSED_DECL"):
                todo = [*c.children, *todo]
            else:
                out.append(c)
        return out


@cache
def _index() -> Any:
    return cindex.Index.create()


def _missing_headers(text: str, folder: Path) -> list[str]:
    """Included names that are not beside the text, in order."""
    names = [a or b for a, b in _INCLUDE.findall(text)]
    return [n for n in dict.fromkeys(names) if not os.path.isabs(n) and not (folder / n).is_file()]


def parse(source: Source, platform: Platform, defines: tuple[str, ...] = (), tail: str = "") -> Tree:
    """Parse ``source`` (with ``tail`` appended) against the platform's meaning.h.

    Headers that are not beside the text are served empty: what a kernel needs of them is in meaning.h or missing, and
    then the complaint names the missing identifier.
    """
    on_disk = Path(source.name)
    name = str(on_disk) if on_disk.suffix else f"{source.name}.cu"
    text = _ARRAY_PROMISE.sub(lambda m: "[" + " " * (len(m.group()) - 1), source.text)
    text = f"{text}\n{tail}" if tail else text
    missing = _missing_headers(text, on_disk.parent)
    emulate = Path(falconc.emulate.__file__).parent
    arguments = [*platform.parse_flags, "-w", "-ferror-limit=0", "-DFALCON_LIFT", f"-I{STAND_INS}", f"-I{emulate}"]
    arguments += [f"-D{d}" for d in defines] + ["-include", str(platform.meaning)]
    while True:
        served = [(name, text)] + [(f"{STAND_INS}/{m}", "#pragma once\n") for m in missing]
        try:
            raw = _index().parse(name, args=arguments, unsaved_files=served)
        except cindex.TranslationUnitLoadError as e:
            raise InternalError(f"libclang cannot parse {source.name}") from e
        diagnostics = tuple(_diagnostics(raw))
        more = [m[1] for d in diagnostics if (m := re.match(r"'(.+)' file not found", d.message))]
        more = [m for m in dict.fromkeys(more) if m not in missing and not os.path.isabs(m)]
        if not more:
            return Tree(source, Cursor(raw.cursor), diagnostics, tuple(missing), raw)
        missing += more


def _diagnostics(raw: Any) -> Iterator[Diagnostic]:
    for d in raw.diagnostics:
        if d.severity < cindex.Diagnostic.Error:
            continue
        severity = "fatal" if d.severity == cindex.Diagnostic.Fatal else "error"
        start = d.location.offset
        ends = [r.end.offset for r in d.ranges if r.start.offset <= start < r.end.offset]
        file = d.location.file.name if d.location.file else ""
        yield Diagnostic(severity, d.spelling, file, start, max(1, min(ends) - start) if ends else 1)
