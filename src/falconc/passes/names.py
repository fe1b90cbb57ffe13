"""Names that are free in a kernel."""

from __future__ import annotations

from falconc.ir.nodes import Kernel
from falconc.ir.walk import bound_names


class Names:
    """Hands out names that nothing in a kernel is called."""

    def __init__(self, kernel: Kernel) -> None:
        self.taken = {p.name for p in kernel.params} | set(bound_names(kernel.body))

    def fresh(self, wish: str) -> str:
        """``wish``, or the first of wish_1, wish_2 ... that is free."""
        name, number = wish, 0
        while name in self.taken:
            number += 1
            name = f"{wish}_{number}"
        self.taken.add(name)
        return name
