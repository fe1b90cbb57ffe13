"""No text may crash the frontend: mutilated kernels give a named error or a well-formed kernel."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from falconc import frontend, platform
from falconc.errors import FalconcError, InternalError
from falconc.source import Source

FOLDER = Path(__file__).parent / "language"
TEXTS = sorted(FOLDER.iterdir())
TYPES = (
    "int",
    "float",
    "double",
    "half",
    "char",
    "unsigned",
    "long long",
    "bool",
    "float4",
    "short",
    "uchar4",
    "size_t",
)
OPERATORS = ("+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "&&", "||", "==", "<", ">", "=", "+=", "*=", ",", "!=")
NUMBERS = ("0", "1", "-1", "2", "3", "64", "1000000", "1.5f", "'a'", "true", "nullptr", "sizeof(int)")
WORDS = ("", "while", "if", "static", "const", "volatile", "return", "break", "continue", "__shared__")
ROUNDS = 6


def _cut(rng: random.Random, text: str) -> str:
    return text[: rng.randrange(len(text))]


def _drop_token(rng: random.Random, text: str) -> str:
    found = [m.span() for m in re.finditer(r"\w+|[^\w\s]", text)]
    a, b = rng.choice(found)
    return text[:a] + text[b:]


def _swap_lines(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return "".join(lines)


def _replace(rng: random.Random, text: str) -> str:
    """One word of a kind by another: often still C++, seldom sensible."""
    names = sorted(set(re.findall(r"\b[a-z]\w{0,6}\b", text)))
    pattern, others = rng.choice(
        [
            (r"\b(?:int|float|double|half|char|unsigned|bool|float4|short|long)\b", TYPES),
            (r"(?<=\s)(?:\+|-|\*|/|%|<|>|==|&&|\|\||\+=|-=|\*=|=|<=|>=|<<|>>|&)(?=\s)", OPERATORS),
            (r"\b\d+\b", NUMBERS),
            (r"\b(?:for|while|if|return|break|continue|else|const|static|inline|extern)\b", WORDS),
            (r"\b[a-z]\w{0,6}\b", tuple(names)),
        ]
    )
    found = list(re.finditer(pattern, text))
    if not found or not others:
        return text
    m = rng.choice(found)
    return text[: m.start()] + rng.choice(others) + text[m.end() :]


def _attempt(text: str, found: platform.Platform) -> None:
    try:
        unit = frontend.load(Source(f"mutilated{found.suffixes[0]}", text), found)
    except InternalError:
        raise
    except FalconcError as error:
        assert error.report()
        return
    for kernel in unit.kernels:
        try:
            frontend.instance(unit, kernel.name)
        except InternalError:
            raise
        except FalconcError as error:
            assert error.report()


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.stem)
def test_a_mutilated_text_is_refused_or_well_formed(path: Path) -> None:
    rng = random.Random(path.name)
    found = platform.of_file(str(path))
    assert found is not None
    for n in range(ROUNDS):
        text = path.read_text()
        for _ in range(rng.choice((1, 1, 2))):
            change = rng.choice((_cut, _drop_token, _swap_lines)) if n % 3 == 0 else _replace
            text = change(rng, text) or " "
        _attempt(text, found)


@pytest.mark.parametrize(
    "text",
    [
        "__global__ void k(const half *a, int n) { for (int i = 0; i < a[0]; ++i) {} }",
        "__global__ void k(float *a) { for (int i = 0; i < 2.5; ++i) a[i] = 1.f; }",
        "__global__ void k(float *a) { a[0] = (a[1] = 2.f) + (a[0]++, 1.f); }",
        "__global__ void k(int *a) { switch (a[0]) { a[1] = 2; case 1:; } }",
        "__global__ void k(int *a) { for (;;) ; }",
        "__global__ void k(int *a) { int x[0]; a[0] = sizeof(x); }",
        "__global__ void k() {}",
    ],
)
def test_an_odd_text_is_refused_or_well_formed(text: str) -> None:
    _attempt("// falconc: grid=1 block=1\n" + text, platform.get("cuda"))
