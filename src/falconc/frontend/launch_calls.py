"""Finds kernel launches in host code: chevrons, launch functions, launch calls with argument pointers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from falconc.frontend.host_definitions import angles, split_angles
from falconc.frontend.host_values import split
from falconc.frontend.tokens import Token, closing


@dataclass(frozen=True, slots=True)
class Call:
    """A launch as written: kernel name and template arguments, the four launch arguments, the kernel's arguments."""

    at: int
    kernel: str
    template: Sequence[Token]
    config: list[Sequence[Token]]
    args: list[Sequence[Token]]
    end: int


def find(code: Sequence[Token], kernels: Collection[str], words: Mapping[str, str]) -> list[Call]:
    """Every launch of one of ``kernels`` in ``code`` (tokens without directives). words: the platform's word table."""
    finder = _Calls(code, kernels, words)
    return [c for i in range(len(code)) if (c := finder.call(i))]


class _Calls:
    def __init__(self, code: Sequence[Token], kernels: Collection[str], words: Mapping[str, str]) -> None:
        self.code = code
        self.kernels = kernels
        self.words = words

    def call(self, i: int) -> Call | None:
        text = self.code[i].text
        if (
            text == "<"
            and [t.text for t in self.code[i : i + 3]] == ["<"] * 3
            and self.code[i + 2].start == self.code[i].start + 2
        ):
            return self._chevrons(i)
        table = self.words
        form = table.get("kin.launch.call", "")
        if form.startswith(f"{text}(") and text:
            return self._by_function(i)
        patterns = (table.get("kin.host.launch_kernel", ""), table.get("kin.host.launch_cooperative_kernel", ""))
        spellings = [p.partition("(")[0] for p in patterns if p]
        return self._by_pointers(i) if text in spellings else None

    def _chevrons(self, i: int) -> Call | None:
        end = next(
            (
                k
                for k in range(i + 3, len(self.code) - 3)
                if [t.text for t in self.code[k : k + 4]] == [">", ">", ">", "("]
            ),
            -1,
        )
        if end < 0:
            return None
        start, template = self._callee(i)
        name = self.code[start].text
        kernel, template = self._through_alias(name, template, i)
        if kernel not in self.kernels:
            return None
        last = closing(self.code, end + 3)
        return Call(start, kernel, template, split(self.code[i + 3 : end]), split(self.code[end + 4 : last]), last)

    def _callee(self, end: int) -> tuple[int, Sequence[Token]]:
        """The index of the name before the token at ``end``, and its template arguments."""
        k = end - 1
        if self.code[k].text == ")":
            k -= 1
        if self.code[k].text != ">":
            return k, ()
        depth, close = 0, k
        while k >= 0:
            depth += (self.code[k].text == ">") - (self.code[k].text == "<")
            if depth == 0:
                break
            k -= 1
        return k - 1, self.code[k + 1 : close]

    def _through_alias(self, name: str, template: Sequence[Token], at: int) -> tuple[str, Sequence[Token]]:
        """``auto f = kernel<args>;`` used as ``f<<<...>>>``."""
        if name in self.kernels:
            return name, template
        for k in range(at - 1, 0, -1):
            if self.code[k].text == name and self.code[k + 1].text == "=" and self.code[k - 1].kind == "name":
                rest = [t for t in self.code[k + 2 : k + 40] if t.text != "&"]
                if rest and rest[0].text in self.kernels:
                    return rest[0].text, angles(rest[1:])
                break
        return name, template

    def _by_function(self, i: int) -> Call | None:
        if i + 1 >= len(self.code) or self.code[i + 1].text != "(":
            return None
        end = closing(self.code, i + 1)
        args = split_angles(self.code[i + 2 : end])
        if len(args) < 5:
            return None
        callee = [t for t in args[0] if t.text not in ("(", ")")]
        callee = callee[1:] if callee and callee[0].text not in self.kernels and len(callee) > 1 else callee
        if not callee or callee[0].text not in self.kernels:
            return None
        return Call(i, callee[0].text, angles(callee[1:]), args[1:5], args[5:], end)

    def _by_pointers(self, i: int) -> Call | None:
        """launch(function, grid, block, pointers to arguments, shared, stream)."""
        end = closing(self.code, i + 1)
        args = split_angles(self.code[i + 2 : end])
        names = [k for k, t in enumerate(args[0]) if t.text in self.kernels] if len(args) >= 4 else []
        if not names:
            return None
        template = angles(args[0][names[0] + 1 :])
        config = [args[1], args[2], *(args[4:6])]
        return Call(i, args[0][names[0]].text, template, config, self._pointed(args[3], i), end)

    def _pointed(self, array: Sequence[Token], at: int) -> list[Sequence[Token]]:
        """The variables whose addresses are in the argument array."""
        name = next((t.text for t in reversed(array) if t.kind == "name"), "")
        for k in range(at - 1, 0, -1):
            if self.code[k].text == name and self.code[k + 1].text == "[":
                opening = next((j for j in range(k, at) if self.code[j].text == "{"), -1)
                inner = split(self.code[opening + 1 : closing(self.code, opening)]) if opening > 0 else []
                return [[t for t in part if t.kind == "name" and t.text != "void"][-1:] for part in inner]
        return []
