"""Generic traversal of IR trees, derived from the fields of the nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar, cast

from falconc.ir.nodes import Alloc, Collective, Expr, For, Let, Load, Node, Stmt, Store, Update, Var, View

N = TypeVar("N", bound=Node)


@cache
def _field_names(kind: type[Node]) -> tuple[str, ...]:
    """The fields that can hold nodes."""
    return tuple(f.name for f in fields(kind) if f.name != "where" and _may_hold_nodes(str(f.type)))


def _may_hold_nodes(annotation: str) -> bool:
    return any(word in annotation for word in ("Expr", "Stmt", "Body", "Buffer", "Param", "Launch"))


@cache
def _fields_backwards(kind: type[Node]) -> tuple[str, ...]:
    return tuple(reversed(_field_names(kind)))


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below ``node``, in field order."""
    for name in _field_names(type(node)):
        value: Any = getattr(node, name)
        if isinstance(value, tuple):
            for item in cast(tuple[Any, ...], value):
                if isinstance(item, Node):
                    yield item
        elif isinstance(value, Node):
            yield value


def walk(node: Node | tuple[Node, ...]) -> Iterator[Node]:
    """``node`` and everything below it, parents first."""
    stack: list[Node] = list(reversed(node)) if isinstance(node, tuple) else [node]
    while stack:
        top = stack.pop()
        yield top
        for name in _fields_backwards(type(top)):
            value: Any = getattr(top, name)
            if isinstance(value, tuple):
                stack += [item for item in reversed(cast(tuple[Any, ...], value)) if isinstance(item, Node)]
            elif isinstance(value, Node):
                stack.append(value)


def map_children(node: N, visit: Callable[[Any], Any]) -> N:
    """``node`` with every direct child c replaced by ``visit(c)``; the same object when nothing changed.

    In a tuple field visit may return a tuple of nodes (splice; () deletes) in place of one node.
    """
    changes: dict[str, Any] = {}
    for name in _field_names(type(node)):
        value: Any = getattr(node, name)
        if isinstance(value, Node):
            new: Any = visit(value)
        elif isinstance(value, tuple):
            new = _map_tuple(cast(tuple[Any, ...], value), visit)
        else:
            continue
        if new is not value:
            changes[name] = new
    return replace(node, **changes) if changes else node


def _map_tuple(items: tuple[Any, ...], visit: Callable[[Any], Any]) -> tuple[Any, ...]:
    out: list[Any] = []
    changed = False
    for item in items:
        new = visit(item) if isinstance(item, Node) else item
        changed |= new is not item
        if isinstance(new, tuple):
            out.extend(cast(tuple[Any, ...], new))
        else:
            out.append(new)
    return tuple(out) if changed else items


def rewrite(node: Any, visit: Callable[[Any], Any]) -> Any:
    """Bottom-up rewrite of a node or a body: ``visit`` sees every node after its children were rewritten.

    visit returns the node itself (no change), another node, or (for statements in a body) a tuple to splice.
    Returns the same object when nothing changed.
    """

    def go(n: Any) -> Any:
        return visit(map_children(n, go))

    return _map_tuple(cast(tuple[Any, ...], node), go) if isinstance(node, tuple) else go(node)


def substitute(node: Any, values: Mapping[str, Expr]) -> Any:
    """``node`` (or body) with every Var named in ``values`` replaced. Binders are not renamed: names are unique."""

    def visit(n: Any) -> Any:
        return values.get(n.name, n) if isinstance(n, Var) else n

    return rewrite(node, visit)


def rename_buffers(node: Any, names: Mapping[str, str]) -> Any:
    """``node`` (or body) with uses and declarations of buffers renamed."""

    def visit(n: Any) -> Any:
        match n:
            case Load() | Store() | Update() if n.buffer in names:
                return replace(n, buffer=names[n.buffer])
            case Alloc() if n.buffer.name in names:
                return replace(n, buffer=replace(n.buffer, name=names[n.buffer.name]))
            case View():
                buffer = replace(n.buffer, name=names.get(n.buffer.name, n.buffer.name))
                return replace(n, buffer=buffer, base=names.get(n.base, n.base))
            case Collective() if n.result in names:
                return replace(n, result=names[n.result])
            case _:
                return n

    return rewrite(node, visit)


def variables(node: Node | tuple[Node, ...]) -> set[str]:
    """Names of all Vars read in ``node``."""
    return {n.name for n in walk(node) if isinstance(n, Var)}


def names_behind(nodes: Iterable[Node], lets: Mapping[str, Expr]) -> set[str]:
    """Names of all Vars in ``nodes``, and in what the names among ``lets`` stand for."""
    pending, found = list(nodes), set[str]()
    while pending:
        new = variables(pending.pop()) - found
        found |= new
        pending += [lets[n] for n in new if n in lets]
    return found


def buffers_read(node: Node | tuple[Node, ...]) -> set[str]:
    """Names of buffers loaded from (an Update reads too)."""
    return {n.buffer for n in walk(node) if isinstance(n, Load | Update)}


def buffers_written(node: Node | tuple[Node, ...]) -> set[str]:
    """Names of buffers stored to or updated."""
    return {n.buffer for n in walk(node) if isinstance(n, Store | Update)}


def bound_names(node: Node | tuple[Node, ...]) -> list[str]:
    """Every name bound inside ``node``, in order, with repetitions."""
    out: list[str] = []
    for n in walk(node):
        match n:
            case For():
                out.append(n.var)
            case Let():
                out.append(n.name)
            case Alloc() | View():
                out.append(n.buffer.name)
            case Collective():
                out += [n.result] + ([n.arrived] if n.arrived else [])
            case Update() if n.old:
                out.append(n.old)
            case _:
                pass
    return out


def statements(body: tuple[Stmt, ...]) -> Iterator[Stmt]:
    """All statements in a body, parents first."""
    for n in walk(body):
        if isinstance(n, Stmt):
            yield n
