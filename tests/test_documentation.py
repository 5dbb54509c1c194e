"""Every example that a person may copy runs, and gives the output that stands beside it."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import resources_py

FLAGS = doctest.NORMALIZE_WHITESPACE
MODULES = ["resources_py", *(f"resources_py.{module.name}" for module in pkgutil.iter_modules(resources_py.__path__))]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=FLAGS).failed == 0


def test_readme(root: Path) -> None:
    result = doctest.testfile(str(root / "README.md"), module_relative=False, optionflags=FLAGS, encoding="utf-8")
    assert result.failed == 0
    assert result.attempted > 10


def test_readme_terminal(root: Path) -> None:
    """What the README shows of the command is what it prints."""
    command = [sys.executable, "-m", "resources_py", "show", "--cpu", "500m,2", "--mem", "1Gi"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    prompt = "$ resources-py show --cpu 500m,2 --mem 1Gi\n"
    assert prompt + shown in (root / "README.md").read_text(encoding="utf-8")
