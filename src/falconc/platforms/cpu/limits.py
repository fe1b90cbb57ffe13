"""Numbers of x86-64 CPUs, each with its source."""

from __future__ import annotations

LIMITS: dict[str, int] = {
    # Linux: the default stack of a process is 8 MiB (`ulimit -s`), and libgomp's threads take the same; arrays of a
    # function stay well below it.
    "stack.array": 256 * 1024,
    # Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, 15.1: a ZMM register.
    "vector.bytes": 64,
}
