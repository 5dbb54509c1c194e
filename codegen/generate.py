"""Rebuild generated/ from proto/ with the pinned tools.

`make generate` runs it in the isolated environment of requirements/codegen.txt. Everything is written to a temporary
folder beside generated/ and moved into place at the end, so a failure changes nothing.
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

MESSAGES = "resourceidl/v1/resources.proto"
SERVICE = "resourceidl/service/v1/resources_service.proto"
# The Go package of each file. Its import path is the root module's path plus the folder below generated/go. The .proto
# files name no Go package, so only go.mod holds the module's address.
GO_PACKAGES = {MESSAGES: "resourceidlv1", SERVICE: "resourceidlservicev1"}


def go_module() -> str:
    """Return the module path that the root go.mod declares."""
    match = re.search(r"^module (\S+)$", (ROOT / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        sys.exit("go.mod: no `module` line")
    return match[1]


def protoc(*arguments: str) -> None:
    """Run grpcio-tools' protoc. It finds the plugins beside this interpreter and on the PATH."""
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", *arguments]
    finished = subprocess.run(command, cwd=ROOT, check=False)
    if finished.returncode:
        sys.exit(f"protoc failed ({finished.returncode}): {' '.join(arguments)}")


def python(out: Path) -> None:
    """Write the official messages and stubs. Only the service gets gRPC code, because that code requires grpcio."""
    out.mkdir(parents=True)
    protoc(f"--python_out={out}", f"--mypy_out=quiet:{out}", MESSAGES, SERVICE)
    protoc(f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}", SERVICE)
    for proto in (MESSAGES, SERVICE):
        shutil.copy(PROTO / proto, out / proto)  # so that resources_py.proto_path() is this folder, installed or not
    as_package(out / "resourceidl")


def betterproto(out: Path) -> None:
    """Write the dataclass messages, under their own root: under the official root, they would be imported with it."""
    package = out / BETTERPROTO_ROOT
    package.mkdir(parents=True)
    protoc(f"--python_betterproto_out={package}", MESSAGES, SERVICE)
    as_package(package)


def as_package(package: Path) -> None:
    """Make `package` an ordinary typed package: __init__.py in every folder, py.typed at the top."""
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()
    (package / "py.typed").touch()


def go(out: Path) -> None:
    """Write the messages and gRPC code, at import paths that follow from the module and the folder."""
    out.mkdir(parents=True)
    root = f"{go_module()}/generated/go"
    for plugin in ("go", "go-grpc"):
        options = [f"module={root}"]
        options += [f"M{file}={root}/{Path(file).parent};{name}" for file, name in GO_PACKAGES.items()]
        protoc(f"--{plugin}_out={out}", f"--{plugin}_opt={','.join(options)}", MESSAGES, SERVICE)


def main() -> None:
    """Write all three trees, then replace generated/ with them."""
    with tempfile.TemporaryDirectory(prefix=".generated-", dir=ROOT) as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        python(new / "python")
        betterproto(new / "betterproto")
        go(new / "go")
        target = ROOT / "generated"
        if target.exists():
            target.rename(old)
        new.rename(target)


if __name__ == "__main__":
    main()
