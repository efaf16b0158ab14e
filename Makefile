# Everything a contributor or CI runs. `make check` and `make test` are all a fresh machine needs.
# The first run makes a virtual environment in .venv; later runs find it done.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := $(shell command -v uv 2>/dev/null)
ARGS ?=

.PHONY: help setup check test lint types check-reference clients-reference fidelity drift bench mock lock clean

help:
	@echo "make check            serve the mock, judge it with the suite, print the verdict"
	@echo "make test             run the tests"
	@echo "make lint types       ruff, mypy"
	@echo "make check-reference  judge the real reference server (installs it beside)"
	@echo "make clients-reference  the tests of real clients, against the reference server"
	@echo "make fidelity         play the same requests to the mock and the reference, compare the answers"
	@echo "make drift            compare our document with the reference's"
	@echo "make mock             serve the mock; ARGS='--port 8123 --pace immediate'"
	@echo "make bench            measure the mock against raw Starlette; ARGS='--full' for 100,000 runs"
	@echo "make lock clean       renew the lock; remove what was made"

setup: $(READY)

# requirements.lock holds every package, pinned and hashed; the project itself is then linked in.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "runcontract needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
ifdef UV
	@test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV)
	@uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet --require-hashes -r requirements.lock
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
endif
	@touch $@

check: setup
	@$(BIN)/python -m tests.check_mock $(ARGS)

test: setup
	@$(BIN)/python -m pytest $(ARGS)

lint: setup
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: setup
	@$(BIN)/mypy

check-reference: setup
	@$(BIN)/python -m tests.reference $(ARGS)

clients-reference: setup
	@$(BIN)/python -m tests.clients $(ARGS)

fidelity: setup
	@$(BIN)/python -m tests.fidelity $(ARGS)

drift: setup
	@$(BIN)/python -m tests.fidelity --drift $(ARGS)

bench: setup
	@$(BIN)/python -m benchmarks $(ARGS)

mock: setup
	@$(BIN)/runcontract mock $(ARGS)

lock:
	@uv pip compile --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --no-emit-find-links --python-version 3.11 --extra dev pyproject.toml --quiet -o requirements.lock

clean:
	@rm -rf tests/clients/js/*/node_modules tests/clients/js/page/dist
	@rm -rf $(VENV) .envs build dist reports .pytest_cache .mypy_cache .ruff_cache .hypothesis spec/_bundle.json
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
