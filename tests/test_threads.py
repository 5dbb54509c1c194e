"""Threads that share the caches get correct answers, with and without the GIL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest


def stress(root: Path, python: str, **environment: str) -> str:
    command = [python, str(root / "benchmarks" / "load" / "threads.py"), "--threads", "8", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=500)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def test_eight_threads(root: Path) -> None:
    assert stress(root, sys.executable).startswith("8 threads, ")


def test_without_a_global_lock(root: Path, tmp_path: Path) -> None:
    found = shutil.which("python3.14t") or shutil.which("python3.13t")
    if found is None:
        pytest.skip("no free-threaded Python (python3.13t, python3.14t) on the PATH")
    # All installed packages are pure Python, except for an optional part of protobuf.
    (tmp_path / "google").mkdir()
    for name in ("mashumaro", "typing_extensions.py", "resources_py", "resourceidl", "google/protobuf"):
        (tmp_path / name).symlink_to(Path(sysconfig.get_path("purelib")) / name)
    assert stress(root, found, PYTHONPATH=str(tmp_path)).startswith("8 threads, without a global lock: ")
