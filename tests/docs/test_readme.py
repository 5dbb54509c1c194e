"""Every example in the README runs and prints what it shows."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path


def test_python_examples(root: Path) -> None:
    result = doctest.testfile(
        str(root / "README.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE, encoding="utf-8"
    )
    assert result.failed == 0
    assert result.attempted > 10


def test_terminal_example(root: Path) -> None:
    command = [sys.executable, "-m", "resources_py", "show", "--cpu", "500m,2", "--mem", "1Gi"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    prompt = "$ resources-py show --cpu 500m,2 --mem 1Gi\n"
    assert prompt + shown in (root / "README.md").read_text(encoding="utf-8")
