"""Run the built wheel with its oldest and newest dependencies, and alongside other packages.

For each row of the table, create a fresh environment and run compatibility_smoke.py in it. Print the table of
docs/reference/compatibility.md::

    python scripts/compatibility.py              # print
    python scripts/compatibility.py --write      # and write it to docs/reference/compatibility.md
    python scripts/compatibility.py ray modal    # the rows whose names contain one of these words
    python scripts/compatibility.py --ends       # the lowest and newest dependencies, with the oldest and newest Python
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / "build" / "codegen" / "bin" / "uv"
PAGE = ROOT / "docs" / "reference" / "compatibility.md"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Row:
    """One environment: the packages to install with the wheel, and the module to import."""

    name: str
    wanted: tuple[str, ...] = ()
    module: str = ""
    extra: str = "grpc"
    lowest: bool = False
    pure: bool = False  # protobuf's Python implementation, not upb
    suite: bool = False  # run SUITE too
    program: str = "compatibility_smoke.py"  # of this folder
    remark: str = ""
    expected: str = "works"


ROWS = (
    Row("lowest of all", lowest=True),
    Row("lowest of all, the tests", extra="grpc,cli,betterproto", lowest=True, suite=True),
    Row("lowest of all, protobuf in pure Python", lowest=True, pure=True),
    Row("lowest protobuf, all else newest", ("protobuf==6.31.1",)),
    Row("newest protobuf 6", ("protobuf<7",)),
    Row("newest of all"),
    Row("newest of all, protobuf in pure Python", pure=True),
    Row("lowest mashumaro, all else newest", ("mashumaro==@lowest",)),
    Row("without gRPC", extra=""),
    Row("flytekit", ("flytekit",), "flytekit", remark="wants python-dateutil<3"),
    Row("flyte", ("flyte",), "flyte"),
    Row("kubernetes", ("kubernetes",), "kubernetes.client", remark="37.0.2 wants python-dateutil>=3"),
    Row("ray", ("ray",), "ray"),
    Row("ray data, with the example of a fleet", ("ray[data]",), extra="cli", program="fleet_on_ray.py"),
    Row("modal", ("modal",), "modal"),
    Row("extra betterproto", (), "betterproto", extra="grpc,betterproto", remark="wants python-dateutil<3"),
    Row(
        "extra betterproto and kubernetes",
        ("kubernetes",),
        "kubernetes.client",
        extra="grpc,betterproto",
        remark="of the Kubernetes client, the last that takes python-dateutil<3",
    ),
    Row(
        "extra betterproto and kubernetes 37.0.2",
        ("kubernetes==37.0.2",),
        extra="grpc,betterproto",
        expected="cannot be installed",
        remark="no python-dateutil suits both",
    ),
)
# The tests of the package itself, without those of growth and of threads, and what they need besides it.
SUITE = ("service", "cli", "conformance", *sorted(path.name for path in (ROOT / "tests").glob("test_[!gt]*.py")))
SUITE_NEEDS = ("h2", "hypothesis", "jsonschema", "numpy", "pytest", "pytest-asyncio", "pytest-randomly", "trustme")
ENDS = ("lowest of all", "newest of all")
SHOWN = ("protobuf", "mashumaro", "grpcio", "grpcio-status")


def pythons() -> dict[str, Path]:
    """Find the installed Pythons, on the PATH and in pyenv."""
    found: dict[str, Path] = {}
    for version in PYTHONS:
        candidates = [
            shutil.which(f"python{version}"),
            *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
        ]
        for candidate in filter(None, candidates):
            said = subprocess.run(
                [candidate, "-c", "import sys; print(sys.version[:4])"], capture_output=True, text=True
            )
            if said.stdout.strip() == version:
                found.setdefault(version, Path(candidate))
    return found


def try_row(row: Row, python: Path, wheel: Path) -> tuple[str, dict[str, str]]:
    """Install and run one row; return "works" or the problem, and the versions."""
    with tempfile.TemporaryDirectory(prefix="compat-") as folder:
        environment = Path(folder, "env")
        inside = environment / "bin" / "python"
        extra = f"[{row.extra}]" if row.extra else ""
        wanted = [w.replace("@lowest", lowest_of("mashumaro")) for w in row.wanted]
        install = [
            UV,
            "pip",
            "install",
            "--quiet",
            "--python",
            inside,
            f"resources-py{extra} @ {wheel.as_uri()}",
            *wanted,
        ]
        if row.lowest:
            # lowest-direct applies only to requirements named here, so name the wheel's own too.
            install += ["--resolution", "lowest-direct", *requirements(row.extra)]
        for command in ([UV, "venv", "--quiet", "--python", python, environment], install):
            result = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=folder)
            if result.returncode:
                return f"cannot be installed: {result.stderr.strip()}", {}
        listed = subprocess.run(
            [UV, "pip", "list", "--python", inside, "--format=freeze"], capture_output=True, text=True
        )
        versions = dict(re.findall(r"^([\w.-]+)==(.+)$", listed.stdout, re.M))
        for order in [[row.module], ["--", row.module]] if row.module else [[]]:  # imported before ours, and after
            implementation = {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"} if row.pure else {}
            command = [inside, ROOT / "scripts" / row.program, *order]
            variables = {"PATH": "/usr/bin:/bin", "HOME": folder, "PYTHONSAFEPATH": "1", **implementation}
            result = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=variables)
            if result.returncode or result.stdout.splitlines()[-1:] != ["works"]:
                return f"fails with {' '.join(order)}:\n{result.stdout}{result.stderr}", versions
        if row.suite and (failures := run_suite(inside, Path(folder))):
            return f"fails its tests:\n{failures}", versions
        return "works", versions


def run_suite(python: Path, folder: Path) -> str:
    """Run SUITE in an environment; return what fails. Its packages keep their versions."""
    kept = folder / "kept.txt"
    freeze = subprocess.run([UV, "pip", "freeze", "--python", python], capture_output=True, text=True)
    kept.write_text("".join(line + "\n" for line in freeze.stdout.splitlines() if "==" in line))
    install = [UV, "pip", "install", "--quiet", "--python", python, "--constraint", kept, *SUITE_NEEDS]
    tests = [python, "-m", "pytest", "-q", "-c", ROOT / "pyproject.toml", "--rootdir", ROOT]
    tests += [ROOT / "tests" / name for name in SUITE]
    for command in (install, tests):
        result = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=folder)
        if result.returncode:
            return result.stdout + result.stderr
    return ""


def requirements(extra: str) -> list[str]:
    """Return the dependencies in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [name for name in extra.split(",") if name]
    return project["dependencies"] + [needed for name in extras for needed in project["optional-dependencies"][name]]


def lowest_of(name: str) -> str:
    """Return the lowest version of a dependency that pyproject.toml allows."""
    return next(re.findall(r">=([\w.]+)", text)[0] for text in requirements("") if text.startswith(name))


def main() -> int:
    """Try all rows with the oldest Python, and the lowest and newest dependencies with the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only rows whose names contain one of these")
    parser.add_argument("--wheel", type=Path, help="default: the one in build/wheel")
    parser.add_argument("--ends", action="store_true", help="only both ends of the table")
    parser.add_argument("--write", action="store_true", help="write the table to docs/reference/compatibility.md")
    arguments = parser.parse_args()
    wheels = [arguments.wheel] if arguments.wheel else list((ROOT / "build" / "wheel").glob("*.whl"))
    if len(wheels) != 1:
        parser.error("build/wheel must have exactly one wheel: run `make build/wheel/.made`")
    found = pythons()
    ordered = sorted(found, key=lambda version: tuple(map(int, version.split("."))))
    first, last = ordered[0], ordered[-1]
    lines = [
        "| with | Python | " + " | ".join(SHOWN) + " | it | |",
        "| --- | --- | " + " | ".join("---" for _ in SHOWN) + " | --- | --- |",
    ]
    print("\n".join(lines))
    passed = failed = 0
    for version, python in found.items():
        for row in ROWS:
            if row.name not in ENDS and (arguments.ends or version != first):
                continue
            if arguments.ends and version not in (first, last):
                continue
            if arguments.words and not any(word in row.name for word in arguments.words):
                continue
            said, versions = try_row(row, python, wheels[0].resolve())
            itself = next(iter(row.wanted), "")
            own = versions.get(itself, "") if row.module else ""
            name = f"{row.name} {own}".strip()
            shown = " | ".join(versions.get(package, "") for package in SHOWN)
            lines.append(
                f"| {name} | {version} | {shown} | {said.partition(':')[0]} | {row.remark} |".replace("  |", " |")
            )
            print(lines[-1], flush=True)
            as_expected = said.partition(":")[0] == row.expected
            passed, failed = passed + as_expected, failed + (not as_expected)
            if not as_expected:
                print(said, file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    if arguments.write and not arguments.words and not arguments.ends and not failed:
        page = PAGE.read_text("utf-8")
        table = "\n".join(lines)
        PAGE.write_text(re.sub(r"(?ms)^\| with \|.*?^(?!\|)", f"{table}\n", page + "\n").rstrip("\n") + "\n", "utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
