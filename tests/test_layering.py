"""The order of imports, and what must not be named where."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import falconc
from falconc import platform

SRC = Path(falconc.__file__).parent
# Low to high: a module imports what is lower or in its own row. Names are files or folders of src/falconc.
ROWS = (
    ("errors", "source"),
    ("ir",),
    ("analysis",),
    ("platform",),
    ("frontend", "emit", "emulate", "passes", "platforms"),
    ("verify",),
    ("recipe",),
    ("kin",),
    ("flow", "reading", "running", "doctor"),
    ("explain", "raw_kernel", "report", "trial"),
    ("arguments", "cli", "__main__"),
)
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}
# Names of operators: passes and emitters know loops, not what a kernel is for.
OPERATORS = {
    "gemm",
    "gemv",
    "matmul",
    "matvec",
    "softmax",
    "logsoftmax",
    "conv",
    "conv1d",
    "conv2d",
    "convolution",
    "layernorm",
    "rmsnorm",
    "batchnorm",
    "attention",
    "gelu",
    "relu",
    "silu",
    "swish",
    "sigmoid",
    "dropout",
    "embedding",
    "rope",
    "maxpool",
    "avgpool",
    "histogram",
    "saxpy",
    "axpy",
}


FIELDS = {"cpu family"}  # of /proc/cpuinfo


def modules() -> list[Path]:
    return sorted(p for p in SRC.rglob("*.py") if "cases" not in p.parts)


def part(module: Path) -> str:
    """The row name that a file belongs to."""
    first = module.relative_to(SRC).parts[0]
    return first.removesuffix(".py")


def imports(module: Path) -> set[str]:
    """Parts of falconc that a module imports when it runs (what only the type checker reads does not count)."""
    tree = ast.parse(module.read_text())
    skipped = {id(n) for i in ast.walk(tree) if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.unparse(i.test)
               for b in i.body for n in ast.walk(b)}  # fmt: skip
    found: set[str] = set()
    for n in ast.walk(tree):
        if id(n) in skipped:
            continue
        if isinstance(n, ast.Import):
            found |= {a.name.split(".")[1] for a in n.names if a.name.startswith("falconc.")}
        elif isinstance(n, ast.ImportFrom) and n.module == "falconc":
            found |= {a.name for a in n.names}
        elif isinstance(n, ast.ImportFrom) and n.module and n.module.startswith("falconc."):
            found.add(n.module.split(".")[1])
    return found


def test_every_module_has_its_row() -> None:
    parts = {part(m) for m in modules()} - {"__init__"}
    assert parts == set(RANK)


@pytest.mark.parametrize("module", modules(), ids=lambda p: str(p.relative_to(SRC)))
def test_imports_go_down(module: Path) -> None:
    own = part(module)
    if own == "__init__":
        return
    upward = {name for name in imports(module) if RANK[name] > RANK[own]}
    assert not upward


def strings_and_names(module: Path) -> list[str]:
    """String constants that are no docstrings, and identifiers."""
    tree = ast.parse(module.read_text())
    docs: set[int] = set()
    for n in ast.walk(tree):
        if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef) and n.body:
            first = n.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                docs.add(id(first.value))
    out: list[str] = []
    for n in ast.walk(tree):
        match n:
            case ast.Constant(value=str(text)) if id(n) not in docs:
                out.append(text)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name):
                out.append(name)
            case _:
                pass
    return out


def words(text: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", text.lower()))


def test_no_module_outside_the_platforms_names_one() -> None:
    known = set(platform.all_platforms())
    named = [
        f"{m.relative_to(SRC)}: {text!r}"
        for m in modules()
        if part(m) != "platforms"
        for text in strings_and_names(m)
        if words(text) & known and text not in FIELDS
    ]
    assert not named


def is_word_table(module: Path) -> bool:
    """A dialect's word table: its vendors' own names."""
    return part(module) == "platforms" and module.stem.endswith("words")


def test_no_operator_is_named_in_the_source() -> None:
    named = [
        f"{m.relative_to(SRC)}: {text!r}"
        for m in modules()
        if not is_word_table(m)
        for text in strings_and_names(m)
        if words(text) & OPERATORS
    ]
    texts = [p for kind in ("*.h", "*.cpp") for p in SRC.rglob(kind) if "cases" not in p.parts]
    # Whole identifiers here: vendors' own built-ins carry such words inside theirs.
    named += [str(p.relative_to(SRC)) for p in texts if set(re.findall(r"\w+", p.read_text().lower())) & OPERATORS]
    assert not named


def test_only_the_command_line_prints() -> None:
    """Processes that answer their parent write bytes to ``sys.stdout.buffer``."""

    def prints(module: Path) -> bool:
        calls = [n.func for n in ast.walk(ast.parse(module.read_text())) if isinstance(n, ast.Call)]
        return any(
            (isinstance(f, ast.Name) and f.id == "print")
            or (isinstance(f, ast.Attribute) and ast.unparse(f).startswith(("sys.stdout.write", "sys.stderr")))
            for f in calls
        )

    assert [part(m) for m in modules() if prints(m)] == ["cli"]


def test_the_public_names() -> None:
    assert falconc.__all__ == sorted(falconc.__all__, key=lambda n: (n.lower() == n, n))
    assert len(falconc.__all__) <= 15
    for name in falconc.__all__:
        assert getattr(falconc, name) is not None
    assert callable(falconc.translate)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        importlib.import_module("falconc").nothing  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]
