"""Numbers of CUDA GPUs, each with its source."""

from __future__ import annotations

# CUDA C++ Programming Guide 13.0, appendix "Compute Capabilities", table "Technical Specifications": the values that
# hold for every architecture from 8.0 to 9.0.
LIMITS: dict[str, int] = {
    "lanes": 32,
    "threads.block": 1024,
    "block.x": 1024,
    "block.y": 1024,
    "block.z": 64,
    "grid.x": 2**31 - 1,
    "grid.y": 65535,
    "grid.z": 65535,
    "shared.static": 48 * 1024,
    "shared.block": 163 * 1024,  # 8.0, opt-in; 9.0 has 227 KB
    "registers.thread": 255,
    "constant": 64 * 1024,
}
