#!/usr/bin/env bash
# Generate jobsv1/ from jobs.proto, with the tools that `make generate` installs. The import paths come from the go.mod
# files, because the .proto files contain no go_package.
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
