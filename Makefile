# The front door: `make study` and `make test` work from a fresh clone with Python >= 3.11, pip and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help study demo test check format bench docs settings reports clean
help:
	@echo "make study   install, get Fashion-MNIST, run the study quickstart, write reports/quickstart.html"
	@echo "make demo    export quickstart's best network, serve it, ask it, and take the pictures of docs/use.md"
	@echo "make test    install, run the tests"
	@echo "make check   format check, lint, types, tests: what a change must pass"
	@echo "make format  bring the code into format"
	@echo "make bench   measure start-up, loading and the loop's overhead"
	@echo "make docs    build the documents and the reference as a site in build/docs"
	@echo "make settings write docs/settings.md from the specifications"
	@echo "make reports run the published reports again and draw their pages into reports/ (3 hours on 2 cores)"
	@echo "make clean   remove .venv and caches; runs and reports stay"

study: .venv/.ready
	@$(BIN)/seedtrial run quickstart > /dev/null
	@$(BIN)/seedtrial report quickstart --out reports/quickstart.html

demo: .venv/.ready
	@$(BIN)/seedtrial run quickstart > /dev/null
	@$(BIN)/python docs/draw_use.py

test: .venv/.ready
	$(BIN)/pytest --numprocesses 2

check: .venv/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

format: .venv/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.ready
	$(BIN)/python benchmarks/own/overhead.py

docs: .venv/.docs
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs
	@echo "The site begins at build/docs/index.html."

.venv/.docs: .venv/.ready
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	@touch $@

settings: .venv/.ready
	@$(BIN)/python docs/write_settings.py

# Pages are drawn from run folders, which are not in the repository; runs that exist are not trained again.
reports: .venv/.ready
	@for study in neelamraju2019 boetticher2020 mlpcnn2021 korssjoen2020 thingwall2019; do \
	  $(BIN)/seedtrial run $$study > /dev/null && $(BIN)/seedtrial report $$study || exit 1; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build src/*.egg-info src/seedtrial/models/fast/_kernels.*

# Installed again only when what is to be installed or compiled has changed.
.venv/.ready: pyproject.toml constraints.txt $(wildcard src/seedtrial/models/fast/kernels*.[ch])
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "seedtrial needs Python 3.11 or newer as $(PYTHON); say which one with make PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -m venv .venv > /dev/null || \
	  { echo "Python's venv module is missing; on Debian and Ubuntu it is the package python3-venv." >&2; exit 1; }
	@rm -rf build src/seedtrial/models/fast/_kernels.*
	@echo "Installing seedtrial and its pinned dependencies into .venv (PyTorch is large) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' || \
	  { echo "The dependencies could not be installed; a package index must be reachable (or PIP_INDEX_URL name one)." >&2; exit 1; }
	@touch $@
