# Shortcuts for what a developer types daily; the README has the plain commands.
PYTHON ?= python3
ARGS ?=

.PHONY: copy test fast docs lint types benchmark nightly clean

.venv/.done: requirements.txt setup.py pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/pip install -e ".[test]"
	touch $@

copy: .venv/.done
	.venv/bin/python experiments/copy.py $(ARGS)

test: .venv/.done
	.venv/bin/python -m pytest $(ARGS)

fast: .venv/.done
	.venv/bin/python -m pytest -m fast $(ARGS)

# The notebooks are shown as they were executed last; NOTEBOOKS=all executes them.
docs: .venv/.done-docs
	.venv/bin/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	.venv/bin/python docs/check.py docs/_build/html

.venv/.done-docs: .venv/.done
	.venv/bin/pip install -e ".[docs]"
	touch $@

lint: .venv/.done
	.venv/bin/ruff check . && .venv/bin/ruff format --check .

types: .venv/.done
	.venv/bin/pyright --pythonpath .venv/bin/python

benchmark: .venv/.done
	.venv/bin/pip install -e ".[benchmark]"
	.venv/bin/python benchmarks/recurrence.py $(ARGS)

# Of Keras's next release; it may fail.
nightly:
	$(PYTHON) -m venv .venv-nightly
	.venv-nightly/bin/pip install -e ".[experiments]" pytest pytest-xdist hypothesis scipy
	.venv-nightly/bin/pip uninstall -y keras
	.venv-nightly/bin/pip install keras-nightly
	.venv-nightly/bin/python -m pytest -m "not compiled" tests/layers \
		tests/initializers tests/optimizers tests/test_versions.py $(ARGS)

clean:
	rm -rf .venv .venv-* build dist *.egg-info docs/_build docs/notebooks
