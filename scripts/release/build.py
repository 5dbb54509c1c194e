"""Build the wheel, the sdist, the bill of materials and their checksums, from the last commit."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "build" / "release" / "bin"
CHECKSUMS = "SHA256SUMS"


def run(*command: str | Path, cwd: Path = ROOT, umask: int = -1, **variables: str) -> str:
    """Run a command and return its output; raise RuntimeError with what it printed if it fails."""
    environment = {**os.environ, **variables}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=environment, umask=umask, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}".strip())
    return done.stdout


def export(folder: Path) -> Path:
    """Write the files of the last commit to a folder, so that no other file gets into a build."""
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        run("git", "archive", "--output", archive.name, "HEAD")
        shutil.unpack_archive(archive.name, folder)
    return folder


def commit_time() -> str:
    """Return the time of the last commit: the one that everything in a release bears."""
    return run("git", "log", "-1", "--format=%ct").strip()


def build(source: Path, output: Path, *targets: str, umask: int = 0o022, **variables: str) -> dict[str, str]:
    """Build the wheel and the sdist, or one of them; return their checksums."""
    command = (sys.executable, "-m", "hatchling", "build", *(("-t", *targets) if targets else ()), "-d", output)
    run(*command, cwd=source, umask=umask, **{"SOURCE_DATE_EPOCH": commit_time(), **variables})
    return checksums(output)


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file but the list of checksums itself."""
    files = sorted(path for path in folder.iterdir() if path.name != CHECKSUMS)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def build_sbom(wheel: Path, output: Path) -> None:
    """Write the bill of materials of a clean environment with the wheel and all its extras."""
    with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
        environment = Path(folder, "environment")
        run(sys.executable, "-m", "venv", "--without-pip", environment)
        python = environment / "bin" / "python"
        pip = (TOOLS / "python", "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--quiet")
        run(*pip, "--require-hashes", "-r", ROOT / "requirements" / "extras.txt")
        # By name, not by path: pip would record the path, and the bill of materials would show it.
        name = f"resources-py=={wheel.name.split('-')[1]}"
        run(*pip, "--no-deps", "--no-index", name, PIP_FIND_LINKS=wheel.parent.as_uri())
        options = ("--pyproject", ROOT / "pyproject.toml", "--mc-type", "library", "--output-reproducible")
        run(TOOLS / "cyclonedx-py", "environment", *options, "-o", output, python, SOURCE_DATE_EPOCH=commit_time())


def dist(output: Path) -> None:
    """Build everything that is released."""
    with tempfile.TemporaryDirectory(prefix="dist-") as folder:
        build(export(Path(folder)), output)
    (wheel,) = output.glob("*.whl")
    build_sbom(wheel, output / f"{wheel.name.removesuffix('-py3-none-any.whl')}.cdx.json")
    lines = [f"{checksum}  {name}\n" for name, checksum in checksums(output).items()]
    (output / CHECKSUMS).write_text("".join(lines))
