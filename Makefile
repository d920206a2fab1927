# The two commands of the README: `make demo` and `make test`. Each sets up what it needs in .venv.

PYTHON ?= python3
# One known build, so that no dependency picks another one; TORCH=... replaces it (see README).
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
# Not compiled: a minute for thousands of files, most of which nobody imports; the others are when they are.
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile

# What `make fuzz` does at most; FUZZ_START goes on where an attack ended, or makes an input again.
FUZZ_SECONDS ?= 600
FUZZ_INPUTS ?= 1000000
FUZZ_START ?= 0
FUZZ := PYTHONPATH=Testing:Testing/Python:Testing/Python/training OMP_NUM_THREADS=1 $(BIN)/python -m

# Else, where a machine has Python keep no bytecode, each of the many processes would compile all anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-slow fuzz fuzz-kills check format clean

demo: $(VENV)/.ready-demo
	$(BIN)/strokeseg demo --output demo-output

test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

test-slow: $(VENV)/.ready-test
	$(BIN)/python -m pytest -m "slow or hypothesis" --hypothesis-profile thorough

fuzz: $(VENV)/.ready-test
	$(FUZZ) Fuzz --seconds $(FUZZ_SECONDS) --inputs $(FUZZ_INPUTS) --start $(FUZZ_START) --processes 2

fuzz-kills: $(VENV)/.ready-test
	$(FUZZ) Fuzz.kills segment --kills 200
	$(FUZZ) Fuzz.kills train --kills 50
	$(FUZZ) Fuzz.memory_slope --cases 100

check: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.ready-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.ready-torch:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "StrokeSeg needs Python 3.10 to 3.13: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "Installing torch (once; this can take some minutes)"
	$(PIP) "$(TORCH)"
	@touch $@

$(VENV)/.ready-demo: pyproject.toml | $(VENV)/.ready-torch
	@echo "Installing StrokeSeg"
	$(PIP) --editable ".[cli,dicom,slicer]"
	@touch $@

$(VENV)/.ready-test: pyproject.toml | $(VENV)/.ready-torch
	@echo "Installing StrokeSeg and what its tests need"
	$(PIP) --editable ".[test]"
	@touch $@ $(VENV)/.ready-demo

clean:
	rm -rf $(VENV) demo-output build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
