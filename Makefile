# Everything a user or a contributor runs, by name: `make` lists it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# The first Python that is new enough. `make install PYTHON=...` takes another.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$python; break; fi; done)

# Environments: .venv holds no extra, so that a NumPy imported by mistake cannot hide there.
VENV := .venv
VENV_ALL := .venv-all
# Mutants are told by what runs without much beside NumPy: a third, so that this stays so.
VENV_MUTANTS := .venv-mutants
# PyTorch is pinned where it is installed for tests: this release has a build without CUDA.
TORCH := torch==2.13.0
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

# Tests run in a shuffled order; `make test ORDER=7` tries another, ARGS="-k sigmoid" picks some.
ORDER ?= 1
PYTHONS ?= 3.11 3.12 3.13
ARGS ?=
PYTEST := -m pytest --numprocesses=auto --dist=worksteal --randomly-seed=$(ORDER)

.PHONY: help install demo test test-all matrix dist check format format-check lint types size bench gallery docs site \
	fuzz guided kill mutants clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1#\2/p' $(firstword $(MAKEFILE_LIST)) | \
	while IFS='#' read -r target text; do printf '%-20s %s\n' "  make $$target" "$$text"; done

install: $(VENV)/.installed ## make .venv with chainrule in it

demo: $(VENV)/.installed ## train on penguins, then explain the worst mistake
	@mkdir -p build
	$(VENV)/bin/chainrule train penguins --out build/penguins.safetensors
	$(VENV)/bin/chainrule explain build/penguins.safetensors --row worst

test: $(VENV)/.dev ## run every test that needs no extra
	$(VENV)/bin/python $(PYTEST) -m "not extra" $(ARGS)

test-all: $(VENV_ALL)/.installed ## run every test, with all extras installed
	$(VENV_ALL)/bin/python $(PYTEST) -ra --extras-required $(ARGS)

matrix: ## run the tests on every Python of PYTHONS that is found, 3.11 to 3.13 at first
	@for version in $(PYTHONS); do \
	if ! python$$version -c '' 2>/dev/null; then missing="$$missing $$version"; \
	elif $(MAKE) --no-print-directory test PYTHON=python$$version VENV=.venv-$$version; \
	then passed="$$passed $$version"; else failed="$$failed $$version"; fi; done; \
	echo "passed on$${passed:- none}, failed on$${failed:- none}, not found$${missing:- none}"; \
	test -n "$$passed" -a -z "$$failed"

dist: $(VENV_ALL)/.installed ## build what is released: dist/*.tar.gz and dist/*.whl
	$(VENV_ALL)/bin/python -m build --no-isolation

check: format-check lint types test size ## everything a change must satisfy

format: $(VENV)/.dev ## put the code into its format
	$(VENV)/bin/ruff check --fix --exit-zero --quiet .
	$(VENV)/bin/ruff format .

format-check: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .

types: $(VENV)/.dev
	$(VENV)/bin/mypy

size: $(VENV)/.dev ## count the lines of code, room by room
	@$(VENV)/bin/python -m benchmarks.size

bench: $(VENV_ALL)/.bench ## measure against peers, side by side
	$(VENV_ALL)/bin/python -m benchmarks $(ARGS)

docs: $(VENV_ALL)/.installed ## write the documentation as a site into build/docs, every link checked
	$(VENV_ALL)/bin/python -m mkdocs build --strict

site: $(VENV)/.installed ## write the page as a folder that any web server can hold
	@mkdir -p build
	cd build && npm pack --silent pyodide@0.27.7
	$(VENV)/bin/python docs/site.py build/pyodide-0.27.7.tgz build/site

gallery: $(VENV_ALL)/.installed ## show wrong backward passes, their causes, and those named
	$(VENV_ALL)/bin/python -m benchmarks.gallery $(ARGS)

fuzz: $(VENV_ALL)/.installed ## damage files of every kind and see that each is read or refused
	$(VENV_ALL)/bin/python -m benchmarks.fuzz $(ARGS)

guided: $(VENV_MUTANTS)/.installed ## the same with files that reach code which none has reached yet
	$(VENV_MUTANTS)/bin/python -m benchmarks.guided $(ARGS)

kill: $(VENV_ALL)/.installed ## end trainings at random moments and see that nothing is lost
	$(VENV_ALL)/bin/python -m benchmarks.kill $(ARGS)

mutants: $(VENV_MUTANTS)/.installed ## break the package in small ways and see whether the tests notice
	$(VENV_MUTANTS)/bin/python -m benchmarks.mutants $(ARGS)

clean: ## remove the environments, caches and build results
	rm -rf $(VENV) $(VENV_ALL) $(VENV_MUTANTS) .venv-3.* build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is made once; a changed pyproject.toml installs into it again.
%/bin/python:
	@test -n "$(PYTHON)" || { echo "chainrule needs Python 3.11 or newer, and none was found:" \
		"install one, or name it with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "chainrule needs Python 3.11 or newer, which $(PYTHON) is not: name another with" \
		"PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "$(PYTHON) comes without the venv module: on Debian and Ubuntu the package" \
		"python$$version-venv brings it (apt-get install python$$version-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $*

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python $(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(VENV)/bin/python $(PIP_INSTALL) --editable '.[dev]'
	@touch $@

$(VENV_ALL)/.installed: pyproject.toml | $(VENV_ALL)/bin/python
	$(VENV_ALL)/bin/python $(PIP_INSTALL) --editable '.[test-all]' $(TORCH)
	@touch $@

$(VENV_ALL)/.bench: $(VENV_ALL)/.installed
	$(VENV_ALL)/bin/python $(PIP_INSTALL) --editable '.[bench]' $(TORCH)
	@touch $@

$(VENV_MUTANTS)/.installed: pyproject.toml | $(VENV_MUTANTS)/bin/python
	$(VENV_MUTANTS)/bin/python $(PIP_INSTALL) --editable '.[mutants]'
	@touch $@
