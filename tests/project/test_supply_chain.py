"""Everything used to build and test is pinned, and no file names a registry or a machine."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def files(*patterns: str) -> list[Path]:
    """List the files that are committed or about to be."""
    command = ["git", "ls-files", "-co", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / path for path in listed.splitlines() if (ROOT / path).is_file()]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


PINNED = re.compile(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[\w.+!-]+( ; [^;]+)?( --hash=sha256:[0-9a-f]{64})+")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
# "ecosystem" is only a part of other groups; extras.txt is what the wheel needs with every extra.
NAMES = {*PROJECT["dependency-groups"], "extras"} - {"ecosystem"}
LOCKED = sorted(ROOT / "requirements" / f"{name}.txt" for name in NAMES)


@pytest.mark.parametrize("path", LOCKED, ids=named)
def test_requirements_are_pinned_and_hashed(path: Path) -> None:
    lines = path.read_text().replace(" \\\n", " ").splitlines()
    requirements = [re.sub(r"\s+", " ", line) for line in lines if not line.lstrip().startswith("#")]
    assert requirements
    assert [line for line in requirements if not PINNED.fullmatch(line)] == []


def test_every_requirements_file_has_a_dependency_group() -> None:
    assert {path for path in files("*.txt") if re.search(r"^[\w-]+==", path.read_text(), re.M)} == set(LOCKED)


def test_code_generators_are_pinned() -> None:
    locked = (ROOT / "requirements" / "codegen.txt").read_text()
    for tool in PROJECT["dependency-groups"]["codegen"]:
        pinned = re.fullmatch(r"([\w-]+)(?:\[\w+\])?==(\d+(?:\.\d+)+(?:[ab]\d+)?)", tool)
        assert pinned, tool
        assert re.search(rf"^{re.escape(pinned[1])}(\[.*\])?=={re.escape(pinned[2])} ", locked, re.M), tool


def test_go_tools_are_pinned() -> None:
    lines = (ROOT / "codegen" / "go-tools.txt").read_text().splitlines()
    tools = [line for line in lines if line and not line.startswith("#")]
    assert tools
    assert [tool for tool in tools if not re.fullmatch(r"[\w./-]+@v\d+\.\d+\.\d+", tool)] == []


def test_go_tools_in_the_makefile_are_pinned() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.findall(r"[\w./-]+@(?!v\d+\.\d+\.\d+$)\S+", makefile, re.M) == []
    assert re.findall(r"[\w./-]+@v\d+\.\d+\.\d+$", makefile, re.M)


# `make test` does not download Kubernetes.
@pytest.mark.parametrize("path", files("*go.mod", ":!conformance/kubernetes"), ids=named)
def test_go_modules_match_go_sum(path: Path) -> None:
    assert path.with_name("go.sum").exists()
    environment = {**os.environ, "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    command = [ROOT / "build" / "go" / "bin" / "go", "mod", "verify"]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (0, "all modules verified\n"), done.stderr


# Each machine configures its own package registry, and a local path means nothing on another machine.
ELSEWHERE = re.compile(
    rb"/(home|Users)/\w|/root/|/work/|--(extra-)?index-url|--find-links|artifactory|nexus\b|/simple/"
    rb"|pypi\.org|pythonhosted\.org|(proxy|sum)\.golang\.org|npmjs\.|crates\.io|\.debian\.org",
    re.I,
)


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    found = {
        f"{named(path)}: {match[0].decode()}"
        # The manifests are copied from other projects, unchanged.
        for path in files(":!*/manifests/*", ":!tests/project/test_supply_chain.py")
        for match in ELSEWHERE.finditer(path.read_bytes())
    }
    assert found == set()
