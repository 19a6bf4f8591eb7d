# Requires only make and Python 3.11 or newer.

PYTHON ?= python3
# Three more than there are cores: tests wait for processes and connections about half of their time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(6, os.cpu_count() + 3))')
BIN := .venv/bin
INSTALLED := .venv/.installed
GRAPHIQL := .venv/.graphiql
CLIENTS := .venv/.clients
CLIENTS_SOURCES := $(addprefix tests/clients/npm/,package.json package-lock.json)
GRAPHIQL_SOURCES := $(wildcard $(addprefix gateway/graphiql/,build.sh package.json package-lock.json *.js))

.PHONY: help run test lint coverage format bench compare fuzz clean
.DEFAULT_GOAL := help

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

run: $(INSTALLED) $(GRAPHIQL) ## Start a gateway with example data
	$(BIN)/journal-gateway demo

test: lint $(GRAPHIQL) $(CLIENTS) ## Check everything: lint, then the tests
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

lint: $(INSTALLED) ## Check style, direction of imports and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy

coverage: $(INSTALLED) $(GRAPHIQL) $(CLIENTS) ## Measure the branches that the tests take; too few fail
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal --cov --cov-report=term

format: $(INSTALLED) ## Format the sources
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(INSTALLED) ## Run the benchmarks and update bench/RESULTS.md
	$(BIN)/python -m bench

compare: $(INSTALLED) ## Compare the answers of every way to 50,000 random documents (DOCUMENTS and SEED set others)
	$(BIN)/python -m tests.support.compare

fuzz: $(INSTALLED) ## Send a million odd inputs (INPUTS and SEED set others), and 20,000 requests made from OpenAPI
	$(BIN)/python -m tests.support.fuzz
	FUZZ_EXAMPLES=20000 $(BIN)/pytest tests/served/test_openapi.py --numprocesses 2

clean: ## Remove the environment and the caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is required: make PYTHON=python3.12'; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'Python lacks its venv module. On Debian: apt install python3-venv'; exit 1; } >&2
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(GRAPHIQL): $(GRAPHIQL_SOURCES) | $(INSTALLED)
	$(if $(GRAPHIQL_SOURCES),sh gateway/graphiql/build.sh)
	@[ ! -f gateway/graphiql/assets/graphiql.js ] || touch $@ # otherwise retried until npm is installed

# Without Node the tests of these clients are skipped with a message; CI fails instead.
$(CLIENTS): $(CLIENTS_SOURCES) | $(INSTALLED)
	@if ! command -v npm >/dev/null; then \
		echo 'npm is not installed: the GraphQL clients from npm are not tested.'; test "$$CI" != true; \
	else \
		cd $(<D) && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error && \
			touch $(CURDIR)/$@; \
	fi
