# Everything runs in .venv, which the first target makes; nothing needs to be installed by hand but Python and g++.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: env demo check test bench clean

env: .venv/ready

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[cuda]'
	touch $@

demo: env
	$(BIN)/python examples/demo.py

check: env
	$(BIN)/ruff format --check src tests examples bench
	$(BIN)/ruff check src tests examples bench
	$(BIN)/pyright
	$(BIN)/python -m pytest -m "not slow" -n 2

test: env
	$(BIN)/python -m pytest -n 2

bench: env
	$(BIN)/python bench/speed.py

clean:
	rm -rf .venv .pytest_cache .ruff_cache
