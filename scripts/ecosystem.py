"""Run the tests of each integration against the real, published package, beside the built wheel.

Each group gets an environment of its own, in build/ecosystem/, from GROUP.txt (hashed) and the wheel::

    python scripts/ecosystem.py                  # all groups
    python scripts/ecosystem.py models flyte     # these
    python scripts/ecosystem.py --lock           # write each GROUP.txt anew from GROUP.in
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
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "tests" / "ecosystem"
UV = ROOT / "build" / "codegen" / "bin" / "uv"

# Each group's tests; the pages of docs/ that name the group on their first line run beside them.
GROUPS: dict[str, tuple[str, ...]] = {
    "models": ("test_pydantic.py", "test_mashumaro.py"),
    "kubernetes": ("test_kubernetes_client.py",),
    "kubernetes-31": ("test_kubernetes_client.py",),
    "flyte": ("test_flytekit.py",),
    "bindings": ("test_bindings.py",),
    "betterproto-1": ("test_bindings.py",),
    "types": ("test_type_checkers.py",),
    "go": (),
}


@dataclass
class Outcome:
    """What became of one group."""

    group: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    log: str = ""


def lock(groups: list[str]) -> None:
    """Resolve and hash the requirements of `groups`, together with the package's own."""
    for group in groups:
        requirements = HERE / f"{group}.in"
        command = [
            *(UV, "pip", "compile", "--quiet", "--upgrade", "--universal", "--generate-hashes"),
            *("--no-header", "--no-annotate", "--python-version", "3.11"),
            *("pyproject.toml", requirements.relative_to(ROOT)),
            *(["--all-extras"] if group == "types" else ["--extra", "grpc"]),
            *("-o", requirements.with_suffix(".txt").relative_to(ROOT)),
        ]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def environment(group: str, wheel: Path) -> Path:
    """Make the group's environment, unless it stands, and put the wheel into it. Give its folder."""
    folder = ROOT / "build" / "ecosystem" / group
    python, stamp = folder / "bin" / "python", folder / ".made"
    requirements = HERE / f"{group}.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        _quietly([UV, "venv", "--quiet", "--python", sys.executable, folder])
        # Compiled now, for the compiler's warnings about other people's code are errors when a test imports it.
        install = [UV, "pip", "install", "--quiet", "--python", python, "--compile-bytecode"]
        _quietly([*install, "--require-hashes", "-r", requirements])
        stamp.write_text(wanted)
    # By pip's rules the wheel of yesterday satisfies the requirement: it has the same version.
    install = [UV, "pip", "install", "--quiet", "--python", python, "--no-deps", "--no-index"]
    _quietly([*install, "--reinstall", wheel])
    return folder


def _quietly(command: list[str | Path]) -> None:
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


def run(group: str, wheel: Path) -> Outcome:
    """Run one group's tests."""
    outcome, start = Outcome(group), time.monotonic()
    try:
        folder = environment(group, wheel)
    except RuntimeError as error:
        outcome.failed, outcome.log = 1, str(error)
        return outcome
    # Out of the repository, or the type checkers would find its pyproject.toml, and our sources beside it.
    work = Path(tempfile.mkdtemp(prefix=f"ecosystem-{group}-"))
    report = work / "report.xml"
    tests = [HERE / name for name in GROUPS[group]]
    if any(group in page.read_text("utf-8").partition("\n")[0].split() for page in (ROOT / "docs").glob("*.md")):
        tests.append(ROOT / "tests" / "docs" / "test_pages.py")
    command = [
        *(folder / "bin" / "python", "-m", "pytest", "-c", HERE / "pytest.ini", "--rootdir", HERE),
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
            outcome.log += "\na test that is skipped here runs nowhere\n"
    if (result.returncode or not outcome.passed) and not outcome.failed:
        outcome.failed = 1
    shutil.rmtree(work, ignore_errors=True)
    return outcome


def installed(group: str) -> str:
    """Give what GROUP.in asks for, in the versions that GROUP.txt has."""
    wanted = re.findall(r"^([\w.-]+)", (HERE / f"{group}.in").read_text(), re.M)
    versions = dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", (HERE / f"{group}.txt").read_text(), re.M))
    return ", ".join(f"{name} {versions[name.lower()]}" for name in wanted if not name.startswith(("pytest", "types-")))


def main() -> int:
    """Run what the arguments name, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--lock", action="store_true", help="write the requirements anew, and run nothing")
    parser.add_argument("--wheel", type=Path, help="default: the one in build/wheel")
    arguments = parser.parse_args()
    groups = arguments.groups or list(GROUPS)
    if unknown := set(groups) - set(GROUPS):
        parser.error(f"no such group: {', '.join(unknown)}")
    if arguments.lock:
        lock(groups)
        return 0
    wheels = [arguments.wheel] if arguments.wheel else list((ROOT / "build" / "wheel").glob("*.whl"))
    if len(wheels) != 1:
        parser.error("one wheel in build/wheel is needed: make build/wheel/.made")
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
