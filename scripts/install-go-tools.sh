#!/usr/bin/env bash
# Install the tools of codegen/go-tools.txt next to protoc, in the code generator's environment.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOBIN=$PWD/build/codegen/bin

grep -v '^ *\(#\|$\)' codegen/go-tools.txt | while read -r tool; do
    build/go/bin/go install "$tool"
done
