"""The same pods in each form that `kubectl` and its users write: `check` finds the same in all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COUNT, WRONG_EVERY = 60, 7
FORMS = [
    "list.json",
    "list.json.gz",
    "jsonl.jsonl",
    "jsonl.jsonl.gz",
    "stream.yaml",
    "stream.yaml.gz",
    "yaml-list.yaml",
]


def write(root: Path, path: Path) -> None:
    form = path.name.partition(".")[0]
    options = ["--form", form, "--pods", str(COUNT), "--wrong-every", str(WRONG_EVERY)]
    subprocess.run([sys.executable, root / "benchmarks" / "pods.py", *options, path], check=True)


def subjects(finished: subprocess.CompletedProcess[str]) -> list[str]:
    found = json.loads(finished.stdout)
    assert {(each["reason"], each["field"]) for each in found} == {("INVALID_QUANTITY", 'limits["memory"]')}
    assert all("'512MB' is not a quantity" in each["message"] for each in found)
    return [each["subject"] for each in found]


def test_every_form_gives_the_same_findings(cli: Run, root: Path, tmp_path: Path) -> None:
    found = {}
    for name in FORMS:
        write(root, tmp_path / name)
        finished = cli("check", "--format", "json", name)
        assert finished.returncode == 1, (name, finished.stderr)
        found[name] = subjects(finished)
        # what is piped has no name that tells its form
        assert subjects(cli("check", "--format", "json", "-", stdin=(tmp_path / name).read_bytes())) == found[name]
    expected = found["list.json"]
    assert len(set(expected)) == COUNT // WRONG_EVERY
    assert found == dict.fromkeys(FORMS, expected)
