"""Rebuild generated/ from proto/, whole, with the tools that tools.toml pins.

`make generate` runs it inside the isolated environment of codegen/requirements.txt. Everything is written to a
temporary folder beside generated/ and moved in at the end, so a failure leaves what was there.

    generate.py                 rebuild generated/
    generate.py --requirements  print the Python tools, one requirement a line, for `make lock`
    generate.py --go-tools      print the Go tools as PATH@VERSION, for `make generate`
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
TOOLS = ROOT / "codegen" / "tools.toml"
BETTERPROTO_ROOT = "resourceidl_betterproto"

MESSAGES = "resourceidl/v1/resources.proto"
SERVICE = "resourceidl/service/v1/resources_service.proto"
# The Go package of each file. Its import path is the root go.mod's module and the place under generated/go; the .proto
# files name none, so the address stands in go.mod alone.
GO_PACKAGES = {MESSAGES: "resourceidlv1", SERVICE: "resourceidlservicev1"}


def go_module() -> str:
    """Return the module path that the root go.mod declares."""
    match = re.search(r"^module (\S+)$", (ROOT / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        sys.exit("go.mod: no `module` line")
    return match[1]


def protoc(*arguments: str) -> None:
    """Run grpcio-tools' protoc; its plugins are found beside this interpreter and in the Go tools' folder on PATH."""
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", *arguments]
    finished = subprocess.run(command, cwd=ROOT, check=False)
    if finished.returncode:
        sys.exit(f"protoc failed ({finished.returncode}): {' '.join(arguments)}")


def python(out: Path) -> None:
    """Official messages and stubs for both files; gRPC for the service alone, since its output demands grpcio."""
    out.mkdir(parents=True)
    protoc(f"--python_out={out}", f"--mypy_out=quiet:{out}", MESSAGES, SERVICE)
    protoc(f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}", SERVICE)
    for proto in (MESSAGES, SERVICE):
        shutil.copy(PROTO / proto, out / proto)  # so that resources_py.proto_path() is this folder, installed or not
    as_package(out / "resourceidl")


def betterproto(out: Path) -> None:
    """Dataclass messages under a root of their own: under the official root, they would be imported with it."""
    package = out / BETTERPROTO_ROOT
    package.mkdir(parents=True)
    protoc(f"--python_betterproto_out={package}", MESSAGES, SERVICE)
    as_package(package)


def as_package(package: Path) -> None:
    """Make `package` an ordinary typed package: an __init__.py in every folder, py.typed at the top."""
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()
    (package / "py.typed").touch()


def go(out: Path) -> None:
    """Messages and gRPC, at the import paths that follow from the module and the folder."""
    out.mkdir(parents=True)
    root = f"{go_module()}/generated/go"
    for plugin in ("go", "go-grpc"):
        options = [f"module={root}"]
        options += [f"M{file}={root}/{Path(file).parent};{name}" for file, name in GO_PACKAGES.items()]
        protoc(f"--{plugin}_out={out}", f"--{plugin}_opt={','.join(options)}", MESSAGES, SERVICE)


def generate() -> None:
    """Write all three trees and put them in generated/'s place."""
    with tempfile.TemporaryDirectory(prefix=".generated-", dir=ROOT) as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        python(new / "python")
        betterproto(new / "betterproto")
        go(new / "go")
        target = ROOT / "generated"
        if target.exists():
            target.rename(old)
        new.rename(target)


def main() -> None:
    """Do what the command line says."""
    tools = tomllib.loads(TOOLS.read_text())
    match sys.argv[1:]:
        case []:
            generate()
        case ["--requirements"]:
            print("\n".join(f"{name}=={version}" for name, version in tools["python"].items()))
        case ["--go-tools"]:
            print("\n".join(f"{path}@{version}" for path, version in tools["go"].items()))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
