"""What to say when the target's dialect has no word for something: what the text uses, and what to do instead."""

from __future__ import annotations

from falconc.errors import Unsupported
from falconc.source import Span

# First part of a key -> (what it is, with the other parts of the key filled in; what the user can do).
_SAID: dict[str, tuple[str, str]] = {
    "array": (
        "an array whose size is known only at run time",
        "give it a constant size (the largest that occurs), or pass its memory as a parameter",
    ),
    "type": ("a value of type {0}", "compute with a type that the target has, such as f32 or i32"),
    "math": ("function '{0}' of type {1}", "write it with other functions, or compute it in f32"),
    "test": ("function '{0}'", "write it as a comparison"),
    "min": ("a minimum of type {0}", "write it as a comparison and a choice"),
    "max": ("a maximum of type {0}", "write it as a comparison and a choice"),
    "convert": ("a conversion from {1} to {0}", "convert by way of f32"),
    "bitcast": ("the bits of a {1} as a {0}", "use types of 32 or 64 bits"),
    "atomic": ("an atomic '{0}' of type {1}", "use an atomic add, or a type of 32 bits"),
    "lane": ("an exchange among {1} lanes", "use groups of 2, 4, 8, 16 or 32 lanes, or shared memory"),
    "barrier": ("a barrier of scope '{0}'", "use a barrier of the block, or split the kernel there"),
    "pragma": ("a loop of kind '{0}'", "leave the step that makes it out of the recipe"),
    "axis": ("launch axis '{0}.{1}'", "use the axes x, y and z of blocks and threads"),
    "space": ("memory of kind '{0}'", "declare the array without a memory space"),
}


def no_word(key: str, where: Span | None) -> Unsupported:
    """The error for ``key``, which the target's words lack."""
    first, *rest = key.split(".")
    what, step = _SAID.get(first, (f"'{key}'", "express it with other operations"))
    rest = [part.replace("_", " ") for part in rest] + ["?", "?"]
    return Unsupported(f"the target has no {_bare(what.format(*rest))}", step, where)


def _bare(what: str) -> str:
    """``what`` without its article."""
    return what.removeprefix("an ").removeprefix("a ").removeprefix("the ")
