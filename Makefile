# The developer's manual: `make` lists what there is to do. Every target makes what it needs, and does nothing where
# that is already there. Only python3 and make are assumed; the cluster says for itself what it needs besides.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The order of the steps is part of what they say, and tests measure: nothing runs at once, even with -j.
.NOTPARALLEL:

# Asked for when a recipe starts, that is, after `venv` has run.
BIN = "$(shell scripts/venv.sh where)/bin"
PYTHON = $(BIN)/python
HELM = $(or $(shell command -v helm),$(shell $(PYTHON) -c 'from e2e.cluster.binaries import build; print(build(["helm"])["helm"])'))
# The environment holds the locked dependencies only; the project is taken from this clone.
export PYTHONPATH := $(CURDIR)/kernel_plugin:$(CURDIR)/operator:$(CURDIR)
ARGS ?=
SEEDS ?= 500
# Suites that start kernels of their own, each with its own time limit.
WITH_KERNELS = matrix notebooks faults

.PHONY: help demo test check lint types layers charts format unit engine soak e2e bench images cluster-up cluster-down cluster-status cluster lock clean venv

help: ## list the targets
	@echo 'make TARGET [ARGS="…"]: ARGS goes to pytest, or to the command of the target'
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-16s%s\n", $$1, $$2}' Makefile

demo: venv ## a notebook server on a real two-node cluster, step by step
	$(PYTHON) -m e2e.demo $(ARGS)

test: check unit engine e2e ## everything that continuous integration runs

check: lint types layers charts ## all static checks

lint: venv ## ruff: style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv ## mypy, strict
	$(BIN)/mypy

layers: venv ## import-linter: who may import whom
	$(BIN)/lint-imports --no-logo

charts: venv ## helm lint, once there are charts
ifeq ($(wildcard charts/*/Chart.yaml),)
	@echo 'charts: there are none yet, so nothing was linted'
else
	$(HELM) lint --strict $(dir $(wildcard charts/*/Chart.yaml))
endif

format: venv ## let ruff repair what it can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

unit: venv ## the tests that need no cluster, with coverage
	$(PYTHON) -m pytest tests $(addprefix --ignore=tests/,benchmarks $(WITH_KERNELS)) --timeout=60 --cov --cov-report=term $(ARGS)

engine: venv ## sessions moved between real kernels: tricky objects, notebooks, faults
	$(PYTHON) -m pytest $(addprefix tests/,$(WITH_KERNELS)) --timeout=600 $(ARGS)

soak: venv ## the long campaigns: hundreds of random programs, every cell of every notebook (SEEDS=500)
	KERNELFERRY_SOAK=$(SEEDS) $(PYTHON) -m pytest tests/kernelferry/kernel/test_programs.py tests/notebooks --timeout=7200 $(ARGS)

e2e: venv ## the suites against a real cluster
# Built before pytest starts: it would hide the progress, and count the time as a test's.
	[ -n "$${FERRY_E2E_KUBECONFIG:-}" ] || $(PYTHON) -m e2e.cluster build
	$(PYTHON) -m pytest e2e/suites $(ARGS)

bench: venv ## the benchmarks: one table (ARGS=--quick for an impression, --write for docs/benchmarks.md)
	$(PYTHON) -m tests.benchmarks $(ARGS)

images: venv ## build the images that the cluster runs
	$(PYTHON) -m e2e.cluster images $(ARGS)

cluster-up: venv ## start the test cluster
	$(PYTHON) -m e2e.cluster up $(ARGS)

cluster-down: venv ## stop the test cluster
	$(PYTHON) -m e2e.cluster down $(ARGS)

cluster-status: venv ## say what of the test cluster runs
	$(PYTHON) -m e2e.cluster status $(ARGS)

cluster: venv ## any command of the test cluster, such as ARGS="stop-node node-b"
	@$(PYTHON) -m e2e.cluster $(ARGS)

lock: ## pin the dependencies again (ARGS=--upgrade for the newest that fit)
	scripts/lock.sh $(ARGS)

clean: ## remove what checks and tests left in this clone
	rm -rf .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find kernel_plugin operator e2e tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo 'What clones share (virtual environment, built programs, images) is still there; to remove it: rm -rf $${XDG_CACHE_HOME:-~/.cache}/kernel-ferry'

venv:
	@scripts/venv.sh
