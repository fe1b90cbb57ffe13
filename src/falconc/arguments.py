"""The grammar of the command line."""

from __future__ import annotations

import argparse
from importlib.metadata import version
from typing import NoReturn

from falconc.errors import UsageError

_EXIT_CODES = """\
exit codes:
  0  done; verdicts at or above --require
  1  Refuted, or a defect in the source
  2  the request cannot be carried out as written
  3  a verdict below --require, or Unknown
  4  a bug in falconc
  5  unsupported: a named limit of falconc
"""


class Parser(argparse.ArgumentParser):
    """Complains as the rest of falconc does."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see `{self.prog} --help`")


def parser() -> Parser:
    """All commands with their options."""
    top = Parser(
        "falconc",
        allow_abbrev=False,
        description="Translates tensor kernels between dialects of C and shows the evidence that each is right.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"falconc {version('falconc')}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    general = Parser(add_help=False)
    general.add_argument("--json", action="store_true", help="results as JSON on standard output")
    general.add_argument("--debug", action="store_true", help="show the traceback of an error")
    kernel, runs = _kernel_options(), _run_options()

    def add(name: str, what: str, *parents: Parser) -> Parser:
        return commands.add_parser(
            name, help=what, description=f"{what[0].upper()}{what[1:]}.", parents=[*parents, general]
        )

    _translate(add("translate", "translate a text to another platform and verify the result", kernel, runs))
    _verify(add("verify", "compare two kernels, whoever wrote them", kernel, runs))
    add("check", "look for defects in one kernel", _source(), kernel, runs)
    _run(add("run", "run a kernel's text on arrays, without a device", _source(), kernel, runs))
    _show(add("show", "print the loop nest of a kernel, before or after passes", _source(), kernel))
    explain = add("explain", "explain a pass, a platform, a built-in function, a verdict, a defect or an exit code")
    explain.add_argument("name", metavar="NAME")
    add("platforms", "list the platforms")
    add("passes", "list the passes")
    add("doctor", "say which compilers and devices were found, and how to get what is missing")
    return top


def _source() -> Parser:
    p = Parser(add_help=False)
    p.add_argument("source", metavar="SRC", help="a file, or - for standard input")
    return p


def _kernel_options() -> Parser:
    """Which kernel, and what its text leaves open."""
    p = Parser(add_help=False)
    group = p.add_argument_group("the kernel")
    group.add_argument(
        "--from", dest="origin", default="", metavar="P", help="platform of SRC (default: by its suffix)"
    )
    group.add_argument("--kernel", default="", metavar="NAME", help="which kernel; all: every one of the text")
    group.add_argument("--template", default="", metavar="ARGS", help="template arguments, e.g. '16, float'")
    group.add_argument("--grid", default="", metavar="X,Y,Z", help="blocks: expressions over integer parameters")
    group.add_argument("--block", default="", metavar="X,Y,Z", help="threads of a block: numbers")
    group.add_argument("--shared", default="", metavar="BYTES", help="dynamic shared memory: an expression")
    group.add_argument("--size", action="append", default=[], metavar="n=1000", help="value of an integer parameter")
    group.add_argument("--shape", action="append", default=[], metavar="A=1024x128", help="extent of a buffer")
    group.add_argument("--define", action="append", default=[], metavar="N=4", help="a macro")
    return p


def _run_options() -> Parser:
    """How it is run."""
    p = Parser(add_help=False)
    group = p.add_argument_group("runs")
    group.add_argument("--seed", type=int, default=0, help="of every random choice (default: 0)")
    group.add_argument("--seconds", type=float, default=10.0, help="limit of one run of one kernel (default: 10)")
    return p


def _require(p: Parser) -> None:
    choices = ("Proved", "Tested", "Unknown")
    p.add_argument(
        "--require", choices=choices, default="Tested", help="least verdict for exit code 0 (default: Tested)"
    )


def _translate(p: Parser) -> None:
    p.add_argument("source", metavar="SRC", help="a file, or - for standard input")
    p.add_argument("--to", required=True, metavar="P", help="target platform")
    p.add_argument("-o", dest="output", default="", metavar="OUT", help="output file (default: standard output)")
    p.add_argument("--recipe", default="", metavar="FILE", help="steps in place of the platform's own, one a line")
    _require(p)
    p.add_argument("--keep", action="store_true", help="write the output even when the verdict is below --require")
    p.add_argument("--no-compile", dest="compile", action="store_false", help="no compilation with the tools found")
    p.add_argument("--verify-steps", action="store_true", help="a verdict on each step too")
    p.add_argument("--report", default="", metavar="FILE", help="the report as a file; JSON if it ends in .json")


def _verify(p: Parser) -> None:
    p.add_argument("source", metavar="A", nargs="?", default="", help="a file, or - for standard input")
    p.add_argument("target", metavar="B", nargs="?", default="", help="the kernel that should do the same")
    p.add_argument("--to", default="", metavar="P", help="platform of B (default: by its suffix)")
    for name in ("kernel", "template", "grid", "block", "shared"):
        p.add_argument(f"--{name}-b", default="", metavar="...", help=f"--{name} for B (default: as for A)")
    p.add_argument("--by-name", action="store_true", help="pair the parameters by name (default: by position)")
    _require(p)
    p.add_argument("--replay", default="", metavar="FILE", help="run a recorded comparison again")
    p.add_argument("--save-replay", default="", metavar="FILE", help="record the comparison")


def _run(p: Parser) -> None:
    p.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="A=WHAT",
        help="a .npy file, random (the default), zeros, ones, arange, or a number; also for float parameters",
    )
    p.add_argument("--save", action="append", default=[], metavar="A=FILE.npy", help="write a buffer after the run")


def _show(p: Parser) -> None:
    p.add_argument("--to", default="", metavar="P", help="after the steps that lead to this platform")
    p.add_argument("--recipe", default="", metavar="FILE", help="after these steps (legal on --to)")
    p.add_argument("--steps", action="store_true", help="after each step, not only the last")
