"""The Go modules as they are published.

The module in resources_go/ replaces the root module with its folder, so that both can change in one commit. Where a
module is a dependency, its `replace` has no effect, and `go install` rejects it. A released go.mod therefore requires
the tag of the root module instead.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from release.build import commit_time, export, run

MODULE = "resourceidl.example/resources"
NESTED = f"{MODULE}/resources_go"
CONSUMER = f"""package main

import (
	"fmt"

	pb "{MODULE}/generated/go/resourceidl/v1"
	resources "{NESTED}"
)

func main() {{
	entry := &pb.Resources_ResourceEntry{{Name: pb.Resources_CPU, Value: "0.5"}}
	requirements, err := resources.FromProto(&pb.Resources{{Requests: []*pb.Resources_ResourceEntry{{entry}}}})
	fmt.Println(requirements.Requests.Cpu(), err)
}}
"""


def require_release(folder: Path, version: str, go: Path, **variables: str) -> None:
    """Let resources_go/ require a version of the root module, in place of its folder."""
    edit = [f"-dropreplace={MODULE}", f"-require={MODULE}@v{version}"]
    run(go, "mod", "edit", *edit, cwd=folder, **variables)
    run(go, "mod", "tidy", cwd=folder, **variables)


def read_mod(folder: Path, go: Path) -> dict[str, Any]:
    """Return the contents of a go.mod."""
    parsed: dict[str, Any] = json.loads(run(go, "mod", "edit", "-json", cwd=folder))
    return parsed


def publish(module: str, folder: Path, version: str, proxy: Path) -> None:
    """Add a module to a proxy, which is a folder."""
    nested = [path.parent for path in folder.rglob("go.mod") if path.parent != folder]
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not set(path.parents) & set(nested)]
    target = proxy / module / "@v"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "go.mod", target / f"v{version}.mod")
    (target / "list").write_text(f"v{version}\n")
    committed = datetime.fromtimestamp(int(commit_time()), UTC)
    info = {"Version": f"v{version}", "Time": committed.strftime("%Y-%m-%dT%H:%M:%SZ")}
    (target / f"v{version}.info").write_text(json.dumps(info))
    with zipfile.ZipFile(target / f"v{version}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, f"{module}@v{version}/{path.relative_to(folder)}")


def rehearse(version: str, go: Path) -> dict[str, Any]:
    """Publish both modules to a proxy in a temporary folder and use them from there; return the nested go.mod.

    The modules are cached in that folder too: the user's cache must never hold a version that may still change.
    """
    with tempfile.TemporaryDirectory(prefix="modules-") as name:
        folder = Path(name)
        tree, proxy = export(folder / "tree"), folder / "proxy"
        cached = Path(run(go, "env", "GOMODCACHE").strip(), "cache", "download")
        configured = run(go, "env", "GOPROXY").strip()
        variables = {
            "GOPROXY": f"{proxy.as_uri()},{cached.as_uri()},{configured}",
            "GONOSUMDB": f"{MODULE},{NESTED}",
            "GOFLAGS": "-mod=mod -modcacherw -trimpath",
            "GOMODCACHE": str(folder / "cache"),
            "GOBIN": str(folder / "bin"),
            "PATH": f"{go.parent}{os.pathsep}{os.environ['PATH']}",
        }
        publish(MODULE, tree, version, proxy)
        require_release(tree / "resources_go", version, go, **variables)
        publish(NESTED, tree / "resources_go", version, proxy)

        consumer = folder / "consumer"
        consumer.mkdir()
        (consumer / "main.go").write_text(CONSUMER)
        run(go, "mod", "init", "consumer.example/app", cwd=consumer, **variables)
        run(go, "get", f"{NESTED}@v{version}", cwd=consumer, **variables)
        printed = run(go, "run", ".", cwd=consumer, **variables)
        if printed != "500m <nil>\n":
            raise RuntimeError(f"a program that uses the modules prints {printed!r}")
        run(go, "install", f"{NESTED}/cmd/reference-server@v{version}", cwd=folder, **variables)
        return read_mod(tree / "resources_go", go)
