"""The contents of the wheel and the sdist, and what importing the package loads."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from inspect import ismodule
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import resources_py

TOP_LEVEL = {"resources_py", "resourceidl", "resourceidl_betterproto"}


@pytest.fixture(scope="session")
def wheel(root: Path) -> Path:
    wheels = list((root / "build" / "wheel").glob("*.whl"))
    assert len(wheels) == 1, "`make test` builds exactly one"
    return wheels[0]


@pytest.mark.parametrize("package", sorted(TOP_LEVEL))
def test_packages_load_from_site_packages(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(sysconfig.get_path("purelib"))


def test_wheel_contents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == TOP_LEVEL
    assert {
        "resources_py/py.typed",
        "resourceidl/py.typed",
        "resourceidl_betterproto/py.typed",
        "resourceidl/v1/resources.proto",
        "resourceidl/service/v1/resources_service.proto",
        "resourceidl/v1/resources_pb2.pyi",
        "resources_py/cli/manifests/quantity_paths.json",
        "resources_py/cli/conformance/vectors/resolve.jsonl",
        "resources_py/cli/conformance/vectors/declare.jsonl",
        "resources_py/cli/conformance/vectors/quantities.jsonl",
    } <= set(names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    suffixes = {Path(name).suffix for name in names if ".dist-info/" not in name}
    assert suffixes == {".py", ".pyi", ".proto", ".typed", ".json", ".jsonl"}


def test_sdist_contents(root: Path) -> None:
    (sdist,) = (root / "build" / "wheel").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "LICENSE",
        "proto/resourceidl/v1/resources.proto",
        "conformance/README.md",
        "conformance/vectors/declare.jsonl",
        "conformance/vectors/quantities.jsonl",
        "conformance/vectors/resolve.jsonl",
        "generated/go/resourceidl/v1/resources.pb.go",
        "resources_go/go.mod",
    } <= names
    assert not {name for name in names if name.startswith((".ci", ".git/", "build", "dist"))}


def test_only_the_service_has_a_grpc_module(wheel: Path) -> None:
    """The .proto of the messages has no service, and a gRPC stub for it would still require grpcio."""
    assert [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("_pb2_grpc.py")] == [
        "resourceidl/service/v1/resources_service_pb2_grpc.py"
    ]


def test_core_requirements() -> None:
    requirements = map(Requirement, importlib.metadata.requires("resources-py") or [])
    assert {requirement.name for requirement in requirements if requirement.marker is None} == {"protobuf", "mashumaro"}


def test_public_surface() -> None:
    """`__all__` lists every public name, and every one of them has a docstring."""
    names = {name for name in dir(resources_py) if not name.startswith("_")}
    assert {name for name in names if not ismodule(getattr(resources_py, name))} == set(resources_py.__all__)
    for name in set(resources_py.__all__) - {"CpuValue", "ResourceValue"}:
        thing = getattr(resources_py, name)
        assert thing.__doc__, name
        assert thing.__module__ == "resources_py", name


# What importing the packages may load, in addition to the standard library.
CORE = {"resources_py", "resourceidl", "google", "mashumaro", "typing_extensions"}


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("resources_py", {"resources_py"}),
        ("resources_py._resources", CORE),
        ("resourceidl.v1.resources_pb2", CORE - {"resources_py", "mashumaro", "typing_extensions"}),
    ],
)
def test_import_loads_no_other_packages(module: str, allowed: set[str]) -> None:
    script = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    baseline = subprocess.run(
        [sys.executable, "-c", "import sys; print(*{name.partition('.')[0] for name in sys.modules})"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    third_party = {name for name in loaded if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert third_party - set(baseline) <= allowed


def test_proto_path_is_the_import_root() -> None:
    assert (resources_py.proto_path() / "resourceidl" / "v1" / "resources.proto").is_file()
    assert (resources_py.proto_path() / "resourceidl" / "service" / "v1" / "resources_service.proto").is_file()
