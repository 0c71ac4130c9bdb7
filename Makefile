# Two commands do all the set-up: `make train` and `make test`. Words for train.py: make train ARGS="optimizer=nadam"
PYTHON ?= python3
BIN := .venv/bin
BENCH := .venv-bench/bin
RAY := .venv-ray/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help train test check lint types setup ray bench clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

train: $(BIN)/ready ## make the environment if need be, get the data, train
	@$(BIN)/python train.py $(ARGS) || { code=$$?; test $$code -eq 3 || exit $$code; \
	echo; echo "The data set is out of reach, see above. Training on scikit-learn's digits instead (dataset=digits)."; \
	echo; $(BIN)/python train.py $(ARGS) dataset=digits dataset.train_limit=null dataset.test_limit=null; }

test: $(BIN)/ready-dev ## run the tests on all cores; ARGS="-k resume" for some
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: lint types test ## all that must hold before a commit

lint: $(BIN)/ready-dev ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(BIN)/ready-dev ## mypy, strict
	$(BIN)/mypy

setup: $(BIN)/ready-dev ## the environment alone

ray: $(RAY)/ready ## the environment of the tests that sweep on Ray

bench: $(BENCH)/ready ## measure the speed against PyTorch, JAX and scikit-learn; ARGS=quick for a short look
	@$(BENCH)/python benchmarks/speed.py $(ARGS)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	{ echo "Python 3.11, 3.12 or 3.13 is needed: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

$(BIN)/ready: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(BIN)/ready-dev: requirements-dev.txt $(BIN)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(BENCH)/ready: requirements.txt requirements-bench.txt | $(BIN)/python
	$(BIN)/python -m venv .venv-bench
	$(BENCH)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

$(RAY)/ready: requirements.txt requirements-ray.txt | $(BIN)/python
	$(BIN)/python -m venv .venv-ray
	grep -o '^[^#]*==' requirements-ray.txt | grep -v -f - requirements.txt | \
	$(RAY)/python -m pip install --quiet --disable-pip-version-check -r requirements-ray.txt -r /dev/stdin
	@touch $@

clean: ## remove the environment and caches; runs and data stay
	rm -rf .venv .venv-bench .venv-ray .mypy_cache .pytest_cache .ruff_cache .hypothesis
