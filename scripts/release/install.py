"""Install the wheel in fresh environments and try it there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from release.build import ROOT, run

UV = ROOT / "build" / "codegen" / "bin" / "uv"
BAD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "app", "resources": {"limits": {"memory": "123Mb"}}}]},
}


def try_extra(wheel: Path, extra: str, version: str) -> list[str]:
    """Install the wheel with an extra, or with none; run the library, the service and the command."""
    with tempfile.TemporaryDirectory(prefix="install-") as name:
        folder = Path(name)
        scripts = folder / "environment" / "bin"
        run(UV, "venv", "--quiet", "--python", sys.executable, folder / "environment")
        requirement = f"resources-py{f'[{extra}]' if extra else ''} @ {wheel.as_uri()}"
        run(UV, "pip", "install", "--quiet", "--python", scripts / "python", requirement)
        (folder / "bad.json").write_text(json.dumps(BAD))
        smoke = ROOT / "scripts" / "compatibility_smoke.py"
        command = scripts / "resources-py"
        trials: dict[tuple[str | Path, ...], tuple[int, str]] = {(scripts / "python", smoke): (0, "works")}
        if {"grpc", "cli"} & set(extra.split(",")):
            trials[command, "--version"] = 0, version
            trials[command, "check", "bad.json"] = 1, "INVALID_QUANTITY"
        else:
            trials[command, "--version"] = 2, "pip install"
        return [problem for command, expected in trials.items() for problem in try_command(folder, command, *expected)]


def try_command(folder: Path, command: tuple[str | Path, ...], code: int, text: str) -> list[str]:
    """Run a command in a folder, without the user's environment; compare its exit code and what it prints."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONSAFEPATH": "1"}
    done = subprocess.run([*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True)
    printed = done.stdout + done.stderr
    if done.returncode == code and text in printed:
        return []
    shown = " ".join(os.path.basename(part) for part in command)
    return [f"{shown} exits with {done.returncode}, not {code} with {text!r}: {printed.strip()}"]
