"""Every error falconc raises on purpose, in one tree.

    FalconcError
    |-- UsageError          the request cannot be carried out as written          exit 2
    |   `-- ToolMissing     a needed program is not on this machine               exit 2
    |-- SourceDefect        the user's text is wrong (syntax, undefined name)     exit 1
    |-- KernelFault         a kernel did what C leaves undefined, on some inputs  exit 1
    |-- Unsupported         a named limit of falconc, met in the user's text      exit 5
    |-- Refused             a pass declines a step; a caller may try another one  exit 5
    `-- InternalError       our own bug                                           exit 4

An error has three parts: where (a span, printed as file:line:column with a caret line),
what, and what to do next.
"""

from __future__ import annotations

from typing import ClassVar

from falconc.source import Span


class FalconcError(Exception):
    """Base of the tree.

    Args:
        what: one sentence, no trailing period.
        next_step: what the user can do about it, one sentence; may be empty.
        where: the place in the user's text, or None.
    """

    exit_code: ClassVar[int] = 4
    label: ClassVar[str] = "error"
    usual_step: ClassVar[str] = ""  # what to do next where the place that raised does not say

    def __init__(self, what: str, next_step: str = "", where: Span | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step or self.usual_step
        self.where = where

    def report(self) -> str:
        """The three parts as text: ``file:line:column: label: what``, caret lines, next step."""
        place = f"{self.where}: " if self.where else ""
        lines = [f"{place}{self.label}: {self.what}"]
        if self.where:
            lines += self.where.caret_lines()
        if self.next_step:
            lines.append(f"  next: {self.next_step}")
        return "\n".join(lines)


class UsageError(FalconcError):
    """The request cannot be carried out as written."""

    exit_code = 2


class ToolMissing(UsageError):
    """A needed program is not on this machine."""


class SourceDefect(FalconcError):
    """The user's text is wrong."""

    exit_code = 1
    label = "defect"
    usual_step = "correct the text (it is read as C++17); a macro that it needs is set with --define"


class KernelFault(FalconcError):
    """A kernel did, on the inputs at hand, what C leaves undefined."""

    exit_code = 1
    label = "defect"


class Unsupported(FalconcError):
    """A named limit of falconc, met in the user's text."""

    exit_code = 5
    label = "unsupported"


class Refused(FalconcError):
    """A pass declines a step, with its reason."""

    exit_code = 5
    label = "refused"


class InternalError(FalconcError):
    """Our own bug."""

    exit_code = 4
    label = "internal error"
    usual_step = "this is a bug in falconc: report it with the text and the command (--debug shows the traceback)"
