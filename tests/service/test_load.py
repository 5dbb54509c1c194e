"""A short load. `make load` runs a longer one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("server", ["Python", "Go"])
def test_no_call_is_lost(root: Path, go_server: Path, server: str) -> None:
    program = root / "benchmarks" / "load" / "load.py"
    command = [sys.executable, str(program), "--go-server", str(go_server), "--server", server, "--scale", "0.05"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    phases = done.stdout.splitlines()
    assert len(phases) == 5
    for line in phases:
        assert re.match(rf"{server}, [^:]+: [1-9]\d* answered, 0 wrong, 0 lost; peak \d+ MiB; ", line)
    assert phases[3].endswith("{'hostile connections at the end': 20}")
