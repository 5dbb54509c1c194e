"""Run the command as a process in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """An environment without variables that affect color, width or Python's buffering."""
    unwanted = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "PYTHON", "GRPC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "TERM": "xterm-256color", "PYTHONUTF8": "1"}


@pytest.fixture(scope="session")
def as_module() -> list[str]:
    return [sys.executable, "-m", "resources_py"]


@pytest.fixture(scope="session")
def as_script() -> list[str]:
    return [str(Path(sysconfig.get_path("scripts")) / "resources-py")]


@pytest.fixture
def cli(tmp_path: Path, as_module: list[str], environment: dict[str, str]) -> Run:
    """Run the command in a temporary folder. It must never print a traceback."""

    def run(
        *arguments: str | Path,
        stdin: str | bytes = b"",
        env: dict[str, str] | None = None,
        command: list[str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        finished = subprocess.run(
            [*(command or as_module), *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            env={**environment, **(env or {})},
            timeout=300,
            check=False,
        )
        out, err = finished.stdout.decode("utf-8", "surrogateescape"), finished.stderr.decode()
        assert "Traceback" not in err, err
        assert "this is a bug" not in err, err
        return subprocess.CompletedProcess(finished.args, finished.returncode, out, err)

    return run


@pytest.fixture(scope="session")
def manifests(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder with the manifests of the demo and of the tests."""
    folder = tmp_path_factory.mktemp("manifests")
    for source in (root / "examples" / "manifests", root / "tests" / "manifests"):
        for path in source.iterdir():
            if path.is_file() and path.name != "README.md":
                shutil.copy(path, folder)
    return folder
