"""What the text of a kernel says about its buffers and sizes before it is lowered."""

from __future__ import annotations

from collections.abc import Iterator

from falconc.ir.affine import Poly
from falconc.ir.nodes import Alloc, Body, Buffer, Const, For, Kernel, Let, Load, Node, Scalar, Store, Update, Var, View
from falconc.ir.ranges import Ranges
from falconc.ir.walk import children, names_behind, walk


def constant_count(b: Buffer) -> int | None:
    count = 1
    for e in b.shape:
        if not isinstance(e, Const):
            return None
        count *= int(e.value)
    return count


def _views(nodes: Iterator[Node]) -> dict[str, str]:
    return {n.buffer.name: n.base for n in nodes if isinstance(n, View)}


def _root(name: str, base: dict[str, str]) -> str:
    while name in base:
        name = base[name]
    return name


def positive(kernel: Kernel) -> Ranges:
    """What holds of sizes: integer parameters of loops and the grid are positive, as all that are tried."""
    return Ranges(tuple(Poly.atom(Var(s.name, s.dtype)) - Poly.const(1) for s in size_like(kernel)))


def size_like(kernel: Kernel) -> tuple[Scalar, ...]:
    """The integer parameters that a loop bound or the launch geometry mentions, by way of Lets or not."""
    lets = {n.name: n.value for n in walk(kernel.body) if isinstance(n, Let)}
    pending: list[Node] = [e for n in walk(kernel.body) if isinstance(n, For) for e in (n.lo, n.hi, n.step)]
    pending += kernel.launch.grid if kernel.launch else ()
    names = names_behind(pending, lets)
    return tuple(s for s in kernel.scalars if s.name in names and s.dtype.is_integer and s.dtype.kind != "bool")


def bytewise(kernel: Kernel) -> set[str]:
    """Buffers that some view reads as another type."""
    base = _views(walk(kernel.body))
    dtypes = {b.name: b.dtype for b in kernel.buffers}
    dtypes |= {n.buffer.name: n.buffer.dtype for n in walk(kernel.body) if isinstance(n, Alloc | View)}
    return {_root(v, base) for v in base if dtypes[v] != dtypes[_root(v, base)]}


def written(kernel: Kernel) -> set[str]:
    base = _views(walk(kernel.body))
    return {_root(n.buffer, base) for n in walk(kernel.body) if isinstance(n, Store | Update)}


def crossing(body: Body) -> set[str]:
    """Allocated buffers that are touched inside a parallel loop that does not contain their Alloc."""
    home: dict[str, int] = {}
    base = _views(walk(body))
    found: set[str] = set()

    def visit(node: Node, depth: int) -> None:
        match node:
            case Alloc():
                home[node.buffer.name] = depth
            case Load() | Store() | Update():
                root = _root(node.buffer, base)
                if home.get(root, depth) < depth:
                    found.add(root)
            case _:
                pass
        inner = depth + (isinstance(node, For) and node.kind.name in ("parallel", "vector"))
        for child in children(node):
            visit(child, inner)

    for s in body:
        visit(s, 0)
    return found
