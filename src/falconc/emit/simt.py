"""The body of one thread: parallel axes become hardware indices."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from falconc.emit.literals import PRIMARY, Text
from falconc.emit.statements import Statements
from falconc.errors import Unsupported
from falconc.ir import types
from falconc.ir.nodes import Alloc, Binary, Body, Cast, Const, Expr, For, Kernel, Launch, Let, Stmt, Var
from falconc.ir.walk import rewrite, walk

_COORDINATES = "xyz"


@dataclass(slots=True)
class ThreadStatements(Statements):
    """Statements of one thread; ``launch`` gives the extents of the axes."""

    launch: Launch = field(default_factory=lambda: Launch((_ONE, _ONE, _ONE), (1, 1, 1)))
    axes: dict[str, str] = field(default_factory=dict[str, str])

    def body(self, body: Body) -> None:
        in_block = any(_binds_threads(s) for s in body)
        nests = [place for place, s in enumerate(body) if _binds_threads(s)]
        if not in_block:
            return Statements.body(self, body)
        for place, statement in enumerate(body):
            if isinstance(statement, Alloc):
                statement = replace(statement, buffer=replace(statement.buffer, space="shared"))
            elif not _binds_threads(statement) and not isinstance(statement, Let):
                raise Unsupported(
                    "a statement runs once per block, outside its threads", "bind it to a thread", statement.where
                )
            self.statement(statement)
            if place in nests[:-1]:
                self.line(self.expressions.word("barrier.block", statement.where))
        return None

    def loop(self, s: For) -> None:
        axis = s.kind.axis
        if s.kind.name != "parallel" or axis == "data":
            Statements.loop(self, s)
            return
        word = self.expressions.word(f"axis.{axis}", s.where)
        self._check_extent(s)
        index = Text(word, PRIMARY, types.U32)
        uses = sum(isinstance(n, Var) and n.name == s.var for n in walk(s.body))
        if uses == 1 and any(s.var in _global_index(n) for n in walk(s.body)):
            self.expressions.fixed[s.var] = index
        elif uses:
            self.line(f"const {self.expressions.type_name(s.dtype)} {self._name(s.var)} = {word};")
        self.axes[s.var] = axis
        self.body(s.body)

    def _check_extent(self, s: For) -> None:
        """Axes run over the whole launch; anything else would need a guard that nothing put there."""
        level, _, coordinate = s.kind.axis.partition(".")
        place = _COORDINATES.index(coordinate)
        extent: Expr = self.launch.grid[place] if level == "block" else Const(self.launch.block[place], types.I32)
        same = s.hi == extent or (isinstance(s.hi, Const) and isinstance(extent, Const) and s.hi.value == extent.value)
        if s.lo != Const(0, s.lo.dtype) or s.step != Const(1, s.step.dtype) or not same:
            raise Unsupported(f"axis {s.kind.axis} does not run over the launch", "bind the whole extent", s.where)

    def _let(self, s: Let) -> None:
        """``blockIdx.x * blockDim.x + threadIdx.x`` is the idiom for a global index."""
        Statements._let(self, replace(s, value=self._with_extents(s.value)))

    def _with_extents(self, value: Expr) -> Expr:
        def visit(n: object) -> object:
            match n:
                case Binary("mul", left, Const() as factor) if factor.value == self._threads(_plain_var(left)):
                    name = self._extent_word(_plain_var(left))
                    if left.dtype.bits <= 32:
                        return Binary("mul", left, Var(name, left.dtype))
                    return Binary("mul", left, Cast(left.dtype, Var(name, types.U32)))
                case _:
                    return n

        return rewrite(value, visit)

    def _threads(self, name: str) -> int:
        level, _, coordinate = self.axes.get(name, "").partition(".")
        return self.launch.block[_COORDINATES.index(coordinate)] if level == "block" else 0

    def _extent_word(self, name: str) -> str:
        coordinate = self.axes[name].partition(".")[2]
        word = self.expressions.word(f"extent.thread.{coordinate}")
        self.expressions.fixed[word] = Text(word, PRIMARY, types.U32)
        return word


_ONE = Const(1, types.I32)


def _binds_threads(s: Stmt) -> bool:
    """Whether ``s`` holds a thread axis; a block axis around one does not count as being inside a block."""
    if isinstance(s, For) and s.kind.axis.startswith("block"):
        return False
    return any(isinstance(n, For) and n.kind.axis.startswith("thread") for n in walk(s))


def _plain_var(e: Expr) -> str:
    inner = e.operand if isinstance(e, Cast) else e
    return inner.name if isinstance(inner, Var) else ""


def _global_index(n: object) -> tuple[str, str]:
    """The names in ``block * extent + thread`` where a Let's value has that form or contains it; else empty ones."""
    if isinstance(n, Let):
        for part in walk(n.value):
            match part:
                case Binary("add", Binary("mul", block, Const()), thread) if _plain_var(block) and _plain_var(thread):
                    return _plain_var(block), _plain_var(thread)
                case _:
                    pass
    return "", ""


def work_of(kernel: Kernel) -> str:
    """One sentence on how the work is spread over threads, for the comment above the kernel."""
    axes = {n.var: n.kind.axis for n in walk(kernel.body) if isinstance(n, For) and n.kind.name == "parallel"}
    owned: list[tuple[str, str]] = []
    for n in walk(kernel.body):
        block, thread = _global_index(n)
        if isinstance(n, Let) and axes.get(block, "").startswith("block") and thread in axes:
            owned.append((n.name, axes[thread]))
    if not axes:
        return "One thread does all the work: no loop with independent iterations was found."
    if not owned and all(axis.startswith("thread") for axis in axes.values()):
        return (
            "One block: its threads share every independent loop, barriers order the parts that depend on each other."
        )
    if not owned:
        return f"Thread axes as in the source: {', '.join(dict.fromkeys(axes.values()))}."
    fastest = next((name for name, axis in owned if axis == "thread.x"), "")
    names = ", ".join(name for name, _ in owned)
    who = f"One thread for each ({names})" if len(owned) > 1 else f"One thread for each {names}"
    return f"{who}; neighbouring threads take neighbouring {fastest}." if fastest else f"{who}."
