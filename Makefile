# Two commands: `make demo` and `make test`. Each sets up what it needs on a fresh machine.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test screenshots lint check-types contracts unit bench lock clean

demo: $(READY)
	exec $(BIN)/takar demo

test: lint check-types contracts unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports --config pyproject.toml

unit: $(READY)
	PYTHON=$(BIN)/python sh scripts/find_chromium.sh > $(VENV)/chromium
	TAKAR_CHROMIUM="$$(cat $(VENV)/chromium)" $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

screenshots: $(READY)
	PYTHON=$(BIN)/python sh scripts/find_chromium.sh > $(VENV)/chromium
	TAKAR_CHROMIUM="$$(cat $(VENV)/chromium)" $(BIN)/python -m scripts.screenshots

bench: $(READY)
	$(BIN)/python -m benchmarks.adaptive
	$(BIN)/python -m benchmarks.web
	$(BIN)/python -m benchmarks.calibration
	$(BIN)/python -m benchmarks.scoring

# torch comes first, by the version that has a CPU build, so that no CUDA build is pulled in behind it.
$(READY): requirements.lock pyproject.toml $(wildcard web/translations/*/LC_MESSAGES/*.po)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Takar needs Python 3.11 or newer; set PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check $$(grep '^torch==' requirements.lock)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/pybabel --quiet compile -d web/translations
	touch $(READY)

# Writes the lock from what pyproject.toml asks for; look at the difference before committing it.
lock:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet torch==2.13.0
	$(VENV)-lock/bin/pip install --quiet -e '.[dev]' hatchling
	$(VENV)-lock/bin/pip freeze --exclude-editable | sed 's/+cpu//; s/ @ .*//' > requirements.lock
	rm -r $(VENV)-lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis screenshots
