# Every command of the project's daily life; `make` alone lists them.
# PYTHON chooses the interpreter that the environment is made from: make PYTHON=python3.12 test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EDITOR_TOOLS := .cache/editor
PYTEST_FLAGS ?=
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help example test dialects lab check golden docs bench clean programs editor dialect-roots haproxies

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

example: $(VENV)/.runtime ## compile the OpenStack example into out/openstack-ha
	@$(BIN)/hagen build examples/openstack-ha/topology.yml -o out/openstack-ha
	@echo; echo "out/openstack-ha holds:"; find out/openstack-ha -type f | sort | sed 's/^/  /'
	@echo; echo "Look next at out/openstack-ha/haproxy.cfg and out/openstack-ha/CHECKLIST.md, and ask where a line comes from:"
	@echo "  $(BIN)/hagen explain out/openstack-ha/haproxy.cfg:58"

test: $(VENV)/.dev programs editor ## install what the tests need, and run all but those of `make dialects` and `make lab`: ten minutes
	$(PYTEST) -m 'not dialects and not lab' $(PYTEST_FLAGS)

dialects: dialect-roots programs ## run what takes pcs minutes, with pcs 0.10, 0.11 and 0.12 too; root on Debian: half an hour
	$(PYTEST) -m dialects $(PYTEST_FLAGS)

lab: $(VENV)/.lab ## build a real cluster on this machine and break it; root on Debian, 25 minutes; T=failover chooses tests
	@PYTHONPATH=tests $(BIN)/python -m lab.root
	$(BIN)/python -m pytest -m lab --numprocesses 2 --dist loadfile --no-loadscope-reorder --verbose --capture=no $(if $(T),-k '$(T)') $(PYTEST_FLAGS) tests/lab

haproxies: $(VENV)/.dev ## get HAProxy 2.2, 2.6, 2.8, 3.0 and 3.2 for the tests; needs root on Debian
	@PYTHONPATH=tests $(BIN)/python -m haproxies.fetch

check: $(VENV)/.dev ## formatting, lint, types and the import layers
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

golden: $(VENV)/.dev ## write out/ and the expected texts of the cases anew; review the diff
	$(BIN)/python -m pytest --update tests/test_golden.py tests/test_cases.py

docs: $(VENV)/.dev ## write the generated pages of docs/ anew
	$(BIN)/python tests/docs.py

bench: $(VENV)/.dev ## measure how long a build takes
	$(BIN)/python tests/bench.py

clean: ## remove the environment and everything that tools cached
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
	find compiler tests -name __pycache__ -type d -prune -exec rm -rf {} +

# pip is the last thing that `venv` puts there: an environment whose making was cut short is made again.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "hagen needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1);" \
	    "name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then \
	    echo "installing python3-venv, without which Debian's Python makes no environment"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends python3-venv; \
	  else \
	    echo "$(PYTHON) lacks the module ensurepip; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	  fi; }
	@echo "making $(VENV) from $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.runtime: $(BIN)/pip pyproject.toml constraints.txt
	@echo "installing hagen into $(VENV)"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: $(BIN)/pip pyproject.toml constraints.txt
	@echo "installing hagen and its test tools into $(VENV)"
	@$(INSTALL) --editable '.[dev]'
	@touch $(VENV)/.runtime $@

$(VENV)/.lab: $(VENV)/.dev
	@echo "installing what the lab needs besides into $(VENV)"
	@$(INSTALL) --editable '.[dev,lab]'
	@touch $@

# The real programs that judge the artifacts; where they cannot be installed their tests are skipped, and said so.
programs:
	@tests/install-programs

# Debian 11, 12 and 13 with their pcs, unpacked into .cache/dialects: three minutes, once. Some tests of
# `make test` use them too, where they are.
dialect-roots: $(VENV)/.dev
	@PYTHONPATH=tests $(BIN)/python -m dialects.roots

editor: $(EDITOR_TOOLS)/.made

$(EDITOR_TOOLS)/.made: tests/editor/package.json
	@if command -v npm >/dev/null; then \
	  echo "installing the language server of the editor test into $(EDITOR_TOOLS)"; \
	  mkdir -p $(EDITOR_TOOLS) && cp $< $(EDITOR_TOOLS)/package.json && \
	  npm install --prefix $(EDITOR_TOOLS) --no-package-lock --no-audit --no-fund --loglevel=error && touch $@ || \
	    echo "npm could not install it: the editor test will not run" >&2; \
	fi
