#!/usr/bin/env bash
# Let conformance/kubernetes use another release of Kubernetes, such as v1.37.2, whose parts are the modules of v0.37.2.
set -euo pipefail
cd "$(dirname "$0")/../conformance/kubernetes"
if [[ ! ${1:-} =~ ^v1\.[0-9]+\.[0-9]+$ ]]; then
    echo "name a release: make kubernetes-release KUBERNETES=v1.37.2" >&2
    exit 2
fi
sed -Ei "s|(k8s.io/kubernetes) v1\.[0-9.]+|\1 $1|; s|(=> k8s.io/[a-z-]+) v0\.[0-9.]+|\1 v0${1#v1}|" go.mod
../../build/go/bin/go mod tidy
