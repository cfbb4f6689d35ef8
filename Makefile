# Needs Python 3.11 or newer and nothing else; everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The tests of the pure core, whose coverage is bounded.
CORE := $(addprefix tests/,account causes changes conclusion diagnosis edge edgeview fixing lint pki report series tls test_decoding.py test_ranges.py test_verification.py)
# Hundreds of processes start here: each would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test cover beside engines check bench fuzz dist docs lock sbom audit-deps lint format types layers clean

help:
	@echo "make demo    diagnose made-up hosts, most of them broken, on this machine alone"
	@echo "make test    run the tests (real servers where they are installed)"
	@echo "make cover   run the tests of the pure core, and bound what they do not reach"
	@echo "make beside  run all other tests"
	@echo "make engines what other programs do with it: pre-commit, Ansible, promtool, newer Pythons"
	@echo "make check   lint, formatting, types, layers"
	@echo "make bench   measure the figures of docs/figures.md"
	@echo "make dist    wheel, sdist and the single file, in dist/, the same bytes every time"
	@echo "make docs    the documentation as a site, in build/site"
	@echo "make fuzz    hostile input of every kind, random origins and configurations, at length"
	@echo "make lock    lock the packages of a run anew; make sbom, make audit-deps: what is in them"

$(VENV)/.run: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cf525 needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/.run
	$(BIN)/cf525 demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 3 --dist loadgroup --durations=15 --ignore=tests/engines

# By itself, as watching every branch doubles the time of what is watched.
cover: $(VENV)/.dev
	$(BIN)/python -m pytest -n 3 --dist loadgroup --cov --cov-report= $(CORE)
	$(BIN)/python -m coverage report --fail-under=95 --skip-covered

beside: $(VENV)/.dev
	$(BIN)/python -m pytest -n 3 --dist loadgroup --durations=15 $(addprefix --ignore=,$(CORE) tests/engines)

# These install packages by their names, so they need the network; Pythons that are not to be had
# are left out.
engines: $(VENV)/.dev
	$(BIN)/python -m tests.engines.roots 3.13 3.14
	$(BIN)/python -m pytest -n 2 tests/engines

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz --count $${COUNT:-20000} --seed $${SEED:-1}
	$(BIN)/python -m tests.fuzz.kills --count 100 --seed $${SEED:-1}
	INTERLEAVINGS=1000 $(BIN)/python -m pytest -q tests/fixing/test_interleavings.py
	$(BIN)/python -m tests.lint --count 500 --seed $${SEED:-1}
	$(BIN)/python -m tests.oracle --count 2000 --seed $${SEED:-1}

# Without the names of hosts: every package is held by the hashes of its files.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile pyproject.toml --extra lint --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-header --upgrade --quiet --output-file requirements.lock

sbom: $(VENV)/.dev
	@$(BIN)/python -m tests.supply sbom

audit-deps: $(VENV)/.dev
	@$(BIN)/python -m tests.supply audit

# The single file holds every dependency for this system and this Python, and needs no pip there.
dist: export SOURCE_DATE_EPOCH = $(shell git log -1 --format=%ct 2>/dev/null || echo 1767225600)
dist: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m hatchling build
	$(BIN)/pex dist/*.whl --venv-repository $(VENV) --console-script cf525 -o dist/cf525
	cd / && env -i PATH=/usr/bin:/bin:$(dir $(shell command -v $(PYTHON))) HOME=/nonexistent PEX_ROOT=$(CURDIR)/dist/.pex $(CURDIR)/dist/cf525 explain 525 >/dev/null
	rm -rf dist/.pex
	$(BIN)/python -m tests.supply sbom > dist/cf525.cdx.json
	cd dist && sha256sum *.whl *.tar.gz cf525 cf525.cdx.json | tee SHA256SUMS

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

check: lint types layers

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage*
