"""The command line: the only file that prints. Results go to standard output, talk and errors to standard error."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from falconc import arguments
from falconc.errors import FalconcError, InternalError, UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from falconc import flow
    from falconc.frontend.unit import Instance
    from falconc.platform import Platform
    from falconc.source import Source

Arguments = argparse.Namespace


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug, as_json = "--debug" in words, "--json" in words
    try:
        _check_command(words)
        args = arguments.parser().parse_args(words)
        return _COMMANDS[args.command](args)
    except FalconcError as error:
        if debug:
            raise
        return _complain(error, as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if debug:
            raise
        return _complain(InternalError(f"{type(error).__name__}: {error}"), as_json)


def _check_command(words: Sequence[str]) -> None:
    if words and not words[0].startswith("-") and words[0] not in _COMMANDS:
        near = difflib.get_close_matches(words[0], _COMMANDS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "see `falconc --help`"
        raise UsageError(f"unknown command '{words[0]}'", hint)


def _complain(error: FalconcError, as_json: bool) -> int:
    sys.stderr.write(error.report() + "\n")
    if as_json:
        from falconc import report

        _out(report.as_json({"error": report.error_data(error), "exit_code": error.exit_code}) + "\n")
    return error.exit_code


# --- printing --------------------------------------------------------------------------------------------------------


def _out(text: str | Text, stream: Any = None) -> None:
    """To standard output (or ``stream``): styled on a terminal, plain elsewhere, never wrapped."""
    stream = stream or sys.stdout
    if isinstance(text, str):
        stream.write(text)
        return
    from rich.console import Console

    if stream.isatty():
        Console(file=stream, soft_wrap=True, highlight=False).print(text, end="")
    else:
        stream.write(text.plain)


@contextlib.contextmanager
def _talk() -> Generator[Callable[[str], None], None, None]:
    """Progress on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda line: status.update(f"[dim]{line}")


# --- the parts that commands share -----------------------------------------------------------------------------------


def _options(args: Arguments, progress: Callable[[str], None] = lambda _: None, **more: Any) -> flow.Options:
    """What the options about the kernel and its runs say."""
    from falconc import flow
    from falconc.frontend import geometry

    return flow.Options(
        kernel=args.kernel,
        template=args.template,
        launch=_launch(args.grid, args.block, args.shared),
        sizes=geometry.sizes_of(_pairs("--size", args.size, "n=1000")),
        extents=geometry.extents_of(_pairs("--shape", args.shape, "A=1024x128")),
        defines=tuple(args.define),
        seed=getattr(args, "seed", 0),
        seconds=getattr(args, "seconds", 10.0),
        progress=progress,
        **more,
    )


def _launch(grid: str, block: str, shared: str) -> Any:
    from falconc.frontend import geometry

    if not (grid or block or shared):
        return None
    if not (grid and block):
        raise UsageError("a launch needs both --grid and --block", "write e.g. --grid '(n+255)/256' --block 256")
    return geometry.launch_of(grid, block, shared or "0")


def _pairs(option: str, words: Sequence[str], example: str) -> dict[str, str]:
    """NAME=VALUE options."""
    out: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not (name and sign and value):
            raise UsageError(f"{option} '{word}' is not NAME=VALUE", f"write {option} {example}")
        out[name] = value
    return out


def _read(path: str, name: str, option: str = "--from") -> tuple[Source, Platform]:
    from falconc import reading

    platform = reading.platform_of(path, name, option)
    return reading.source(path), platform


def _instances(args: Arguments, options: flow.Options) -> list[Instance]:
    """The kernels of SRC that are asked for, lifted."""
    from falconc import flow

    unit = flow.load(*_read(args.source, args.origin), options)
    return [flow.instance(unit, k.name, options) for k in flow.chosen(unit, options)]


# --- commands --------------------------------------------------------------------------------------------------------


def _translate(args: Arguments) -> int:
    from falconc import flow, platform, reading, recipe, report

    target = platform.get(args.to)
    source, origin = _read(args.source, args.origin)
    if args.output and Path(args.output).resolve() == Path(args.source).resolve():
        raise UsageError(f"-o {args.output} is the source itself", "write the translation to another file")
    steps = recipe.parse(reading.recipe_text(args.recipe)) if args.recipe else None
    with _talk() as progress:
        options = _options(args, progress, steps=steps, compile=args.compile, verify_steps=args.verify_steps)
        result = flow.translate(source, origin, target, options)
    code = report.exit_code(result.kernels, args.require)
    wanted = code == 0 or args.keep
    text, data = report.translation(result), report.translation_data(result, code, args.output)
    if args.report:
        reading.write(args.report, report.as_json(data) + "\n" if args.report.endswith(".json") else text.plain)
    if wanted and args.output:
        reading.write(args.output, result.text)
    if args.json:
        _out(report.as_json(data if wanted else {k: v for k, v in data.items() if k != "text"}) + "\n")
    else:
        _out(text, sys.stdout if args.output else sys.stderr)
        if wanted and not args.output:
            _out(result.text)
    for kernel in result.kernels:
        if kernel.error is not None:
            _out(kernel.error.report() + "\n", sys.stderr)
    failed = [f"{r.tool} {r.target}" for r in result.compiled if r.status == "failed"]
    if failed:
        _out(f"warning: the output does not compile with {', '.join(failed)}: see the report\n", sys.stderr)
    if not wanted:
        place = f"{args.output} is not written" if args.output else "the output is not printed"
        _out(f"{result.verdict.name} is below --require {args.require}: {place} (--keep)\n", sys.stderr)
    return code


def _verify(args: Arguments) -> int:
    from falconc import report

    with _talk() as progress:
        progress("verifying")
        if args.replay:
            from falconc.verify import replay

            verdicts = [(args.replay, replay(args.replay))]
        else:
            verdicts = _compare(args)
    from falconc.flow import KernelReport

    reports = [KernelReport(name, v) for name, v in verdicts]
    code = report.exit_code(reports, args.require)
    if args.json:
        kernels = [report.kernel_data(r) for r in reports]
        _out(report.as_json({"command": "verify", "exit_code": code, "kernels": kernels}) + "\n")
    else:
        for r in reports:
            _out(report.kernel_report(r))
    return code


def _compare(args: Arguments) -> list[tuple[str, Any]]:
    """The verdict on each pair of kernels of A and B."""
    from falconc import flow, reading, verify

    if not (args.source and args.target):
        raise UsageError("two texts are needed", "write falconc verify A B, or falconc verify --replay FILE")
    options = _options(args)
    pairs = [(a, _twin(args, a, options)) for a in _instances(args, options)]
    out: list[tuple[str, Any]] = []
    for a, b in pairs:
        b = _paired(a, b, args.by_name)
        verdict = verify.equivalent(a, b, flow.verify_options(options))
        out.append((f"{a.symbol} and {b.symbol}" if a.symbol != b.symbol else a.symbol, verdict))
        if args.save_replay:
            from falconc.verify.recording import record

            reading.write(args.save_replay, record(a, b, flow.verify_options(options), verdict) + "\n")
    return out


def _paired(a: Instance, b: Instance, by_name: bool) -> Instance:
    """``b`` with its parameters in the order of ``a``'s where names pair them; positions do otherwise."""
    from dataclasses import replace

    own, theirs = ([p.name for p in x.kernel.params] for x in (a, b))
    if own == theirs or sorted(own) != sorted(theirs):
        if by_name and own != theirs:
            what = f"the parameters have other names: {', '.join(own)} and {', '.join(theirs)}"
            raise UsageError(what, "leave --by-name out: they are then paired by position")
        return b
    if not by_name:
        couples = ", ".join(f"{x} with {y}" for x, y in zip(own, theirs, strict=True) if x != y)
        _out(f"note: parameters are paired by position: {couples} (--by-name pairs them by name)\n", sys.stderr)
        return b
    params = {p.name: p for p in b.kernel.params}
    return replace(b, kernel=replace(b.kernel, params=tuple(params[n] for n in own)))


def _twin(args: Arguments, a: Instance, options: flow.Options) -> Instance:
    """The kernel of B that belongs to ``a``: the one asked for, the one of its name, or the only one."""
    from dataclasses import replace

    from falconc import flow

    own = _launch(args.grid_b, args.block_b, args.shared_b)
    template = args.template_b or options.template
    unit = flow.load(*_read(args.target, args.to, "--to"), options)
    names = [k.name for k in unit.kernels]
    wanted = args.kernel_b or (a.kernel.name if a.kernel.name in names else "")
    options = replace(options, kernel=wanted, template=template, launch=own or options.launch, sizes={}, extents={})
    name = flow.chosen(unit, options)[0].name
    if not args.template_b and not unit.kernels[names.index(name)].template_params:
        options = replace(options, template="")
    return flow.instance(unit, name, options)


def _check(args: Arguments) -> int:
    from falconc import flow, report, verify

    with _talk() as progress:
        options = _options(args, progress)
        found = [(i.symbol, *verify.check(i, flow.verify_options(options))) for i in _instances(args, options)]
    idle = any(not defects and not evidence.shapes for _, defects, evidence in found)
    code = 1 if any(defects for _, defects, _ in found) else 3 if idle else 0
    if args.json:
        kernels = [report.check_data(*f) for f in found]
        _out(report.as_json({"command": "check", "exit_code": code, "kernels": kernels}) + "\n")
    else:
        for f in found:
            _out(report.check(*f))
    return code


def _run(args: Arguments) -> int:
    from falconc import report, trial

    options = _options(args)
    inputs, saved = _pairs("--input", args.input, "A=random"), _pairs("--save", args.save, "A=a.npy")
    with _talk() as progress:
        progress("running")
        results = [trial.run(i, options, inputs) for i in _instances(args, options)]
    for result in results:
        result.save(saved)
    if args.json:
        _out(report.as_json({"command": "run", "exit_code": 0, "kernels": [r.data() for r in results]}) + "\n")
    else:
        for result in results:
            _out(result.summary())
    return 0


def _show(args: Arguments) -> int:
    from falconc import platform, reading, recipe
    from falconc.ir import text

    if args.recipe and not args.to:
        raise UsageError("--recipe needs --to", "name the platform that the steps are for")
    steps: list[tuple[str, str, str]] = []
    for lifted in _instances(args, _options(args)):
        states = [("as read", text.show(lifted.kernel))]
        if args.to:
            target = platform.get(args.to)
            wanted = recipe.parse(reading.recipe_text(args.recipe)) if args.recipe else target.pipeline
            states += [(r.step, text.show(r.kernel)) for r in recipe.replay(lifted.kernel, wanted, target)]
        steps += [(lifted.symbol, *s) for s in (states if args.steps else states[-1:])]
    if args.json:
        from falconc import report

        rows = [{"kernel": k, "step": s, "text": t} for k, s, t in steps]
        _out(report.as_json({"command": "show", "exit_code": 0, "states": rows}) + "\n")
    else:
        _out("\n".join(f"// {name}\n{shown}" if args.steps else shown for _, name, shown in steps))
    return 0


def _explain(args: Arguments) -> int:
    from falconc import explain, report

    topics = explain.explain(args.name)
    if args.json:
        rows = [{"kind": t.kind, "name": t.name, **t.data} for t in topics]
        _out(report.as_json({"command": "explain", "exit_code": 0, "topics": rows}) + "\n")
    else:
        _out("\n".join(f"{t.kind} {t.name}\n\n{t.body}\n" for t in topics))
    return 0


def _platforms(args: Arguments) -> int:
    from falconc import platform, report

    known = platform.all_platforms().values()
    if args.json:
        rows = [
            {"name": p.name, "title": p.title, "suffixes": p.suffixes, "model": p.model, "lanes": p.lane_width}
            for p in known
        ]
        _out(report.as_json({"command": "platforms", "exit_code": 0, "platforms": rows}) + "\n")
    else:
        _out("".join(f"{p.name:<8} {p.title:<45} {' '.join(p.suffixes)}\n" for p in known))
    return 0


def _passes(args: Arguments) -> int:
    from falconc import explain, recipe, report

    kinds = recipe.all_passes()
    if args.json:
        rows = [{"name": n, **explain.pass_topic(k).data} for n, k in kinds.items()]
        _out(report.as_json({"command": "passes", "exit_code": 0, "passes": rows}) + "\n")
    else:
        _out("".join(f"{name:<18} {explain.summary(kind)}\n" for name, kind in kinds.items()))
    return 0


def _doctor(args: Arguments) -> int:
    from falconc import doctor, report

    found = doctor.examine()
    if args.json:
        _out(report.as_json({"command": "doctor", "exit_code": 0, **doctor.data(found)}) + "\n")
    else:
        for title, reports in found.items():
            _out(report.tools(title, reports))
    return 0


_COMMANDS: dict[str, Callable[[Arguments], int]] = {
    "translate": _translate,
    "verify": _verify,
    "check": _check,
    "run": _run,
    "show": _show,
    "explain": _explain,
    "platforms": _platforms,
    "passes": _passes,
    "doctor": _doctor,
}
