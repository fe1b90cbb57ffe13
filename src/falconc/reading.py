"""Files on the command line: a text with its platform in, results out without ever leaving half a file."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from falconc import platform
from falconc.errors import UsageError
from falconc.platform import Platform
from falconc.source import Source

STDIN = "-"
_MOST_BYTES = 4 << 20  # a kernel file larger than this is generated data; clang's tree of it would fill the memory


def source(path: str) -> Source:
    """The text at ``path`` ("-": standard input), byte for byte.

    Raises:
        UsageError: no such file, not readable, too large, or not UTF-8 text.
    """
    name = "<stdin>" if path == STDIN else path
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(f"cannot read {name}: {reason}", "give a file that exists and that you may read") from error
    if len(data) > _MOST_BYTES:
        most = _MOST_BYTES >> 20
        raise UsageError(f"{name} is larger than {most} MB", "give the kernel in a file of its own")
    if b"\0" in data:
        raise UsageError(f"{name} is a binary file", "give program text")
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"{name} is not UTF-8 text: byte 0x{data[error.start]:02x} in line {line}"
        raise UsageError(what, "convert it, e.g. with iconv -f LATIN1 -t UTF-8") from error


def platform_of(path: str, name: str, option: str = "--from") -> Platform:
    """The platform called ``name``, else the one whose suffix ``path`` has.

    Raises:
        UsageError: neither says.
    """
    if name:
        return platform.get(name)
    found = None if path == STDIN else platform.of_file(path)
    if found is None:
        what = "standard input" if path == STDIN else f"'{path}'"
        known = ", ".join(platform.all_platforms())
        raise UsageError(f"the platform of {what} is not known", f"pass {option} with one of: {known}")
    return found


def recipe_text(path: str) -> str:
    """The text of a recipe file.

    Raises:
        UsageError: as for ``source``.
    """
    return source(path).text


def write(path: str, text: str) -> None:
    """Put ``text`` at ``path``; a file that is there is replaced whole or not at all.

    Raises:
        UsageError: the place cannot be written to.
    """
    target = Path(path)
    part = ""
    try:
        if target.exists() and not target.is_file():  # a device or a pipe has nothing to keep
            target.write_text(text, encoding="utf-8", newline="")
            return
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(part, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        os.replace(part, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(part)
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(f"cannot write {path}: {reason}", "give a path in a folder that you may write to") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
