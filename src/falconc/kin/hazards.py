"""Where span edits would change what a program means: lane groups in branches, spin locks, votes on who is active."""

from __future__ import annotations

from dataclasses import dataclass, field

from falconc.source import Span


@dataclass
class Hazards:
    """Remembers the lane operations that were rewritten and checks them against the control flow around them."""

    whole_block: list[Span] = field(default_factory=list[Span])
    lane_calls: list[tuple[Span, int]] = field(default_factory=list[tuple[Span, int]])

    def need_whole_block(self, where: Span) -> None:
        """The operation at ``where`` becomes one that every thread of the block must reach."""
        self.whole_block.append(where)

    def lane_call(self, where: Span, lanes: int) -> None:
        """An operation on a group of ``lanes`` lanes stands at ``where``."""
        self.lane_calls.append((where, lanes))
