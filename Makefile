# Everything runs in .venv, made from uv.lock. A machine needs Python 3.11+, make and pip, nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup generate

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

# ---- The local mesh ----

.PHONY: up down status logs restart

up: setup ## Starts the mesh and shows one reservation.
	@$(BIN)/python -m services._local up

down: setup ## Stops the mesh; its data stays.
	@$(BIN)/python -m services._local down

status: setup ## Shows every process and whether it serves.
	@$(BIN)/python -m services._local status

logs: setup ## Follows the logs; SERVICE=inventory narrows.
	@$(BIN)/python -m services._local logs $(SERVICE)

restart: setup ## Restarts the services one by one; SERVICE=inventory narrows.
	@$(BIN)/python -m services._local restart $(SERVICE)
