"""A user's own .proto with a field of our message compiles and works with the installed wheel."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from resources_py import Resources, proto_path

USER_PROTO = """
syntax = "proto3";
package acme.v1;
import "resourceidl/v1/resources.proto";
message Task {
  string name = 1;
  resourceidl.v1.Resources resources = 2;
}
"""


@pytest.fixture
def acme(tmp_path: Path, codegen_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "acme.proto").write_text(USER_PROTO)
    command = ["python", "-m", "grpc_tools.protoc", f"-I{tmp_path}", f"-I{proto_path()}", f"--python_out={tmp_path}"]
    subprocess.run([*command, "acme.proto"], env=codegen_environment, cwd=tmp_path, check=True)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("acme_pb2")
    del sys.modules["acme_pb2"]


def test_copy_from(acme: ModuleType) -> None:
    declared = Resources(cpu=("500m", 2), mem="1Gi", gpu=1)
    task = acme.Task(name="train")
    task.resources.CopyFrom(declared.to_proto())
    arrived = acme.Task.FromString(task.SerializeToString())
    assert Resources.from_proto(arrived.resources) == declared
    assert bytes(declared) in task.SerializeToString()
