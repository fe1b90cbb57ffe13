"""Where span edits would change what a program means: lane groups in branches, spin locks, votes on who is active."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from falconc.errors import Unsupported
from falconc.frontend.tokens import Token, closing
from falconc.kin.edits import Note
from falconc.kin.scopes import Scopes
from falconc.kin.structure import regions
from falconc.kin.uniform import Uniformity
from falconc.kin.vocabulary import Vocabulary
from falconc.source import Source

_ARRIVAL = "which lanes happen to be active together is not the same on a wider wave"


@dataclass
class Hazards:
    """Checks on one text. ``notes`` gathers what cannot be known."""

    source: Source
    tokens: Sequence[Token]
    words: Vocabulary
    scopes: Scopes
    notes: list[Note] = field(default_factory=list[Note])

    @property
    def uniformity(self) -> Uniformity:
        lanes = self.words.names_of("lane.width")
        return Uniformity(self.tokens, self.scopes.functions, self.scopes, lanes)

    def need_whole_block(self, first: int, last: int, lanes: int) -> None:
        """The operation in tokens [first, last] becomes one that every thread of the block must reach."""
        reason = "it stands in a macro" if self.tokens[first].directive else ""
        reason = reason or self.uniformity.reached_by_whole_block(first)
        if reason:
            width = self.words.target.lane_width
            raise Unsupported(
                f"a group of {lanes} lanes spans warps of {width} here and needs the whole block, but {reason}",
                f"move it where every thread of the block passes, or use groups of {width} lanes",
                self.source.span(self.tokens[first].start, self.tokens[last].end),
            )

    def full_mask(self, first: int, last: int) -> None:
        """The target lists the lanes that take part; the source does not, so all of them are named."""
        if self.tokens[first].directive or not self.uniformity.reached_by_whole_block(first):
            return
        what = "all lanes of the group are named in the mask; if some lanes never get here, name those that do"
        self.notes.append(Note(self.source.span(self.tokens[first].start, self.tokens[last].end), what))

    def active_lanes(self, i: int) -> None:
        """Token ``i`` asks who is active: only a variable that is a mask and nothing else is sure to mean the same."""
        if self._is_mask(i, closing(self.tokens, i + 1)):
            return
        given = self.tokens[i - 1].text == "=" and self.tokens[i - 2].kind == "name"
        name = self.tokens[i - 2].text if given else ""
        function = self.scopes.function_at(i)
        span = self.source.span(self.tokens[i].start, self.tokens[i].end)
        if not name or function is None:
            raise Unsupported(f"'{self.tokens[i].text}': {_ARRIVAL}", "compute the mask from the data instead", span)
        for k in range(*function.body):
            if self.tokens[k].text == name and k != i - 2 and not self._is_mask(k, k):
                where = self.source.span(self.tokens[k].start, self.tokens[k].end)
                raise Unsupported(
                    f"'{name}' comes from '{self.tokens[i].text}' and is used for more than a mask: {_ARRIVAL}",
                    "compute the mask from the data instead",
                    where,
                )

    def _is_mask(self, first: int, last: int) -> bool:
        """Whether tokens [first, last] are, alone, the mask argument of a lane operation."""
        opening = first - 1
        if self.tokens[opening].text != "(" or self.tokens[last + 1].text not in (",", ")"):
            return False
        entries = self.words.words.get(self.tokens[opening - 1].text, ())
        return any(e.lanes and e.form.params[:1] and e.form.params[0][0] == "mask" for e in entries)

    def check_progress(self) -> None:
        """Spin locks: a lane that waits for another lane of its own wave needs lanes that progress independently."""
        if self.words.keeps_progress:
            return
        for function in self.scopes.functions:
            around = regions(self.tokens, *function.body)
            for loop in (r for r in around if r.kind in ("while", "do")):
                lock = self._lock(*loop.header)
                alone = any(r.kind == "if" and r.holds(loop.body[0]) and self._one_thread(*r.header) for r in around)
                if lock >= 0 and not alone:
                    raise Unsupported(
                        "this loop waits for a lock that another lane of the same wave may hold",
                        "let one thread of the block take the lock",
                        self.source.span(self.tokens[lock].start, self.tokens[closing(self.tokens, lock + 1)].end),
                    )

    def _lock(self, low: int, high: int) -> int:
        """The index of an atomic exchange or compare-and-swap with constant operands in a condition; -1 if none."""
        for k in range(low, high):
            if self.tokens[k].text in self.words.locks and self.tokens[k + 1].text == "(":
                end = closing(self.tokens, k + 1)
                inside = self.tokens[k + 2 : end]
                commas = [j for j, t in enumerate(inside) if t.text == ","]
                if commas and commas[-1] + 1 < len(inside) and all(inside[c + 1].kind == "number" for c in commas):
                    return k
        return -1

    def _one_thread(self, low: int, high: int) -> bool:
        texts = [t.text for t in self.tokens[low:high]]
        return "==" in texts and "||" not in texts and "%" not in texts and "&" not in texts
