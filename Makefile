# Everything runs in .venv, made from uv.lock. A machine needs Python 3.11+, make and pip, nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup generate

PYTHON ?= python3
BIN := .venv/bin

help: ## This list.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.synced .third_party/.laid ## Makes .venv from the lock file.

# uv itself comes from PyPI into the environment when the machine has none.
.venv/.synced: pyproject.toml uv.lock
	@echo "Making .venv from uv.lock; the first time fetches wheels, which takes a minute."
	@command -v uv >/dev/null || [ -x $(BIN)/uv ] || { $(PYTHON) -m venv .venv && $(BIN)/pip install -q uv; }
	@UV=$$(command -v uv || echo $(BIN)/uv); $$UV sync --frozen --quiet --inexact --python $(PYTHON)
	@touch $@

# The protos that ours import, as text for buf and for people.
.third_party/.laid: .venv/.synced clients/generate/third_party.py clients/generate/proto_source.py clients/generate/wheels.py
	@$(BIN)/python -m clients.generate.third_party
	@touch $@

generate: setup ## Writes clients/gen from protos/.
	@$(BIN)/python -m clients.generate

# ---- Checks and tests ----

.PHONY: check test contract chaos format golden clean

CHECKS := types imports generated style format contract limits proto-style proto-format breaking tightened
.PHONY: $(CHECKS:%=check-%)

check-types: RUN = $(BIN)/mypy
check-imports: RUN = $(BIN)/lint-imports --no-logo
check-generated: RUN = $(BIN)/python -m clients.generate --check
check-style: RUN = $(BIN)/ruff check
check-format: RUN = $(BIN)/ruff format --check
check-contract: RUN = $(BIN)/python -m clients.lint
check-limits: RUN = $(BIN)/python -m services.ratelimit.review
check-proto-style: RUN = $(BIN)/buf lint
check-proto-format: RUN = $(BIN)/buf format --diff --exit-code
check-breaking: RUN = $(BIN)/python -m clients.lint.breaking
check-tightened: RUN = $(BIN)/python -m clients.lint.tightened

check: setup ## Everything that is not a test: types, style, imports, contract, limits, generated code.
	@$(MAKE) --no-print-directory -j2 $(CHECKS:%=check-%)

# One line for a check that holds, the last one of its tool; all that the tool says for one that does not.
$(CHECKS:%=check-%): check-%:
	@said=$$($(RUN) 2>&1) || { printf '%s\n\n  %-13s FAILED\n' "$$said" $*; exit 1; }; \
	last=$$(printf '%s' "$$said" | tail -n 1); printf '  %-13s %s\n' $* "$${last:-ok}"

test: check ## What CI runs: the checks, then every test, and every RPC before every law of the contract.
	@$(BIN)/pytest --numprocesses auto

contract: setup ## Only judges every RPC by every law of the contract, and the laws by planted faults.
	@$(BIN)/pytest --numprocesses auto tests/contract

chaos: setup ## Kills a checkout at every point, then parts of a mesh at random; FOR=600 seconds, SEED=7 repeats, OF=jobs.
	@$(if $(OF),,$(BIN)/pytest --deep --numprocesses auto tests/checkout/test_crashes.py tests/checkout/test_deaths.py tests/checkout/test_deliveries.py)
	@$(BIN)/python -m tests.chaos$(OF:%=.%) --seconds $(or $(FOR),120) $(SEED:%=--seed %)

format: setup ## Puts code and protos into their form.
	@$(BIN)/ruff check --quiet --fix --exit-zero
	@$(BIN)/ruff format --quiet
	@$(BIN)/buf format --write

golden: setup ## Writes what the edge compiles to, and a binary of every new message, for review.
	@$(BIN)/python -m tests.gateway.golden
	@$(BIN)/python -m tests.contract.golden

clean: ## Removes what can be made again; the environment and the mesh's data stay.
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .contract .third_party
	@find clients gateway services tests -name __pycache__ -prune -exec rm -rf {} +

# ---- The local mesh ----

.PHONY: up down status logs restart demo

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

demo: setup ## Tells a shopper's story on the mesh that runs: a cart, coupons, cards that work and do not.
	@$(BIN)/python -m services._local demo

# ---- Benchmarks ----

.PHONY: bench

bench: setup ## Measures and writes docs/benchmarks.md; BENCH=inventory narrows.
	@$(BIN)/python -m tests.bench $(BENCH)
