# The task file. `make help` lists the targets.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= auto

# Each of these in turn, also where one before it missed its budget or found a fault; that is the exit code in the end.
each = status=0; for part in $(1); do $(BIN)/python -m $$part || status=1; done; exit $$status

.DEFAULT_GOAL := help
.PHONY: help demo test check bench corpus torture docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "pgmason needs Python 3.11 or newer; found $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(BIN)/.installed ## run the whole path on the example products, on the embedded server
	@$(BIN)/pgmason demo

test: $(BIN)/.installed ## run the tests
	@$(BIN)/python -m pytest -q -n $(WORKERS)

check: $(BIN)/.installed ## lint and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(BIN)/.installed ## measure against baselines of the same run; writes bench/RESULTS.md, bench/PIPELINES.md
	@$(call each,bench bench.pipelines)

corpus: $(BIN)/.installed ## the long proofs over real products in PGMASON_CORPUS; resumable
	@$(call each,bench.corpus bench.outages bench.remedies)

torture: $(BIN)/.installed ## kill, fill and starve the server at random moments; resumable
	@$(call each,bench.torture bench.pipeline_torture bench.spark_torture)

docs: $(BIN)/.installed ## refresh what is generated in docs/ and in the examples
	@$(BIN)/python -m bench.pages

clean: ## remove the environment and what tests leave
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
