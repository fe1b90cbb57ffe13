"""The one flag that rewrites expected texts in case files: ``pytest --rewrite``; the reviewer reads the diff."""

from __future__ import annotations

import pytest

# Files whose tests take a second or so each: `make check` runs every n-th of them, `make test` all.
_SAMPLED = {
    "test_bad_input.py": 4,
    "test_cli.py": 4,
    "test_emit_threads.py": 4,
    "test_emulate_text.py": 12,
    "test_frontend_agreement.py": 16,
    "test_frontend_mutilated.py": 8,
    "test_kin_cases.py": 29,
    "test_kin_lanes.py": 13,
    "test_language.py": 19,
    "test_loop_golden.py": 3,
    "test_loop_recovery.py": 4,
    "test_loop_texts.py": 25,
    "test_raw_kernel.py": 4,
    "test_verify.py": 5,
    "test_verify_holes.py": 8,
    "test_verify_lookalikes.py": 9,
    "test_verify_mutants.py": 5,
    "test_x86_meaning.py": 2,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as slow what is left out of the sample."""
    counts: dict[str, int] = {}
    for item in items:
        every = _SAMPLED.get(item.path.name, 1)
        counts[item.path.name] = counts.get(item.path.name, -1) + 1
        if counts[item.path.name] % every:
            item.add_marker(pytest.mark.slow)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write what the code produces into the case files")


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite"))
