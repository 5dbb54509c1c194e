"""Every example in the README runs and prints what it shows."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text("utf-8")


def test_python_examples(root: Path) -> None:
    result = doctest.testfile(
        str(root / "README.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE, encoding="utf-8"
    )
    assert result.failed == 0
    assert result.attempted > 10


def test_terminal_session(readme: str, tmp_path: Path) -> None:
    """`cat` shows the file that the other command reads."""
    (session,) = re.findall(r"```console\n(.*?)```", readme, re.S)
    shown = dict(part.split("\n", 1) for part in session.split("$ ")[1:])
    (tmp_path / "pod.yaml").write_text(shown.pop("cat pod.yaml"), "utf-8")
    assert list(shown) == ["resources-py check pod.yaml"]
    command = [sys.executable, "-m", "resources_py", "check", "pod.yaml"]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert printed == shown["resources-py check pod.yaml"]


def test_links_and_length(root: Path, readme: str) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", readme)
    assert len(targets) > 20
    for target in targets:
        assert "://" in target or (root / target).exists(), target
    assert len(readme.splitlines()) <= 120
