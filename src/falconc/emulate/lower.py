"""A kernel as one C++ program over a value type: exact, wide and noisy arithmetic from one text (see ``arith.h``)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import assert_never

from falconc.emulate import constants, taint
from falconc.emulate.lower_expr import TAGS, Home, Site, Writer, updated
from falconc.emulate.lower_facts import bytewise, constant_count, crossing, positive, written
from falconc.errors import Unsupported
from falconc.ir.nodes import (
    Alloc,
    Barrier,
    Binary,
    Body,
    Break,
    Buffer,
    Collective,
    For,
    If,
    Kernel,
    Let,
    Load,
    Node,
    Return,
    Scalar,
    Stmt,
    Store,
    Update,
    Var,
    View,
    While,
)
from falconc.ir.types import ALL
from falconc.ir.walk import walk

EXACT, WIDE, NOISY = 0, 1, 2
PROBE, PLAIN_INPUTS = 256, 512
MORE_RUNS = 16  # shift: so many runs after a wide one, the last rounding to nearest, each with its own results
_POLICY = {EXACT: "Exact", WIDE: "Wide", NOISY: "Noisy"}
_HEADERS = ("arith.h", "approx.h", "shadow.h", "runtime.h")
_SMALL = 256  # elements of a private array kept on the stack
FLAGS = ("-O1", "-fwrapv", "-ffp-contract=off", f"-I{Path(__file__).parent}")


@dataclass(frozen=True, slots=True)
class Program:
    """The C++ text and what its job looks like.

    Buffers of the job: the kernel's; then one u64 array of 4 words an element (p, q, bits of the double or the integer,
    state) for each name in ``results``; then i64 [one past the last byte touched, per buffer][6 counts per site]; the
    constants (u64 triples); and f64 pairs, the range of integer data per buffer.
    """

    code: str
    sites: tuple[Site, ...]
    results: tuple[str, ...]
    modes: tuple[int, ...]


def lower(kernel: Kernel, modes: tuple[int, ...] = (EXACT,)) -> Program:
    """The program of ``kernel`` for the arithmetics in ``modes``.

    Raises:
        Unsupported: a grid-wide barrier, or thread loops with statements between them.
    """
    return _Lowering(kernel, modes).program()


@cache
def _header_stamp() -> str:
    digest = hashlib.sha256()
    for name in _HEADERS:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:16]


def is_axis(s: Node, prefix: str) -> bool:
    """True for a parallel For over an axis that begins with ``prefix``."""
    return isinstance(s, For) and s.kind.name == "parallel" and s.kind.axis.startswith(prefix)


@dataclass(frozen=True, slots=True)
class _Level:
    """Where we are: depth of parallel loops (0 to 3; directly nested ones count once), and inside a block loop."""

    depth: int = 0
    same: bool = False  # the next parallel loop is directly inside the last one
    in_block: bool = False


class _Lowering:
    """One kernel being written out."""

    def __init__(self, kernel: Kernel, modes: tuple[int, ...]) -> None:
        self.kernel, self.modes = kernel, modes
        names = tuple(b.name for b in kernel.buffers)
        self.w = Writer(taint.analyse(kernel), parameters=names, constant=frozenset(names) - written(kernel))
        self.w.ranges = positive(kernel)
        self.lines: list[str] = []
        self.serial = 0
        self.shared = crossing(kernel.body)
        self.bytewise = bytewise(kernel)
        self.viewed = {n.base for n in walk(kernel.body) if isinstance(n, View)}
        self.written = written(kernel)
        self.asked = {n.buffer for n in walk(kernel.body) if isinstance(n, Load)}
        self.asked |= {n.name for n in walk(kernel.body) if isinstance(n, Var)} | self.viewed

    def fresh(self) -> int:
        self.serial += 1
        return self.serial

    def emit(self, line: str) -> None:
        self.lines.append(line)

    def program(self) -> Program:
        results = tuple(b.name for b in self.kernel.buffers if not b.readonly or b.name in self.written)
        self._parameters()
        body = self.kernel.body
        if self.kernel.launch is not None and not any(is_axis(n, "") for n in walk(body)):
            self._threads(body, _Level())
        else:
            self.body(body, _Level())
        self._results(results)
        return Program(self._text(len(results)), tuple(self.w.sites), results, self.modes)

    def _text(self, results: int) -> str:
        types = [f"typedef typename P::{t.name} {t.name};" for t in ALL if t.is_float]
        types += [f"typedef typename P::template data<{t.name}> t{t.name};" for t in ALL if t.kind in ("int", "uint")]
        cases = " ".join(f"case {m}: kernel<{_POLICY[m]}>(job); break;" for m in self.modes)
        symbols = ", ".join(f"{s}ULL" for s in constants.symbols_for_header())
        sites, buffers = max(1, len(self.w.sites)), len(self.kernel.buffers)
        return "\n".join(
            [
                f"// headers {_header_stamp()}",
                '#include "shadow.h"',
                "namespace fx {",
                f"const Symbols SYM = {{{symbols}}};",
                "State S;",
                f"static u16 told[{sites}];",
                "template <class P> static void kernel(falcon_job *job) {",
                *types,
                "const Th th0{}; (void)th0;",
                *self.lines,
                "}",
                "}  // namespace fx",
                'extern "C" int falcon_entry(falcon_job *job) {',
                "using namespace fx;",
                "const int runs = int(job->mode >> 16) + 1;",
                "for (int run = 0; run < runs; ++run) {",
                f"__builtin_memset(told, 0, sizeof told); begin(job, {buffers}, {results}, told, run, runs);",
                "const int mode = runs > 1 && run == 0 ? 1 : int(job->mode & 15);",
                f"switch (mode) {{ {cases} default: return 1; }}",
                "}",
                "return 0;",
                "}",
                "",
            ]
        )

    def _parameters(self) -> None:
        scalars = [p for p in self.kernel.params if isinstance(p, Scalar)]
        for k, p in enumerate(scalars):
            self.emit(f"const {p.dtype.name} v_{p.name} = scalar<{p.dtype.name}, {TAGS[p.dtype.name]}>({k});")
        for k, b in enumerate(self.kernel.buffers):
            self.w.homes[b.name] = Home("ref", b.dtype, self._shape(b))
            kind = f"{self.w.element(b.name)}, {TAGS[b.dtype.name]}, {b.dtype.size}"
            bytewise = str(b.name in self.bytewise).lower()
            track = "P::track" if b.name in self.written else "false"
            self.emit(f"Mem m_{b.name};")
            self.emit(f"const Ref b_{b.name} = parameter<{kind}>(m_{b.name}, {k}, {bytewise}, {track}, S.range);")

    def _results(self, names: tuple[str, ...]) -> None:
        order = [b.name for b in self.kernel.buffers]
        for slot, name in enumerate(names, len(order)):
            b = self.kernel.buffers[order.index(name)]
            kind = f"{self.w.element(name)}, {TAGS[b.dtype.name]}, {b.dtype.size}"
            site = self.w.site("other", f"result {name}", b)
            self.emit(f"result<{kind}>(m_{name}, {order.index(name)}, {slot}, P::track, {site});")

    def _shape(self, b: Buffer) -> tuple[str | None, ...]:
        return tuple(None if e is None else f"i64({self.w.native(e)})" for e in b.shape)

    # --- statements ----------------------------------------------------------------------------------------------

    def body(self, body: Body, level: _Level) -> None:
        for s in body:
            self.statement(s, level)

    def statement(self, s: Stmt, level: _Level) -> None:
        w = self.w
        w.place = s.where or w.place
        match s:
            case For():
                self._for(s, level)
            case While():
                self.emit(f"while ({w.condition(s.cond)}) {{")
                self._entered("loop", "while loop", s)
                self.body(s.body, level)
                self.emit("}")
            case If():
                self._if(s, level)
            case Let():
                tainted = w.taint.of(s.value)
                self.emit(f"const {w.type_of(s.value.dtype, tainted)} v_{s.name} = {w.expr(s.value)};")
                w.lets[s.name] = s.value
                w.ranges = w.ranges.let(s.name, s.value)
            case Alloc():
                self._alloc(s.buffer)
            case View():
                self._view(s)
            case Store():
                site = w.site("other", f"write to {s.buffer}", s)
                self.emit(w.write(s.buffer, s.index, w.expr(s.value), site))
            case Update():
                self._update(s)
            case Collective():
                self._collective(s)
            case Barrier():
                self._barrier(s)
            case Break():
                self.emit("break;")
            case Return():
                self.emit("return;")
            case _:
                assert_never(s)

    def _entered(self, kind: str, what: str, node: Node) -> None:
        self.emit(f"entered({self.w.site(kind, what, node)});")

    def _iteration(self, s: For, is_later: str) -> None:
        """Counts that the loop runs; and, where sizes decide how often, that it runs again."""
        bounds, w = (s.lo, s.hi, s.step), self.w
        at_most_once = w.ranges.decide(Binary("ge", Binary("add", s.lo, s.step), s.hi))
        if any(w.taint.by_size(e) for e in bounds) and not at_most_once:
            covered = w.sizes_of(s.step) & w.sizes_of(s.hi)  # a stride as long as the grid, which covers all
            site = w.site("covered" if covered else "repeated", f"loop over {s.var}", s)
            self.emit(f"entered({site}); again({site}, {is_later});")
        else:
            self._entered("loop", f"loop over {s.var}", s)

    def _if(self, s: If, level: _Level) -> None:
        w, known = self.w, self.w.ranges
        self.emit(f"if ({w.condition(s.cond)}) {{")
        self._entered("guard", "branch", s)
        w.ranges = known.assume(s.cond)
        self.body(s.then, level)
        if s.orelse:
            self.emit("} else {")
            self._entered("guard", "else branch", s)
            w.ranges = known.assume(s.cond, False)
            self.body(s.orelse, level)
        w.ranges = known
        self.emit("}")

    def _for(self, s: For, level: _Level) -> None:
        if is_axis(s, "thread."):
            self._thread_nest(s, level)
        elif s.kind.name in ("parallel", "vector"):  # a vector loop claims that its iterations are independent
            self._parallel(s, level)
        else:
            k, kind, w, known = self.fresh(), s.dtype.name, self.w, self.w.ranges
            bounds = f"lo{k} = {w.native(s.lo)}, hi{k} = {w.native(s.hi)}, st{k} = {w.native(s.step)}"
            self.emit(f"{{ const {kind} {bounds};")
            self.emit(f"for ({kind} v_{s.var} = lo{k}; v_{s.var} < hi{k}; v_{s.var} += st{k}) {{")
            self._iteration(s, f"v_{s.var} != lo{k}")
            w.ranges = known.loop(s)
            self.body(s.body, level)
            w.ranges = known
            self.emit("} }")

    def _parallel(self, s: For, level: _Level) -> None:
        k, kind, w, outer, known = self.fresh(), s.dtype.name, self.w, self.w.thread, self.w.ranges
        self.emit(f"{{ const i64 lo{k} = i64({w.native(s.lo)}), st{k} = i64({w.native(s.step)});")
        self.emit(
            f"const Order order{k}(trips(lo{k}, i64({w.native(s.hi)}), st{k})); const u32 region{k} = new_region();"
        )
        self.emit(f"for (i64 k{k} = 0; k{k} < order{k}.n; ++k{k}) {{")
        self.emit(f"const i64 it{k} = order{k}(k{k}); const {kind} v_{s.var} = {kind}(lo{k} + it{k} * st{k});")
        self._iteration(s, f"k{k} != 0")
        is_block = s.kind.axis.startswith("block")
        same = level.same or (level.in_block and is_block)
        depth = level.depth - 1 if same else level.depth
        if depth > 2:
            raise Unsupported("parallel loops four deep", "make the innermost one serial", s.where)
        self.emit(f"const Th th{k} = below({outer}, {depth}, region{k}, it{k}, order{k}.n); (void)th{k};")
        w.thread = f"th{k}"
        w.ranges = known.loop(s)
        tight = len(s.body) == 1 and is_axis(s.body[0], "") and not is_axis(s.body[0], "thread.")
        below = _Level(level.depth + (not same), tight, is_block or level.in_block)
        if is_block and not any(is_axis(n, "") for n in walk(s.body)):
            self._threads(s.body, below)
        else:
            self.body(s.body, below)
        w.thread, w.ranges = outer, known
        self.emit("} new_region(); }")

    def _thread_nest(self, s: For, level: _Level) -> None:
        loops = [s]
        while len(loops[-1].body) == 1 and is_axis(loops[-1].body[0], "thread."):
            inner = loops[-1].body[0]
            assert isinstance(inner, For)
            loops.append(inner)
        self._threads(loops[-1].body, level, loops)

    def _threads(self, body: Body, level: _Level, loops: list[For] | None = None) -> None:
        loops = loops or []
        if any(is_axis(n, "thread.") for n in walk(body)):
            raise Unsupported(
                "thread loops with statements between them", "put the thread loops directly inside each other"
            )
        k, outer, w, known = self.fresh(), self.w.thread, self.w, self.w.ranges
        extent = {"x": "1", "y": "1", "z": "1"} | {f.kind.axis[-1]: f"i64({w.native(f.hi)})" for f in loops}
        if outer == "th0" and level.depth == 0:
            self.emit(f"const Th th{k}0 = below(th0, 0, new_region(), 0, 1);")
            outer = f"th{k}0"
        self.emit(f"{{ const u32 region{k} = new_region(); const i64 nx{k} = {extent['x']}, ny{k} = {extent['y']};")
        self.emit(f"auto body{k} = [&](i64 x, i64 y, i64 z) {{")
        place, count = f"x + nx{k} * (y + ny{k} * z)", f"nx{k} * ny{k} * {extent['z']}"
        self.emit(f"Th th{k} = below({outer}, 1, region{k}, {place}, {count}); (void)th{k};")
        if any(isinstance(n, Collective) or (isinstance(n, Barrier) and n.scope == "warp") for n in walk(body)):
            self.emit(f"alone(th{k});")
        for f in loops:
            self.emit(f"const {f.dtype.name} v_{f.var} = {f.dtype.name}({f.kind.axis[-1]}); (void)v_{f.var};")
            w.ranges = w.ranges.loop(f)
        saved, w.thread = w.thread, f"th{k}"
        self.body(body, _Level(2, False, True))
        w.thread, w.ranges = saved, known
        waits = any(isinstance(n, Barrier | Collective) for n in walk(body))
        run = "on_fibers" if waits else "in_order"
        self.emit(f"}}; {run}(body{k}, nx{k}, ny{k}, {extent['z']}); }}")

    # --- memory --------------------------------------------------------------------------------------------------

    def _alloc(self, b: Buffer) -> None:
        w, shape = self.w, self._shape(b)
        count = constant_count(b)
        private = b.name not in self.shared and b.name not in self.viewed
        w.homes[b.name] = Home("ref", b.dtype, shape)
        kind = w.element(b.name)
        if private and not b.shape:
            w.homes[b.name] = Home("one", b.dtype, shape)
            self.emit(f"One<{kind}> b_{b.name};")
            return
        if private and count is not None and count <= _SMALL and len(b.shape) == 1:
            w.homes[b.name] = Home("few", b.dtype, shape)
            self.emit(f"Few<{kind}, {max(count, 1)}> b_{b.name};")
            return
        total = " * ".join(f"({e})" for e in shape) if shape else "1"
        if None in shape:
            total = f"(job->shared_bytes / {b.dtype.size})"
        grain = 1 if b.name in self.bytewise else b.dtype.size
        track = "P::track" if b.name in self.shared else "false"
        self.emit(f"Mem m_{b.name}(({total}) * {b.dtype.size}, {grain}, {track});")
        self.emit(f"const Ref b_{b.name}{{&m_{b.name}, 0, {total}}};")

    def _view(self, s: View) -> None:
        w, b = self.w, s.buffer
        shape = self._shape(b)
        w.homes[b.name] = Home("ref", b.dtype, shape)
        site = w.site("other", f"view {b.name}", s)
        at = f"b_{s.base}.base + {w.index(s.byte_offset, site)}"
        count = " * ".join(f"({e})" for e in shape) if shape else "1"
        if None in shape:
            count = f"(b_{s.base}.mem->bytes - ({at})) / {b.dtype.size}"
        self.emit(f"const Ref b_{b.name}{{b_{s.base}.mem, {at}, {count}}};")

    def _update(self, s: Update) -> None:
        w, k = self.w, self.fresh()
        tainted = s.buffer in w.taint.buffers
        kind = w.element(s.buffer)
        site = w.site("other", f"update of {s.buffer}", s)
        choice = w.site("choice", f"{s.op} on {s.buffer}", s)
        args = [f"{kind}({w.typed(a, tainted and a.dtype.is_integer)})" for a in s.args]
        old = f"old{k}"
        self.emit(f"const {kind} {old} = {w.read(s.buffer, s.index, site, s.atomic)};")
        new = updated(s, old, args, choice, w.homes[s.buffer].dtype.is_float)
        self.emit(w.write(s.buffer, s.index, new, site, s.atomic))
        if s.old:
            self.emit(f"const {kind} v_{s.old} = {old};")

    def _collective(self, s: Collective) -> None:
        w = self.w
        tainted = s.result in w.taint.buffers
        w.homes[s.result] = Home("lanes", s.value.dtype, (str(s.width),))
        site = w.site("other", "exchange between lanes", s)
        mask = w.native(s.mask) if s.mask is not None else "0"
        if not {s.result, s.arrived} & self.asked:  # nobody asks for the values: the lanes only meet
            self.emit(f"meet({w.thread}, {site}, {s.width}, u64({mask}));")
            return
        value = f"{w.element(s.result)}({w.typed(s.value, tainted)})"
        self.emit(f"Lanes<{w.element(s.result)}, {s.width}> b_{s.result};")
        self.emit(f"b_{s.result}.exchange({site}, u64({mask}), {value});")
        if s.arrived:
            self.emit(f"const u64 v_{s.arrived} = b_{s.result}.arrived;")

    def _barrier(self, s: Barrier) -> None:
        site = self.w.site("other", "barrier", s)
        match s.scope:
            case "block":
                self.emit(f"falcon_barrier({site}); ++{self.w.thread}.e1;")
            case "warp":
                self.emit(f"falcon_warp_barrier({site}, 0); meet({self.w.thread}, {site}, S.job->lane_width, 0);")
            case "grid":
                raise Unsupported("a barrier of the whole grid", "split the kernel at it", s.where)
            case _:
                assert_never(s.scope)
