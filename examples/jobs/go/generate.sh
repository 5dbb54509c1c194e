#!/usr/bin/env bash
# Writes jobsv1/ from jobs.proto, with the tools of the code generator (`make generate` has them installed). The import
# paths are those of the go.mod files; the .proto files name none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=../../..
tools=$PWD/$root/build/codegen/bin
module=$(sed -n 's/^module //p' go.mod)
resources=$(sed -n 's/^module //p' "$root/go.mod")
options=module=$module
options+=",Mjobs.proto=$module/jobsv1;jobsv1"
options+=",Mresourceidl/v1/resources.proto=$resources/generated/go/resourceidl/v1;resourceidlv1"
rm -rf jobsv1
PATH=$tools:$PATH "$tools/python" -m grpc_tools.protoc -I.. "-I$root/proto" \
    --go_out=. "--go_opt=$options" --go-grpc_out=. "--go-grpc_opt=$options" jobs.proto
