"""Numbers of AMD GPUs under HIP, each with its source."""

from __future__ import annotations

# "AMD Instinct MI200" and "MI300" Instruction Set Architecture guides: lanes, LDS, registers. Launch limits: the values
# that hipDeviceProp_t reports on gfx90a and gfx942 (HIP documentation, "Hardware features").
LIMITS: dict[str, int] = {
    "lanes": 64,
    "threads.block": 1024,
    "block.x": 1024,
    "block.y": 1024,
    "block.z": 1024,
    "grid.x": 2**31 - 1,
    "grid.y": 65535,
    "grid.z": 65535,
    "shared.static": 64 * 1024,
    "shared.block": 64 * 1024,
    "registers.thread": 512,
}
