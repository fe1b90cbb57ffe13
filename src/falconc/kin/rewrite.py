"""Turns the words of one dialect into its kin's: walks the tokens of a text and collects span edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from falconc.errors import Unsupported
from falconc.frontend.tokens import Token, closing
from falconc.kin import arguments, constants, widths
from falconc.kin.edits import Edit, Note, apply
from falconc.kin.forms import REST, Form
from falconc.kin.hazards import Hazards
from falconc.kin.scopes import Scopes
from falconc.kin.vocabulary import Entry, Vocabulary
from falconc.source import Source, Span

FULL_MASK = frozenset(
    {"0xffffffff", "0xFFFFFFFF", "-1", "~0", "0xffffffffu", "0xFFFFFFFFu", "0xFFFFFFFFU", "~0u", "FULL_MASK"}
)
# Operations of a lane group that a lane carries out without the others.
_OWN_LANE = (".index", ".below_low", ".below_high")
_ALL_LANES = (1 << 64) - 1
_CONDITIONS = frozenset({"if", "elif", "ifdef", "ifndef"})
_SKIPPED = frozenset({"include", "pragma"})


@dataclass
class Rewriter:
    """Collects edits for the token range it is asked for; ``used`` gathers keys written, ``notes`` what to say."""

    source: Source
    tokens: Sequence[Token]
    words: Vocabulary
    scopes: Scopes
    hazards: Hazards
    used: set[str] = field(default_factory=set[str])
    notes: list[Note] = field(default_factory=list[Note])

    def edits(self, low: int, high: int) -> list[Edit]:
        """The edits for tokens [low, high)."""
        out: list[Edit] = []
        i = low
        while i < high:
            token = self.tokens[i]
            if token.kind != "name" or token.directive in _SKIPPED:
                i += 1
                continue
            if self._is_member(i):
                out += self._member(i)
                i += 1
                continue
            new, i = self._word(i, high)
            out += new
        return out

    def _is_member(self, i: int) -> bool:
        return i > 0 and self.tokens[i - 1].text in (".", "->")

    def _member(self, i: int) -> list[Edit]:
        """A device's lane width, where it sizes something: kernels of the text keep groups of the source's width."""
        name = self.tokens[i].text
        if self.words.same_lanes or name not in self.words.properties:
            return []
        if name in self.scopes.declared or widths.is_shown(self.tokens, i) or widths.is_set(self.tokens, i):
            return []
        first, width = widths.start(self.tokens, i), self.words.source.lane_width
        what = f"'{name}' of a device is {self.words.target.lane_width} here; kernels keep their groups of {width}"
        self.notes.append(Note(self.span(first, i), what))
        return self._replace(first, i, str(width))

    def span(self, first: int, last: int) -> Span:
        return self.source.span(self.tokens[first].start, self.tokens[last].end)

    # --- one word ----------------------------------------------------------------------------------------------

    def _word(self, i: int, high: int) -> tuple[list[Edit], int]:
        """The edits for the name at ``i``, with whatever is qualified by it, and the next index."""
        last = i
        while last + 2 < high and self.tokens[last + 1].text == "::" and self.tokens[last + 2].kind == "name":
            last += 2
        for end in range(last, i - 1, -2):
            for name in self._names(i, end):
                if self.scopes.declares(name, i):
                    continue
                if name in self.words.refused:
                    self._refuse(name, i, end)
                if name in self.words.words:
                    return self._entry(name, i, end, high)
            if end == last > i:
                self._check_qualified(i, last)
        self._check_known(i, last)
        return [], last + 1

    def _names(self, first: int, last: int) -> list[str]:
        """The full names that a chain of qualifiers may stand for."""
        parts = [self.tokens[k].text for k in range(first, last + 1, 2)]
        parts[0] = self.scopes.aliases.get(parts[0], parts[0])
        name = "::".join(parts)
        if first > 1 and self.tokens[first - 1].text == "::" and self.tokens[first - 2].kind == "name":
            return [name] if self.tokens[first - 2].text in self.words.words else []
        return [name, *(f"{space}::{name}" for space in sorted(self.scopes.opened))]

    def _refuse(self, name: str, first: int, last: int) -> None:
        raise Unsupported(
            f"'{name}': {self.words.refused[name]}",
            f"rewrite this part by hand for {self.words.target.title}",
            self.span(first, last),
        )

    def _check_known(self, first: int, last: int) -> None:
        """An unknown name that looks like the dialect's own, or a kernel started by a kernel, is an error."""
        name = self.tokens[first].text
        if name in self.words.known or self.scopes.declares(name, first):
            self._check_launch(first, last)
            return
        in_device = self.scopes.function_at(first) is not None
        if self.tokens[first].directive in _CONDITIONS:
            if self.words.reserved.match(name):
                what = f"'{name}' is not defined for {self.words.target.title}: it counts as 0 here"
                self.notes.append(Note(self.span(first, last), what))
            return
        if self.words.glued.match(name) and "##" in self._around(first):
            what = f"a name is put together from '{name}' here: which one is not known"
            raise Unsupported(what, "write the names out", self.span(first, last))
        if self.words.macros.match(name) and self.scopes.includes_own:
            what = f"'{name}' is taken to come from a header of the project, which is not translated with this file"
            self.notes.append(Note(self.span(first, last), what))
            return
        if self.words.reserved.match(name) or (in_device and self.words.reserved_in_device.match(name)):
            raise self._unknown(name, first, last)

    def _check_qualified(self, first: int, last: int) -> None:
        """A name in a namespace of the dialect that is neither a word nor the same on both sides."""
        for name in self._names(first, last)[:1]:
            if self.words.reserved_in_namespace.match(name) and name not in self.words.known:
                raise self._unknown(name, first, last)

    def _unknown(self, name: str, first: int, last: int) -> Unsupported:
        return Unsupported(
            f"'{name}' has no known counterpart in {self.words.target.title}",
            "replace it, or declare it in the text if it is your own",
            self.span(first, last),
        )

    def _around(self, i: int) -> list[str]:
        return [t.text for t in self.tokens[max(0, i - 1) : i + 2]]

    def _check_launch(self, first: int, last: int) -> None:
        """A kernel cannot start kernels on a target without that."""
        after = [t.text for t in self.tokens[last + 1 : last + 4]]
        if after == ["<", "<", "<"] and self.scopes.function_at(first) is not None and not self.words.nests_launches:
            raise Unsupported(
                f"a kernel is started from device code, which {self.words.target.title} cannot do",
                "start it from host code",
                self.span(first, last),
            )

    def _entry(self, name: str, first: int, last: int, high: int) -> tuple[list[Edit], int]:
        entries = self.words.words[name]
        listed = [e for e in entries if e.form.opening == "<"]
        angle = arguments.template_end(self.tokens, last + 1, high) if listed and last + 1 < high else -1
        if angle > 0 and self.tokens[last + 1].text == "<":
            return self._call(listed, first, (last + 1, angle))
        calls = [e for e in entries if e.form.opening == "("]
        opening = arguments.opening_of(self.tokens, last, high)
        if calls and opening >= 0:
            end = closing(self.tokens, opening)
            if end >= high:
                raise Unsupported("this call does not end in the same macro", "write it whole", self.span(first, last))
            if len(calls) == len(entries) or any(e.form.fits(self._raw(opening, end)) for e in calls):
                return self._call(calls, first, (opening, end))
        names = [e for e in entries if not e.form.is_call]
        if not names:
            raise Unsupported(f"'{name}' is used without its arguments", "call it directly", self.span(first, last))
        form = self._written(names[0], first, last)
        if names[0].key == "lane.width":
            return self._lane_width(first, last), last + 1
        if names[0].key == "macro.device_pass":
            return self._device_pass(form, first, last), last + 1
        return self._replace(first, last, self._spell(form, first)), last + 1

    def _spell(self, form: Form, place: int) -> str:
        """The name that a form has at token ``place``: the text's own alias of a namespace is used."""
        name = form.name or form.text
        space, _, rest = name.rpartition("::")
        alias, since = self.scopes.spelled.get(space, ("", 0))
        return f"{alias}::{rest}" if alias and since < place else name

    def _replace(self, first: int, last: int, text: str) -> list[Edit]:
        end = self.tokens[last].end
        if not text and last + 1 < len(self.tokens):
            end = self.tokens[last + 1].start
        return [Edit(self.tokens[first].start, end, text)]

    def _written(self, entry: Entry, first: int, last: int) -> Form:
        form = self.words.written.get(entry.key)
        if form is None:
            name = "::".join(self.tokens[k].text for k in range(first, last + 1, 2))
            raise Unsupported(
                f"'{name}' has no counterpart in {self.words.target.title}", "rewrite this part", self.span(first, last)
            )
        self.used.add(entry.key)
        if entry.key in self.words.notes:
            self.notes.append(Note(self.span(first, last), self.words.notes[entry.key]))
        return form

    def _lane_width(self, first: int, last: int) -> list[Edit]:
        """The built-in constant keeps the value that the source's lanes have."""
        if self.words.same_lanes:
            return self._replace(first, last, self.words.written["lane.width"].text)
        return self._replace(first, last, str(self.words.source.lane_width))

    def _device_pass(self, form: Form, first: int, last: int) -> list[Edit]:
        """A macro that tells device code from host code; its value has no counterpart."""
        before = [self.tokens[k].text for k in range(max(0, first - 2), first)]
        if self.tokens[first].directive in ("ifdef", "ifndef") or "defined" in before:
            return self._replace(first, last, form.text)
        what = f"'{self.tokens[first].text}' is not defined for {self.words.target.title}: its value counts as 0 here"
        self.notes.append(Note(self.span(first, last), what))
        return []

    # --- calls -------------------------------------------------------------------------------------------------

    def _raw(self, opening: int, end: int) -> list[str]:
        """The arguments between two brackets as they stand in the text."""
        ranges = arguments.between(self.tokens, opening, end)
        return [self.source.text[self.tokens[a].start : self.tokens[b - 1].end] if b > a else "" for a, b in ranges]

    def _call(self, entries: Sequence[Entry], first: int, brackets: tuple[int, int]) -> tuple[list[Edit], int]:
        opening, end = brackets
        ranges, raw = arguments.between(self.tokens, opening, end), self._raw(opening, end)
        fitting = [e for e in entries if e.form.fits(raw)]
        if not fitting:
            name = self.tokens[first].text
            raise Unsupported(f"'{name}' with {len(ranges)} arguments is not known", "", self.span(first, end))
        exact = max(len(e.form.fixed) for e in fitting)
        entry = self._of_group([e for e in fitting if len(e.form.fixed) == exact], raw, first, end)
        form = self._written(entry, first, opening - 1)
        self._check_dropped(entry.form, form, raw, first, end)
        self._check_mask(entry.form.bind(raw), first, end)
        if entry.key.endswith(".active") and not self.words.same_lanes:
            self.hazards.active_lanes(first)
        if entry.lanes and "mask" in form.holes - entry.form.holes:
            self.hazards.full_mask(first, end)
        return self._write(entry.form, form, ranges, (first, opening, end)), end + 1

    def _of_group(self, entries: Sequence[Entry], raw: list[str], first: int, end: int) -> Entry:
        """The entry whose lane group the call's width fits; wider groups than the target's need the whole block."""
        width = constants.value(entries[0].form.bind(raw).get("width", ""), self.scopes, self.words.source.lane_width)
        groups = sorted(entries, key=lambda e: e.lanes)
        if width is None and "width" in entries[0].form.holes and "width" not in entries[0].form.defaults:
            return groups[0]
        entry = next((e for e in groups if width is not None and width <= e.lanes), groups[-1])
        if entry.lanes > self.words.target.lane_width and not entry.key.endswith(_OWN_LANE):
            self.hazards.need_whole_block(first, end, entry.lanes)
        return entry

    def _check_mask(self, values: dict[str, str], first: int, end: int) -> None:
        """A mask that names lanes of a group wider than 32 has to name all of them."""
        mask = values.get("mask64")
        if mask is not None and (constants.value(mask, self.scopes, 0) or 0) & _ALL_LANES != _ALL_LANES:
            raise Unsupported(
                f"the lane mask '{mask}' does not name all of 64 lanes", "name them all", self.span(first, end)
            )

    def _check_dropped(self, form: Form, target: Form, raw: list[str], first: int, end: int) -> None:
        """An argument that the target does not take must not do anything."""
        values = form.bind(raw)
        for name in values:
            text = values[name]
            if name not in target.holes and ("++" in text or "--" in text or text.count("=") > 2 * text.count("==")):
                raise Unsupported(
                    f"the argument '{text}' changes a variable and has no counterpart", "", self.span(first, end)
                )

    def _write(
        self, form: Form, target: Form, ranges: list[tuple[int, int]], place: tuple[int, int, int]
    ) -> list[Edit]:
        first, _, end = place
        named = [name for name, _ in form.params if name != REST]
        kept = [n for n in named[: len(ranges)] if n in target.holes]
        order = [n for n, _ in target.params if n in kept]
        wrapped = self.words.unwrapped(form, form.bind(self._raw(place[1], end))) != form.bind(self._raw(place[1], end))
        if (
            target.is_call
            and not target.fixed
            and not wrapped
            and order == kept
            and len(named) <= len(ranges) + len(form.defaults)
        ):
            return self._in_place(form, target, ranges, place)
        values = self.words.unwrapped(form, form.bind([self._text(a, b) for a, b in ranges]))
        if "kernel" in values:
            values["kernel"] = _without_brackets(values["kernel"])
        text = target.write(values)
        if (
            not target.is_call
            and "$name[]" in target.text
            and self.tokens[min(end + 1, len(self.tokens) - 1)].text != ";"
        ):
            text += ";"
        return [Edit(self.tokens[first].start, self.tokens[end].end, text)]

    def _text(self, low: int, high: int) -> str:
        """Tokens [low, high) with their own edits."""
        if low >= high:
            return ""
        return apply(self.source.text, self.edits(low, high), self.tokens[low].start, self.tokens[high - 1].end)

    def _in_place(
        self, form: Form, target: Form, ranges: list[tuple[int, int]], place: tuple[int, int, int]
    ) -> list[Edit]:
        """Rename, drop and add arguments, and leave the layout of the others alone."""
        first, opening, end = place
        named = [name for name, _ in form.params if name != REST]
        given = dict(zip(named, ranges, strict=False))
        values = form.bind([self.source.text[self.tokens[a].start : self.tokens[b - 1].end] for a, b in ranges])
        shown = [n for n, _ in target.params]
        while (
            shown
            and shown[-1] != REST
            and values.get(shown[-1], target.defaults.get(shown[-1])) == target.defaults.get(shown[-1])
        ):
            shown.pop()
        angle = next((k for k in range(first, opening) if self.tokens[k].text == "<"), opening)
        out = (
            []
            if target.name in self._names(first, angle - 1)
            else self._replace(first, angle - 1, self._spell(target, first))
        )
        out += self.edits(angle, opening)
        kept = [(n, r) for n, r in given.items() if n in shown]
        dropped = [r for n, r in given.items() if n not in shown]
        rest = ranges[len(named) :]
        out += [self._without(r, ranges) for r in dropped]
        for _, (low, high) in kept:
            out += self.edits(low, high)
        for low, high in rest:
            out += self.edits(low, high)
        out += self._additions(shown, given, values, target, end)
        return out

    def _without(self, gone: tuple[int, int], ranges: list[tuple[int, int]]) -> Edit:
        at = ranges.index(gone)
        if at + 1 < len(ranges):
            return Edit(self.tokens[gone[0]].start, self.tokens[ranges[at + 1][0]].start)
        before = self.tokens[gone[0] - 1].start if at else self.tokens[gone[0]].start
        return Edit(before, self.tokens[gone[1] - 1].end)

    def _additions(
        self, shown: list[str], given: dict[str, tuple[int, int]], values: dict[str, str], target: Form, end: int
    ) -> list[Edit]:
        """Insertions for the arguments that the source left out or does not have."""
        out: list[Edit] = []
        new = [n for n in shown if n not in given and n != REST]
        front = [n for n in new if any(shown.index(g) > shown.index(n) for g in given if g in shown)]
        back = [n for n in new if n not in front]
        text = {n: values.get(n, target.defaults.get(n, "")) for n in new}
        for name in front:
            following = next(g for g in shown[shown.index(name) :] if g in given)
            out.append(
                Edit(self.tokens[given[following][0]].start, self.tokens[given[following][0]].start, f"{text[name]}, ")
            )
        if back:
            at = self.tokens[end].start
            before = self.tokens[end - 1].end
            joint = ", " if any(g in shown for g in given) or front else ""
            out.append(Edit(before if joint else at, before if joint else at, joint + ", ".join(text[n] for n in back)))
        return out


def _without_brackets(text: str) -> str:
    inner = text.strip()
    return inner[1:-1].strip() if inner.startswith("(") and inner.endswith(")") else inner
