# Everything runs in .venv, which `make env` builds from nothing but python3 and g++.

SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: env check test demo bench clean

env: $(READY)

# The extra `cuda` brings NVIDIA's compiler as wheels; where they do not exist, everything but that compile check works.
$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[cuda]' \
		|| echo 'the extra `cuda` cannot be installed here: compile checks with NVRTC are left out'
	@touch $@

# Format, lint, types and the quick tests: about a minute.
check: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/pytest -m 'not slow' -n 2

# All tests.
test: env
	$(BIN)/pytest -n 2

demo: env
	@$(BIN)/python examples/demo.py

bench: env
	$(BIN)/python bench/speed.py

clean:
	rm -rf .venv build dist src/*.egg-info .pytest_cache .ruff_cache .hypothesis
