#!/usr/bin/env bash
# Check the Go modules in the folders given as arguments: gofmt, go.mod, go vet and staticcheck.
set -euo pipefail
cd "$(dirname "$0")/.."
go=$PWD/build/go/bin/go
staticcheck=$PWD/build/codegen/bin/staticcheck
export PATH=$PWD/build/go/bin:$PATH

for module in "$@"; do
    # The root module holds only generated code, and gofmt would walk into the other modules.
    if [[ $module != . ]]; then
        unformatted=$("$("$go" env GOROOT)/bin/gofmt" -l "$module")
        if [[ -n $unformatted ]]; then
            echo "gofmt: $unformatted" >&2
            exit 1
        fi
    fi
    if [[ -f $module/newest.mod ]]; then
        "$go" -C "$module" mod tidy -diff -modfile=newest.mod
    fi
    (cd "$module" && "$go" mod tidy -diff && "$go" vet ./... && "$staticcheck" ./...)
done
