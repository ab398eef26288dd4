# Everything runs in .venv, made from uv.lock. A machine needs Python 3.11+, make and pip, nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup generate golden

PYTHON ?= python3
BIN := .venv/bin

help: ## This list.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.synced ## Makes .venv from the lock file.

# uv itself comes from PyPI into the environment when the machine has none.
.venv/.synced: pyproject.toml uv.lock
	@command -v uv >/dev/null || [ -x $(BIN)/uv ] || { $(PYTHON) -m venv .venv && $(BIN)/pip install -q uv; }
	@UV=$$(command -v uv || echo $(BIN)/uv); $$UV sync --frozen --quiet --inexact --python $(PYTHON)
	@touch $@

generate: setup ## Writes clients/gen from protos/.
	@$(BIN)/python -m clients.generate

golden: setup ## Writes what the edge compiles to, for review, after the contract or the compiler changed.
	@$(BIN)/python -m tests.gateway.golden
