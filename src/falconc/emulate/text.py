"""The unmodified text of a kernel as a program of the emulator (see runtime.h)."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from falconc.emulate import build, splice
from falconc.errors import Unsupported
from falconc.frontend.unit import CParam, Instance
from falconc.ir.nodes import Barrier, Buffer, Collective
from falconc.ir.types import DType
from falconc.ir.walk import walk

_HERE = Path(__file__).parent
_FLAGS = ("-O2", "-ftree-vectorize", "-nostdinc", "-nostdinc++", "-fwhole-program", "-fvisibility=hidden")
_WAITS = "falcon: this kernel waits"  # launch.h: what the compiler says where threads wait in plain loops
_BITS = {"bool": "unsigned char", "f16": "falcon::f16", "bf16": "falcon::bf16", "f32": "float", "f64": "double"} | {
    f"{s}{b}": f"{'un' if s == 'u' else ''}signed {t}"
    for s in "iu"
    for b, t in ((8, "char"), (16, "short"), (32, "int"), (64, "long"))
}


def program(instance: Instance) -> Path:
    """The shared library whose ``falcon_entry`` runs the text of ``instance``.

    Buffers and scalars of a job are those of ``instance.kernel.params``, in order. On platforms with launches, the grid
    and block of the job are run; elsewhere the function is called once.

    Raises:
        ToolMissing: there is no C++ compiler.
        Unsupported: the compiler refuses what libclang takes.
    """
    waits = any(isinstance(n, Barrier | Collective) for n in walk(instance.kernel))
    flags = (*_FLAGS, *_defines(instance), f"-I{_HERE}")
    code = source(instance)
    try:
        if not waits:
            try:
                return build.compile_cpp(code, flags=(*flags, "-DFALCON_FLAT"))
            except build.CompileError as e:
                if _WAITS not in e.log:
                    raise
        return build.compile_cpp(code, flags=flags)
    except build.CompileError as e:
        first = next((line for line in e.log.splitlines() if "error:" in line), e.log.strip().partition("\n")[0])
        raise Unsupported(
            f"the text of '{instance.symbol}' does not compile for the emulator: {first}",
            "report the text: what the frontend reads, the emulator should run",
            instance.kernel.where,
        ) from e


def source(instance: Instance) -> str:
    """The program as C++."""
    globals_ = [p.name for p in instance.parameters if p.kind == "global"]
    root = instance.symbol.partition("<")[0].rpartition("::")[2]
    words = _names(instance.symbol)
    cut = splice.cut(instance.unit.tree, instance.platform, [root, *words, *globals_])
    return "\n".join(
        [
            f"// headers {_stamp(instance.platform.folder)}",
            f'#include "{instance.platform.meaning}"',
            f'#line 1 "{Path(instance.unit.source.name).name}"',
            cut.text,
            '#line 1 "falcon_entry"',
            f'#include "{_HERE / "launch.h"}"',
            *_entry(instance, cut),
        ]
    )


def _names(symbol: str) -> list[str]:
    """Identifiers in the template arguments of a callee."""
    words = "".join(c if c.isalnum() or c == "_" else " " for c in symbol).split()
    return [w for w in words if not w[0].isdigit()]


def _defines(instance: Instance) -> list[str]:
    flags = [f for f in instance.platform.parse_flags if f.startswith(("-D", "-U"))]
    return [*flags, *(f"-D{d}" for d in instance.unit.defines)]


@cache
def _stamp(folder: Path) -> str:
    """Changes when a header that programs include does."""
    digest = hashlib.sha256()
    for header in sorted([*_HERE.glob("*.h"), *folder.glob("*.h"), *folder.parent.glob("*.h")]):
        digest.update(header.read_bytes())
    return digest.hexdigest()[:16]


# --- the entry -------------------------------------------------------------------------------------------------------


class _Job:
    """Where a Kernel's parameters lie in a job."""

    def __init__(self, instance: Instance) -> None:
        kernel = instance.kernel
        self.params = {p.name: p for p in kernel.params}
        self.buffer = {b.name: i for i, b in enumerate(kernel.buffers)}
        self.scalar = {s.name: i for i, s in enumerate(kernel.scalars)}

    def at(self, name: str) -> str:
        return f"job->buffers[{self.buffer[name]}]"

    def bits(self, name: str) -> str:
        return f"job->scalars[{self.scalar[name]}]"

    def kind(self, name: str) -> str:
        dtype: DType = self.params[name].dtype
        return _BITS[dtype.name]


def _entry(instance: Instance, cut: splice.Cut) -> list[str]:
    job = _Job(instance)
    given = [p for p in instance.parameters if p.kind in ("pointer", "scalar", "struct")]
    outer = [p for p in instance.parameters if p.kind == "global"]
    lines = [f"typedef falcon::parameters<decltype(&{instance.symbol})> falcon_parameters;"] if given else []
    if cut.shared:
        fresh = "".join(f" static falcon_u32 s{k}; falcon::fresh({v}, s{k});" for k, v in enumerate(cut.shared))
        lines.append(f"static void falcon_poison() {{{fresh} }}")
    exported = '__attribute__((visibility("default"), externally_visible))'
    lines += [f'extern "C" {exported} int falcon_entry(falcon_job *job) {{']
    for k, p in enumerate(given):
        lines += _argument(job, p, k)
    lines += [line for p in outer for line in _fill(job, p, cut.qualified.get(p.name, p.name))]
    call = f"{instance.symbol}({', '.join(f'a{k}' for k in range(len(given)))})"
    if "launch" in instance.platform.words.table:
        lines.append(f"  int ended = falcon::launch(job, [&] {{ {call}; }}{', falcon_poison' if cut.shared else ''});")
    else:
        lines.append(f"  int ended = ({call}, 0);")
    lines += [line for p in outer for line in _give_back(job, p, cut.qualified.get(p.name, p.name))]
    return [*lines, "  return ended;", "}", ""]


def _argument(job: _Job, p: CParam, k: int) -> list[str]:
    """Declares ``a<k>``, the argument for a C parameter."""
    t = f"falcon_parameters::at<{k}>"
    match p.kind:
        case "pointer":
            return [f"  const auto a{k} = ({t}){job.at(p.names[0])};"]
        case "scalar":
            return [f"  const auto a{k} = falcon::scalar<{t}, {job.kind(p.names[0])}>({job.bits(p.names[0])});"]
        case _:
            lines = [f"  falcon::blank<{t}> b{k}; auto &a{k} = b{k}.object();"]
            return lines + [_member(job, f"a{k}{path}", name) for name, path in zip(p.names, p.paths, strict=True)]


def _member(job: _Job, place: str, name: str) -> str:
    if name in job.buffer:
        return f"  falcon::point({place}, {job.at(name)});"
    return f"  falcon::put<{job.kind(name)}>({place}, {job.bits(name)});"


def _fill(job: _Job, p: CParam, variable: str) -> list[str]:
    if p.paths:
        return [_member(job, f"{variable}{path}", name) for name, path in zip(p.names, p.paths, strict=True)]
    name = p.names[0]
    if name in job.scalar:
        return [f"  falcon::put<{job.kind(name)}>({variable}, {job.bits(name)});"]
    return [f"  falcon::fill({variable}, {job.at(name)}, job->bytes[{job.buffer[name]}]);"]


def _give_back(job: _Job, p: CParam, variable: str) -> list[str]:
    param = job.params[p.names[0]]
    if not isinstance(param, Buffer) or param.readonly:
        return []
    return [f"  falcon::give_back({variable}, {job.at(param.name)}, job->bytes[{job.buffer[param.name]}]);"]
