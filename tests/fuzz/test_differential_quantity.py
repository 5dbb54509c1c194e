"""Quantity compared with the Go package, on generated texts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SEED = 20_250_701
STRINGS, PAIRS = 200_000, 20_000


@pytest.fixture(scope="module")
def go(root: Path) -> str:
    found = os.environ.get("GO") or shutil.which("go") or shutil.which("go", path=str(root / "build" / "go" / "bin"))
    assert found, "no Go on the PATH: put it there, or name it in GO"
    return found


@pytest.fixture(scope="module")
def oracle(go: str, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("oracle") / "oracle"
    subprocess.run([go, "build", "-o", str(built), "."], cwd=root / "conformance" / "oracle", check=True)
    return built


def test_agrees_with_go(oracle: Path, root: Path) -> None:
    fuzz = root / "fuzz" / "differential_quantity.py"
    amounts = ["--strings", str(STRINGS), "--pairs", str(PAIRS), "--seed", str(SEED)]
    run = subprocess.run(
        [sys.executable, str(fuzz), *amounts, "--oracle", str(oracle)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{STRINGS} strings and {PAIRS} pairs, seed {SEED}: 0 disagreements" in run.stdout


def test_vectors_match_go(go: str, root: Path) -> None:
    run = subprocess.run(
        [go, "test", "-count=1", "./..."],
        cwd=root / "conformance" / "oracle",
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
