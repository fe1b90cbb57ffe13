"""The unmodified text of a kernel as a program of the emulator (see runtime.h)."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from pathlib import Path

from falconc.emulate import build, splice
from falconc.errors import Unsupported
from falconc.frontend.unit import CParam, Instance
from falconc.ir.nodes import Barrier, Buffer, Collective
from falconc.ir.walk import walk

_HERE = Path(__file__).parent
_FLAGS = (
    *("-O3", "-fno-trapping-math", "-fno-math-errno"),  # neither changes a value
    *("-nostdinc", "-nostdinc++", "-fwhole-program", "-fvisibility=hidden"),
)
_WAITS = "falcon: this kernel waits"  # launch.h: what the compiler says where threads wait in plain loops
_BITS = {"bool": "unsigned char", "f16": "falcon_f16", "bf16": "falcon_bf16", "f32": "float", "f64": "double"} | {
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
    flags = (*_FLAGS, *_machine(), *_defines(instance), f"-I{_HERE}")
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
            f'#include "{_HERE / "launch.h"}"',
            splice.line_directive(1, instance.unit.source.name),
            cut.text,
            splice.line_directive(1, "falcon_entry"),
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
def _machine() -> tuple[str, ...]:
    """Code for this very processor, kept apart from that for others; the results are the same."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return ()
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.is_file() else [platform.processor()]
    about = sorted({line for line in lines if line.startswith(("flags", "model name", "cpu family"))} or lines[:1])
    return "-march=native", f"-DFALCON_MACHINE={hashlib.sha256(repr(about).encode()).hexdigest()[:12]}"


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

    def index(self, name: str) -> str:
        """The arguments that name a buffer or scalar."""
        return f"falcon_j, {self.buffer[name] if name in self.buffer else self.scalar[name]}"

    def bits(self, name: str) -> str:
        return _BITS[self.params[name].dtype.name]

    def put(self, place: str, name: str) -> str:
        """The statement that gives ``place`` its value."""
        if name in self.buffer:
            return f"  falcon_point({place}, {self.index(name)});"
        return f"  falcon_put<{self.bits(name)}>({place}, {self.index(name)});"


def _entry(instance: Instance, cut: splice.Cut) -> list[str]:
    job = _Job(instance)
    given = [p for p in instance.parameters if p.kind in ("pointer", "scalar", "struct")]
    outer = [(p, cut.qualified.get(p.name, p.name)) for p in instance.parameters if p.kind == "global"]
    lines = [f"typedef decltype(&{instance.symbol}) falcon_function;"]
    if cut.shared:
        fresh = (f"static falcon_u32 falcon_s{k}; falcon_fresh({v}, falcon_s{k});" for k, v in enumerate(cut.shared))
        lines.append(f"static void falcon_poison() {{ {' '.join(fresh)} }}")
    exported = '__attribute__((visibility("default"), externally_visible))'
    lines += [f'extern "C" {exported} int falcon_entry(falcon_job *falcon_j) {{']
    lines += [line for k, p in enumerate(given) for line in _argument(job, p, k)]
    lines += [line for p, variable in outer for line in _fill(job, p, variable)]
    call = f"{instance.symbol}({', '.join(f'falcon_a{k}' for k in range(len(given)))})"
    if "launch" in instance.platform.words.table:
        variables = ", falcon_poison" if cut.shared else ""
        lines.append(f"  int falcon_ended = falcon_launch(falcon_j, [&] {{ {call}; }}{variables});")
    elif result := next((p for p in instance.parameters if p.kind == "result"), None):
        place = f"*falcon_pointer<decltype({call}) *>({job.index(result.names[0])})"
        lines.append(f"  int falcon_ended = ({place} = {call}, 0);")
    else:
        lines.append(f"  int falcon_ended = ({call}, 0);")
    lines += [line for p, variable in outer for line in _give_back(job, p, variable)]
    return [*lines, "  return falcon_ended;", "}", ""]


def _argument(job: _Job, p: CParam, k: int) -> list[str]:
    """Declares ``falcon_a<k>``, the argument for a C parameter."""
    t = f"falcon_parameter<falcon_function, {k}>"
    match p.kind:
        case "pointer":
            return [f"  const auto falcon_a{k} = falcon_pointer<{t}>({job.index(p.names[0])});"]
        case "scalar":
            name = p.names[0]
            return [f"  const auto falcon_a{k} = falcon_scalar<{t}, {job.bits(name)}>({job.index(name)});"]
        case _:
            lines = [f"  falcon_blank<{t}> falcon_b{k}; auto &falcon_a{k} = falcon_b{k}.falcon_object();"]
            return lines + [job.put(f"falcon_a{k}{path}", name) for name, path in zip(p.names, p.paths, strict=True)]


def _fill(job: _Job, p: CParam, variable: str) -> list[str]:
    """Gives a variable of file scope its value."""
    if p.paths:
        return [job.put(f"{variable}{path}", name) for name, path in zip(p.names, p.paths, strict=True)]
    name = p.names[0]
    if name in job.scalar:
        return [job.put(variable, name)]
    return [f"  falcon_fill({variable}, {job.index(name)});"]


def _give_back(job: _Job, p: CParam, variable: str) -> list[str]:
    param = job.params[p.names[0]]
    if not isinstance(param, Buffer) or param.readonly:
        return []
    return [f"  falcon_give_back({variable}, {job.index(param.name)});"]
