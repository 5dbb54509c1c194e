"""A short soak. `make soak TIME=…` runs a longer one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_all_answers_are_correct(root: Path, go_server: Path) -> None:
    program = root / "benchmarks" / "load" / "soak.py"
    command = [sys.executable, str(program), "--go-server", str(go_server), "--seconds", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    python, go = done.stdout.splitlines()
    for name, line in (("Python", python), ("Go", go)):
        assert line.startswith(f"{name}: 16 clients, ")
        assert " answers, 0 wrong, 0 lost; " in line
