"""A short differential run of the two servers. `make fuzz-resolve N=…` runs a longer one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_both_servers_answer_the_same(root: Path, go_server: Path) -> None:
    program = root / "fuzz" / "differential_resolve.py"
    command = [sys.executable, str(program), "--go-server", str(go_server), "--count", "8000", "--seed", "4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert done.stdout.startswith("8000 requests, seed 4: 0 differences (")
