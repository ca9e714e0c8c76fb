# `make demo` and `make test` need Python 3.11 or newer, git and make; they install the rest into .venv and .build.
PYTHON ?= python3
export PYTHONPYCACHEPREFIX := $(CURDIR)/.build/pycache

.PHONY: help demo test check fast bench clean

help: ## Lists what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' $(MAKEFILE_LIST) | while IFS='	' read -r name does; do printf '%-12s %s\n' "$$name" "$$does"; done

demo: .venv/ready ## Generates a project with every feature into .demo and serves it
	.venv/bin/python -m tools.demo

test: .venv/ready ## Runs everything that CI runs, and says what it ran
	.venv/bin/python -m tools.suite

fast: .venv/ready ## Runs lint, types and the project's own tests on one Python
	.venv/bin/python -m tools.suite lint project

check: .venv/ready ## Lints and formats the template itself
	.venv/bin/python -m tools.suite lint

bench: .venv/ready ## Measures the realtime core against Node's ws and stock Quart; needs node, npm and two quiet cores
	.venv/bin/python -m tools.bench $(ARGS)

clean: ## Forgets environments, builds and the demo
	rm -rf .venv .build .demo

.venv/ready: pyproject.toml Makefile
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet "uv~=0.13.8"
	.venv/bin/uv pip install --quiet --python .venv/bin/python --group dev
	touch $@
