"""Test each integration with the published packages and the built wheel.

Each group has its own environment in build/ecosystem/, made from requirements/ecosystem-GROUP.txt and the wheel::

    python scripts/ecosystem.py                  # all groups
    python scripts/ecosystem.py models flyte     # these
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "ecosystem"
UV = ROOT / "build" / "codegen" / "bin" / "uv"

# The tests of each group. The pages of docs/ that name the group on their first line run with them.
GROUPS: dict[str, tuple[str, ...]] = {
    "models": ("test_pydantic.py", "test_mashumaro.py"),
    "kubernetes": ("test_kubernetes_client.py",),
    "kubernetes-31": ("test_kubernetes_client.py",),
    "flyte": ("test_flytekit.py", "test_flytekit_accelerators.py"),
    "flyte2": ("test_flyte2.py",),
    "bindings": ("test_bindings.py",),
    "betterproto-1": ("test_bindings.py",),
    "types": ("test_type_checkers.py",),
    "go": (),
    "pre-commit": ("test_pre_commit.py",),
}


@dataclass
class Outcome:
    """The result of one group."""

    group: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    log: str = ""


def locked(group: str) -> Path:
    """Return the group's requirements file."""
    return ROOT / "requirements" / f"ecosystem-{group}.txt"


def environment(group: str, wheel: Path) -> Path:
    """Make the group's environment if needed, install the wheel and return the folder."""
    folder = ROOT / "build" / "ecosystem" / group
    python, stamp = folder / "bin" / "python", folder / ".made"
    requirements = locked(group)
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        _quietly([UV, "venv", "--quiet", "--python", sys.executable, folder])
        # Compile now: when a test imports other people's code, the compiler's warnings would be errors.
        install = [UV, "pip", "install", "--quiet", "--python", python, "--compile-bytecode"]
        _quietly([*install, "--require-hashes", "-r", requirements])
        stamp.write_text(wanted)
    # An older wheel has the same version, so it would satisfy the requirement.
    install = [UV, "pip", "install", "--quiet", "--python", python, "--no-deps", "--no-index"]
    _quietly([*install, "--reinstall", wheel])
    return folder


def _quietly(command: list[str | Path]) -> None:
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


def run(group: str, wheel: Path) -> Outcome:
    """Run the tests of one group."""
    outcome, start = Outcome(group), time.monotonic()
    try:
        folder = environment(group, wheel)
    except RuntimeError as error:
        outcome.failed, outcome.log = 1, str(error)
        return outcome
    # Outside the repository: inside, the type checkers would find its pyproject.toml and the sources.
    work = Path(tempfile.mkdtemp(prefix=f"ecosystem-{group}-"))
    report = work / "report.xml"
    tests = [TESTS / name for name in GROUPS[group]]
    if any(group in page.read_text("utf-8").partition("\n")[0].split() for page in (ROOT / "docs").rglob("*.md")):
        tests.append(ROOT / "tests" / "docs" / "test_pages.py")
    command = [
        *(folder / "bin" / "python", "-m", "pytest", "-c", TESTS / "pytest.ini", "--rootdir", TESTS),
        *("-p", "no:cacheprovider", f"--junitxml={report}", f"--basetemp={work / 'tmp'}", *tests),
    ]
    path = os.pathsep.join([str(folder / "bin"), str(ROOT / "build" / "go" / "bin"), os.environ["PATH"]])
    variables = {**os.environ, "PATH": path, "PYTHONSAFEPATH": "1", "ECOSYSTEM_GROUP": group}
    variables.pop("PYTHONPATH", None)
    result = subprocess.run(command, cwd=work, env=variables, capture_output=True, text=True)
    outcome.seconds, outcome.log = time.monotonic() - start, result.stdout + result.stderr
    if report.exists():
        suite = ElementTree.parse(report).getroot()[0].attrib
        bad = int(suite["failures"]) + int(suite["errors"])
        outcome.passed, outcome.failed = int(suite["tests"]) - bad - int(suite["skipped"]), bad
        if int(suite["skipped"]):
            outcome.failed += 1
            outcome.log += "\na test that is skipped here never runs\n"
    if (result.returncode or not outcome.passed) and not outcome.failed:
        outcome.failed = 1
    shutil.rmtree(work, ignore_errors=True)
    return outcome


def installed(group: str) -> str:
    """List the packages that the group asks for, with their locked versions."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    names = [re.match(r"[\w.-]+", wanted)[0] for wanted in groups[f"ecosystem-{group}"] if isinstance(wanted, str)]
    versions = dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", locked(group).read_text(), re.M))
    return ", ".join(f"{name} {versions[name.lower()]}" for name in names if not name.startswith("types-"))


def main() -> int:
    """Run the groups that the arguments name and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--wheel", type=Path, help="default: the one in build/wheel")
    arguments = parser.parse_args()
    groups = arguments.groups or list(GROUPS)
    if unknown := set(groups) - set(GROUPS):
        parser.error(f"no such group: {', '.join(unknown)}")
    wheels = [arguments.wheel] if arguments.wheel else list((ROOT / "build" / "wheel").glob("*.whl"))
    if len(wheels) != 1:
        parser.error("build/wheel must have exactly one wheel: run `make build/wheel/.made`")
    outcomes = []
    print(f"{'group':15}{'passed':>7}{'failed':>7}{'seconds':>9}  packages", flush=True)
    for group in groups:
        outcome = run(group, wheels[0].resolve())
        outcomes.append(outcome)
        counts = f"{outcome.passed:7}{outcome.failed:7}{outcome.seconds:9.1f}"
        print(f"{group:15}{counts}  {installed(group)}", flush=True)
    for outcome in outcomes:
        if outcome.failed:
            print(f"\n---- {outcome.group}\n{outcome.log}")
    passed, failed = sum(o.passed for o in outcomes), sum(o.failed for o in outcomes)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
