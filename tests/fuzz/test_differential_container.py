"""A short differential run of containers. `make fuzz-container N=…` runs a longer one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_both_answer_the_same(root: Path, go_server: Path) -> None:
    program = root / "fuzz" / "differential_container.py"
    command = [sys.executable, str(program), "--go-server", str(go_server), "--count", "5000", "--seed", "4"]
    variables = {**os.environ, "PYTHONPATH": str(program.parent)}  # it imports its neighbor
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, env=variables)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert done.stdout.startswith("5000 containers, seed 4: 0 differences (")
