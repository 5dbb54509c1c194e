#!/usr/bin/env bash
# Fail if regenerating changes the folders given as arguments, compared with what was there before.
set -euo pipefail
cd "$(dirname "$0")/.."

state() {
    git status --porcelain --untracked-files=all -- "$@"
    git diff -- "$@"
}

before=$(state "$@")
make generate
if [[ $before != "$(state "$@")" ]]; then
    echo "The generated code did not match the schema. It does now: commit it." >&2
    git status --short -- "$@" >&2
    exit 1
fi
