"""Quantity compared with the Go package, on generated texts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SEED = 20_250_701
STRINGS, PAIRS = 60_000, 6_000  # `make fuzz-quantity` takes many more


def test_agrees_with_go(go_program: Callable[[str], Path], root: Path) -> None:
    fuzz, oracle = root / "fuzz" / "differential_quantity.py", go_program("oracle")
    amounts = ["--strings", str(STRINGS), "--pairs", str(PAIRS), "--seed", str(SEED)]
    run = subprocess.run(
        [sys.executable, str(fuzz), *amounts, "--oracle", str(oracle)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{STRINGS} strings and {PAIRS} pairs, seed {SEED}: 0 disagreements" in run.stdout
