# `make help` lists the targets. Requires git, make and Python 3.11 or later; everything else is installed into build/.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory --warn-undefined-variables
.DEFAULT_GOAL := help

ROOT := $(CURDIR)
PYTHON ?= python3
# Always this Go (see scripts/install-go.sh): it must not download another version of itself.
export GO := $(ROOT)/build/go/bin/go
export GOTOOLCHAIN := local
# Recipes run in the environment of a fresh machine. Of the user's environment they see only what scripts/environment.txt
# lists: what is needed to find the home folder, programs and package registries. A user's PYTHONUNBUFFERED once hid a hang
# from every test.
unexport $(filter-out $(shell cat scripts/environment.txt),$(foreach name,$(.VARIABLES),$(if $(filter environment,$(origin $(name))),$(name))))
export BASH_ENV := $(ROOT)/scripts/open-streams.sh
# Python must not import modules from the working directory.
export PYTHONSAFEPATH := 1

CODEGEN := build/codegen
VENV := build/venv
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
INSTALL_WHEEL := $(PIP_INSTALL) --no-deps --no-index --force-reinstall build/wheel/*.whl
# Tests run outside the repository, so that they import the installed wheel.
PYTEST := cd build/run && ../venv/bin/python -m pytest -c ../../pyproject.toml --rootdir ../..
# The tests of a file run in one process, one after the other. `make unit JOBS=0` runs all of them in one.
JOBS ?= 2

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

# ---- environments in build/: each is made from its hashed requirements, and again when they change

build/%/.made:
	@rm -rf build/$*
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is required; to choose one: make PYTHON=python3.12")'
	$(PYTHON) -m venv build/$*
	build/$*/bin/python $(PIP_INSTALL) --require-hashes -r $<
	touch $@

$(CODEGEN)/.made: requirements/codegen.txt
$(VENV)/.made: requirements/dev.txt
build/bench/.made: requirements/bench.txt
build/audit/.made: requirements/audit.txt
build/release/.made: requirements/release.txt
build/fuzz/.made: requirements/fuzz.txt
build/docs/.made: requirements/docs.txt
build/site-tests/.made: requirements/site-tests.txt

build/go/bin/go:
	@PYTHON=$(PYTHON) scripts/install-go.sh

$(CODEGEN)/.go-tools: $(CODEGEN)/.made codegen/go-tools.txt | build/go/bin/go
	@scripts/install-go-tools.sh
	touch $@

.PHONY: lock
lock: $(CODEGEN)/.made ## Update requirements/ from the dependency groups in pyproject.toml
	@scripts/lock.sh

# ---- generated code

.PHONY: generate
generate: $(CODEGEN)/.go-tools ## Rebuild generated/ and the Go code of examples/jobs from the .proto files
	@PATH="$(ROOT)/$(CODEGEN)/bin:$$PATH" $(CODEGEN)/bin/python codegen/generate.py
	examples/jobs/go/generate.sh

# ---- checks and tests

GENERATED := generated examples/jobs/go/jobsv1
GO_MODULES := . resources_go examples/jobs/go tests/interop/go conformance/oracle

# Everything that goes into the wheel.
SOURCES := $(shell git ls-files -co --exclude-standard resources_py generated conformance/vectors pyproject.toml README.md LICENSE 2>/dev/null)

# The wheel and the sdist. The wheel is installed with every extra: tests see what a user gets.
build/wheel/.made: $(VENV)/.made $(SOURCES)
	@rm -rf build/wheel
	$(VENV)/bin/python -m hatchling build -d build/wheel >/dev/null
	$(VENV)/bin/python $(INSTALL_WHEEL)
	touch $@

RELEASE := PYTHONPATH=scripts $(VENV)/bin/python -m release

.PHONY: dist
dist: $(VENV)/.made build/release/.made ## Build wheel, sdist, bill of materials and checksums of the last commit into dist/
	@$(RELEASE) dist

STEPS ?=

.PHONY: release-check
release-check: $(CODEGEN)/.go-tools build/wheel/.made build/release/.made ## Check that the last commit can be released; STEPS="tree version" for some
	@$(RELEASE) check $(STEPS)

.PHONY: release-go
release-go: $(VENV)/.made build/go/bin/go ## Let resources_go require the released root module
	@$(RELEASE) go

# The Go programs that the Python tests and the demo run. Go itself decides what to rebuild.
GO_PROGRAMS := $(addprefix build/go/bin/, reference-server jobs interop oracle)
build/go/bin/reference-server: MODULE = resources_go
build/go/bin/jobs: MODULE = examples/jobs/go
build/go/bin/interop: MODULE = tests/interop/go
build/go/bin/oracle: MODULE = conformance/oracle
# The Kubernetes API server's own code: the first build takes minutes.
KUBERNETES_ORACLE := build/go/bin/kubernetes-oracle
CLUSTER := build/go/bin/kube-apiserver build/go/bin/etcd
$(KUBERNETES_ORACLE) $(CLUSTER): MODULE = conformance/kubernetes
PACKAGE = .
build/go/bin/reference-server: PACKAGE = ./cmd/reference-server
# A library requires the lowest versions that work. A program is built with the newest: go get -modfile=newest.mod NAME.
MODFILE = go.mod
build/go/bin/reference-server: MODFILE = newest.mod
build/go/bin/kube-apiserver: PACKAGE = k8s.io/kubernetes/cmd/kube-apiserver
build/go/bin/etcd: PACKAGE = go.etcd.io/etcd/server/v3
$(GO_PROGRAMS) $(KUBERNETES_ORACLE) $(CLUSTER): build/go/bin/go FORCE
	@"$(GO)" build -C $(MODULE) -modfile=$(MODFILE) -o "$(ROOT)/$@" $(PACKAGE)

.PHONY: FORCE
FORCE:

.PHONY: check
check: ## All of the following checks
	@for part in schema python go generated; do $(MAKE) check-$$part; done

.PHONY: check-schema
check-schema: $(CODEGEN)/.made ## Lint the schema; look for breaking changes
	@$(CODEGEN)/bin/buf lint
	$(CODEGEN)/bin/buf format --diff --exit-code
	$(CODEGEN)/bin/buf breaking --against proto/released.binpb

.PHONY: check-python
check-python: build/wheel/.made ## Lint, format and type-check the Python code
	@$(VENV)/bin/ruff check --quiet
	$(VENV)/bin/ruff format --check --quiet
	$(VENV)/bin/mypy --no-error-summary

.PHONY: check-go
check-go: $(CODEGEN)/.go-tools ## Lint, format and vet the Go code
	@scripts/check-go.sh $(GO_MODULES)

.PHONY: check-generated
check-generated: $(CODEGEN)/.go-tools ## Compare the generated code with the schema
	@scripts/check-generated.sh $(GENERATED)

.PHONY: test
test: check test-go unit ## Everything that CI requires; under ten minutes on two cores

.PHONY: unit
unit: build/wheel/.made $(CODEGEN)/.go-tools $(GO_PROGRAMS) | build/run ## The Python tests, with the installed wheel
	@$(PYTEST) -n $(JOBS) --dist loadfile ../../tests

.PHONY: test-go
test-go: build/go/bin/go ## The Go tests; those of resources_go with the lowest and the newest dependencies
	@for module in $(GO_MODULES); do (cd $$module && "$(GO)" test ./...); done
	"$(GO)" test -C resources_go -modfile=newest.mod ./...

.PHONY: interop
interop: build/wheel/.made $(CODEGEN)/.go-tools $(GO_PROGRAMS) | build/run ## Every client with every server, as a table
	@$(PYTEST) -q ../../tests/interop/test_matrix.py

build/run:
	@mkdir -p $@

# ---- the site

SITE := build/site

.PHONY: docs
docs: build/docs/.made build/go/bin/go ## Build the site into build/site; warnings are errors
	@rm -rf $(SITE)
	build/docs/bin/python -m sphinx --quiet --fresh-env --nitpicky --fail-on-warning --keep-going \
	    --doctree-dir build/doctrees docs $(SITE)

.PHONY: test-docs
test-docs: docs build/wheel/.made | build/run ## Build the site, and test that it is complete and has no dead links
	@export SITE="$(ROOT)/$(SITE)"
	$(PYTEST) ../../tests/docs/test_site.py

.PHONY: playground
playground: docs build/wheel/.made ## Build the site with Python for its playground; requires npm
	@$(VENV)/bin/python scripts/playground.py $(SITE)/_static/playground --wheel build/wheel/*.whl

# Without npm, the tests of the playground are skipped.
.PHONY: test-site
test-site: build/site-tests/.made build/wheel/.made $(if $(shell type -P npm),playground,docs) | build/run ## Open the site in Chromium, if there is one
	@build/site-tests/bin/python $(INSTALL_WHEEL)
	cd build/run && ../site-tests/bin/python -m pytest -c ../../tests/site/pytest.ini --rootdir ../../tests/site ../../tests/site

# ---- Kubernetes as the judge

QUANTITY_PATHS := resources_py/cli/manifests/quantity_paths.json

.PHONY: test-kubernetes
test-kubernetes: N = 5000
test-kubernetes: build/wheel/.made $(KUBERNETES_ORACLE) ## Compare with the Kubernetes API server's own code on N objects
	@$(KUBERNETES_ORACLE) paths | diff $(QUANTITY_PATHS) - || { echo 'run make quantity-paths' >&2; exit 1; }
	PYTHONPATH=conformance/kubernetes:fuzz $(VENV)/bin/python conformance/kubernetes/compare.py \
	    --oracle $(KUBERNETES_ORACLE) --count $(N)
	PYTHONPATH=conformance/kubernetes:fuzz $(VENV)/bin/python conformance/kubernetes/containers.py \
	    --oracle $(KUBERNETES_ORACLE) --count $(N)
	$(VENV)/bin/python conformance/kubernetes/totals.py --oracle $(KUBERNETES_ORACLE) --count $(N)

.PHONY: quantity-paths
quantity-paths: $(KUBERNETES_ORACLE) ## Rebuild the table of where the kinds of Kubernetes have quantities
	@$(KUBERNETES_ORACLE) paths > $(QUANTITY_PATHS)

KUBERNETES ?=

.PHONY: kubernetes-release
kubernetes-release: build/go/bin/go ## Compare with the release KUBERNETES=v1.x.y from now on; rebuilds the table of quantities
	@scripts/kubernetes-release.sh $(KUBERNETES)
	$(MAKE) quantity-paths

.PHONY: test-cluster
test-cluster: N = 1000
test-cluster: build/jobs/.made $(CLUSTER) ## Post N declarations to a Kubernetes API server; the first build takes ten minutes
	@PYTHONPATH=conformance/kubernetes:fuzz:build/jobs:examples/jobs $(VENV)/bin/python conformance/kubernetes/cluster.py \
	    --programs build/go/bin --count $(N)

# ---- the demo

# The bindings of the example's own .proto, which imports the one that the wheel installs.
build/jobs/.made: examples/jobs/jobs.proto build/wheel/.made $(CODEGEN)/.made
	@rm -rf build/jobs && mkdir -p build/jobs
	resources=$$($(VENV)/bin/python -c 'import resources_py; print(resources_py.proto_path())')
	$(CODEGEN)/bin/python -m grpc_tools.protoc -I examples/jobs -I "$$resources" \
	    --python_out=build/jobs --grpc_python_out=build/jobs jobs.proto
	touch $@

.PHONY: demo
demo: build/jobs/.made ## Send real manifests over gRPC and print the Pods; the server is in Go if Go is installed
	@server=()
	if type -P go >/dev/null && $(MAKE) build/go/bin/jobs; then server=(--server-command build/go/bin/jobs); fi
	PYTHONPATH=build/jobs:examples/jobs $(VENV)/bin/python examples/jobs/demo.py "$${server[@]}"

# ---- longer runs; N is a number of cases, TIME a number of seconds

N ?= 1000000
TIME ?= 60

.PHONY: vectors
vectors: build/go/bin/oracle $(VENV)/.made ## Rebuild conformance/vectors from their sources and from Go
	@$(VENV)/bin/python conformance/build.py
	build/go/bin/oracle vectors > conformance/vectors/quantities.jsonl

.PHONY: fuzz
fuzz: build/fuzz/.made build/wheel/.made build/go/bin/go ## Fuzz each reader, and Resolve in Go, for TIME seconds; updates fuzz/corpus
	@build/fuzz/bin/python $(INSTALL_WHEEL)
	PYTHONPATH=fuzz build/fuzz/bin/python fuzz/fuzz.py --seconds $(TIME)
	"$(GO)" test -C resources_go -run '^$$' -fuzz FuzzResolve -fuzztime $(TIME)s ./internal/reference

.PHONY: fuzz-quantity
fuzz-quantity: build/wheel/.made build/go/bin/oracle ## Compare Quantity with Go's on N strings and N/10 pairs
	@$(VENV)/bin/python fuzz/differential_quantity.py --strings $(N) --pairs $$(( $(N) / 10 )) --oracle build/go/bin/oracle

.PHONY: fuzz-resolve
fuzz-resolve: build/wheel/.made build/go/bin/reference-server ## Compare the Python and the Go server on N requests
	@$(VENV)/bin/python fuzz/differential_resolve.py --go-server build/go/bin/reference-server --count $(N)

.PHONY: fuzz-container
fuzz-container: build/wheel/.made build/go/bin/reference-server ## Compare Python and Go on N containers with accelerators, volumes and claims
	@PYTHONPATH=fuzz $(VENV)/bin/python fuzz/differential_container.py --go-server build/go/bin/reference-server --count $(N)

.PHONY: bench
bench: build/bench/.made build/wheel/.made build/go/bin/reference-server ## Measure against similar libraries; writes docs/reference/benchmarks.md; takes an hour and 2 GB of disk
	@build/bench/bin/python $(INSTALL_WHEEL)
	PYTHONPATH=benchmarks build/bench/bin/python benchmarks/run.py

.PHONY: bench-cli
bench-cli: build/wheel/.made ## Measure the command line: start-up time, throughput and peak memory
	@PYTHONPATH=benchmarks $(VENV)/bin/python benchmarks/command_line.py

.PHONY: bench-check
bench-check: build/wheel/.made ## Measure check, total and convert on 5,000 and 50,000 pods in each form: time and peak memory; needs 2 GB of disk
	@PYTHONPATH=benchmarks $(VENV)/bin/python benchmarks/large_inputs.py --folder build/large-inputs

.PHONY: growth
growth: build/wheel/.made ## Measure how time and memory of each reader and command grow with the size of its input
	@PYTHONPATH=benchmarks/growth $(VENV)/bin/python benchmarks/growth/growth.py

.PHONY: long-stream
long-stream: build/wheel/.made $(GO_PROGRAMS) ## Stream a million items each way between Python and Go; print peak memory
	@$(VENV)/bin/python benchmarks/load/long_stream.py --go-server build/go/bin/reference-server --go-client build/go/bin/interop

.PHONY: soak
soak: TIME = 600
soak: build/wheel/.made build/go/bin/reference-server ## Put each server under full load for TIME seconds
	@$(VENV)/bin/python benchmarks/load/soak.py --go-server build/go/bin/reference-server --seconds $(TIME)

.PHONY: load
load: build/wheel/.made build/go/bin/reference-server ## Put each server under bursts, churn and a hostile neighbor
	@$(VENV)/bin/python benchmarks/load/load.py --go-server build/go/bin/reference-server

GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: audit
audit: build/audit/.made build/go/bin/go ## Look up advisories for the pinned packages and Go modules; needs network access
	@build/audit/bin/python scripts/audit.py --go "$(GO)" --govulncheck $(GOVULNCHECK)

.PHONY: test-ecosystem
test-ecosystem: $(CODEGEN)/.made build/wheel/.made build/go/bin/go ## Test each integration with the published packages
	@$(VENV)/bin/python scripts/ecosystem.py

.PHONY: compat
compat: $(CODEGEN)/.made build/wheel/.made build/go/bin/reference-server ## Try the oldest and newest dependencies; writes docs/reference/compatibility.md
	@$(VENV)/bin/python scripts/compatibility.py --write

.PHONY: environment
environment: ## Print the environment that recipes run in
	@env

.PHONY: clean
clean: ## Remove everything that is generated and not committed
	@chmod -R u+w build 2>/dev/null || true
	rm -rf build dist .generated-*
