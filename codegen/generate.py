"""Rebuild generated/ from proto/ with the pinned tools.

`make generate` runs this script in the isolated environment of requirements/codegen.txt. It writes to a temporary
folder and replaces generated/ at the end, so a failure leaves the old code in place.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
BETTERPROTO_ROOT = "resourceidl_betterproto"

MESSAGES = tuple(f"resourceidl/v1/{name}.proto" for name in ("resources", "extended_resources", "container_resources"))
SERVICE = "resourceidl/service/v1/resources_service.proto"
# The Go package of each file. Its import path is the module of the root go.mod plus the path in generated/go. The
# .proto files contain no go_package, so that only go.mod names the module.
GO_PACKAGES = {**dict.fromkeys(MESSAGES, "resourceidlv1"), SERVICE: "resourceidlservicev1"}


def go_module() -> str:
    """Return the module path that the root go.mod declares."""
    match = re.search(r"^module (\S+)$", (ROOT / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        sys.exit("go.mod: no `module` line")
    return match[1]


def protoc(*arguments: str) -> None:
    """Run grpcio-tools' protoc. It finds its plugins on PATH."""
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", *arguments]
    finished = subprocess.run(command, cwd=ROOT, check=False)
    if finished.returncode:
        sys.exit(f"protoc failed ({finished.returncode}): {' '.join(arguments)}")


def generate_python(out: Path) -> None:
    """Write the official messages and stubs, with gRPC code for the service only, because it requires grpcio."""
    out.mkdir(parents=True)
    protoc(f"--python_out={out}", f"--mypy_out=quiet:{out}", *MESSAGES, SERVICE)
    protoc(f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}", SERVICE)
    for proto in (*MESSAGES, SERVICE):
        shutil.copy(PROTO / proto, out / proto)  # resources_py.proto_path() returns this folder
    mark_as_package(out / "resourceidl")


def generate_betterproto(out: Path) -> None:
    """Write dataclass messages under a separate root, so that importing one binding does not import the other."""
    package = out / BETTERPROTO_ROOT
    package.mkdir(parents=True)
    protoc(f"--python_betterproto_out={package}", *MESSAGES, SERVICE)
    mark_as_package(package)


def mark_as_package(package: Path) -> None:
    """Add an __init__.py to every folder and py.typed to the top one."""
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()
    (package / "py.typed").touch()


def generate_go(out: Path) -> None:
    """Write messages and gRPC code."""
    out.mkdir(parents=True)
    root = f"{go_module()}/generated/go"
    for plugin in ("go", "go-grpc"):
        options = [f"module={root}"]
        options += [f"M{file}={root}/{Path(file).parent};{name}" for file, name in GO_PACKAGES.items()]
        protoc(f"--{plugin}_out={out}", f"--{plugin}_opt={','.join(options)}", *MESSAGES, SERVICE)


def main() -> None:
    """Generate all three trees, then replace generated/."""
    with tempfile.TemporaryDirectory(prefix=".generated-", dir=ROOT) as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        generate_python(new / "python")
        generate_betterproto(new / "betterproto")
        generate_go(new / "go")
        target = ROOT / "generated"
        if target.exists():
            target.rename(old)
        new.rename(target)


if __name__ == "__main__":
    main()
