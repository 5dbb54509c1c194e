"""The schema's checks, on schemas that each break one rule."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

MESSAGES = "proto/resourceidl/v1/resources.proto"


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of the schema and the settings of its checks."""
    shutil.copytree(root / "proto", tmp_path / "proto")
    shutil.copy(root / "buf.yaml", tmp_path)
    return tmp_path


def buf(copy: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["buf", *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False)


def change(copy: Path, old: str, new: str) -> None:
    path = copy / MESSAGES
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_schema_is_clean(copy: Path, codegen_environment: dict[str, str]) -> None:
    for arguments in (("lint",), ("breaking", "--against", "proto/released.binpb")):
        finished = buf(copy, codegen_environment, *arguments)
        assert (finished.returncode, finished.stdout) == (0, "")


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("string value = 2;", "string value = 3;", 'field "2"'),
        ("string value = 2;", "bytes value = 2;", 'changed type from "string" to "bytes"'),
        ("string value = 2;", "string amount = 2;", 'changed name from "value" to "amount"'),
        ("MEMORY = 3;", "RAM = 3;", 'changed name from "MEMORY" to "RAM"'),
        ("repeated ResourceEntry limits = 2;", "reserved 2;", 'field "2" with name "limits"'),
    ],
)
def test_breaking_change_is_detected(
    copy: Path, codegen_environment: dict[str, str], old: str, new: str, rule: str
) -> None:
    change(copy, old, new)
    finished = buf(copy, codegen_environment, "breaking", "--against", "proto/released.binpb")
    assert finished.returncode == 100
    assert rule.lower() in finished.stdout.lower()


def test_missing_comment_is_detected(copy: Path, codegen_environment: dict[str, str]) -> None:
    change(copy, "    // The resource. Must be CPU, GPU, MEMORY or EPHEMERAL_STORAGE. Example: CPU.\n", "")
    finished = buf(copy, codegen_environment, "lint")
    assert finished.returncode == 100
    assert 'Field "name" should have a non-empty comment' in finished.stdout


def generated_files(folder: Path) -> dict[Path, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder): path.read_bytes() for path in found}


def test_generation_is_complete_and_repeatable(root: Path, tmp_path: Path, codegen_environment: dict[str, str]) -> None:
    """`generate` restores what is committed: it removes extra files and rewrites deleted ones."""
    for name in ("proto", "codegen", "generated"):
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "go.mod", tmp_path)
    (tmp_path / "generated" / "python" / "stray.py").touch()
    (tmp_path / "generated" / "python" / "resourceidl" / "v1" / "resources_pb2.py").unlink()
    subprocess.run(["python", "codegen/generate.py"], cwd=tmp_path, env=codegen_environment, check=True)
    assert generated_files(tmp_path / "generated") == generated_files(root / "generated")


def test_failed_generation_changes_nothing(root: Path, tmp_path: Path, codegen_environment: dict[str, str]) -> None:
    for name in ("proto", "codegen", "generated"):
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "go.mod", tmp_path)
    change(tmp_path, "string value = 2;", "strong value = 2;")
    finished = subprocess.run(
        ["python", "codegen/generate.py"], cwd=tmp_path, env=codegen_environment, capture_output=True, check=False
    )
    assert finished.returncode != 0
    assert generated_files(tmp_path / "generated") == generated_files(root / "generated")
    assert not list(tmp_path.glob(".generated-*"))
