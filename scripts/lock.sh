#!/usr/bin/env bash
# Resolve every dependency group of pyproject.toml and write requirements/GROUP.txt, with hashes.
set -euo pipefail
cd "$(dirname "$0")/.."

# compile FILE OPTION…
compile() {
    local file=$1
    shift
    build/codegen/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
        --python-version 3.11 "$@" -o "requirements/$file.txt" >/dev/null
}

# lock GROUP [OPTION…]: with pyproject.toml among the options, the package's own dependencies are included.
lock() {
    compile "$1" --group "$@"
}

lock codegen
lock go
lock audit
lock release
lock dev pyproject.toml --all-extras
lock docs pyproject.toml --extra grpc --extra cli
lock fuzz pyproject.toml --extra betterproto --extra cli
lock bench pyproject.toml --extra grpc
for group in models kubernetes kubernetes-31 flyte flyte2 bindings betterproto-1 go pre-commit; do
    lock "ecosystem-$group" pyproject.toml --extra grpc
done
lock ecosystem-types pyproject.toml --all-extras
lock playground pyproject.toml
lock site-tests pyproject.toml

# What the wheel needs with every extra, and nothing else.
compile extras pyproject.toml --all-extras
