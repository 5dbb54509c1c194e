"""mypy --strict, pyright and ty check a project that uses the installed wheel, and the package itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

Found = list[tuple[str, int, str]]  # file, line, message
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a type checker in a project's folder."""
    return subprocess.run([sys.executable, "-m", *map(str, command)], cwd=cwd, capture_output=True, text=True)


def mypy(cwd: Path, *paths: str | Path) -> Found:
    cache = cwd.parent / "mypy-cache"
    result = run(
        "mypy", "--strict", "--no-error-summary", "--show-absolute-path", "--cache-dir", cache, *paths, cwd=cwd
    )
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return [(m[1], int(m[2]), m[3]) for m in re.finditer(r"^(.+?):(\d+): error: (.*)$", result.stdout, re.M)]


def pyright(cwd: Path, *paths: str | Path) -> Found:
    result = run("pyright", "--outputjson", "--pythonpath", sys.executable, *paths, cwd=cwd)
    assert result.returncode in (0, 1), result.stdout + result.stderr
    report = json.loads(result.stdout)
    return [
        (found["file"], found["range"]["start"]["line"] + 1, found["message"])
        for found in report["generalDiagnostics"]
        if found["severity"] == "error"
    ]


def ty(cwd: Path, *paths: str | Path) -> Found:
    result = run("ty", "check", "--python", sys.prefix, "--output-format", "concise", *paths, cwd=cwd)
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return [(m[1], int(m[2]), m[3]) for m in re.finditer(r"^(.+?):(\d+):\d+: error(.*)$", result.stdout, re.M)]


CHECKERS = pytest.mark.parametrize("check", [mypy, pyright, ty])


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """A copy of the consumer project outside the repository, so that it uses no types from there."""
    for source in (root / "tests" / "consumer").glob("*.py"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    return tmp_path


@CHECKERS
def test_right_calls(check: Callable[..., Found], project: Path) -> None:
    assert check(project, project / "consumer.py") == []


@CHECKERS
def test_wrong_calls(check: Callable[..., Found], project: Path) -> None:
    lines = (project / "wrong.py").read_text().splitlines()
    wrong = {number: line.strip() for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    found = {line: message for _, line, message in check(project, project / "wrong.py")}
    assert {wrong[line] for line in wrong.keys() - found.keys()} == set(), "not reported"
    assert {lines[line - 1] + found[line] for line in found.keys() - wrong.keys()} == set(), "reported"
    assert len(wrong) > 30


def test_the_consumer_runs(project: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", project / "consumer.py"], cwd=project, capture_output=True, text=True
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@CHECKERS
def test_the_package(check: Callable[..., Found], tmp_path: Path) -> None:
    """The installed package, as a user's type checker sees it when it follows imports."""
    if check is mypy:
        # By name: given the folder, mypy would check all of site-packages. google.rpc has no types.
        (tmp_path / "mypy.ini").write_text("[mypy]\n[mypy-google.rpc.*]\nignore_missing_imports = true\n")
        found = check(tmp_path, "-p", "resources_py")
    else:
        found = check(tmp_path, SITE_PACKAGES / "resources_py")
    assert [(file, line, message) for file, line, message in found if "/resources_py/" in file] == []


def test_public_types_are_complete(tmp_path: Path) -> None:
    """Pyright's count of public symbols without types."""
    result = run("pyright", "--verifytypes", "resources_py", "--ignoreexternal", "--outputjson", cwd=tmp_path)
    symbols = json.loads(result.stdout)["typeCompleteness"]["symbols"]
    unknown = [s["name"] for s in symbols if s["isExported"] and not (s["isTypeKnown"] or s["isTypeAmbiguous"])]
    assert unknown == []
    assert len(symbols) > 50
