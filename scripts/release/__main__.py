"""Build a release, or check that it is ready.

    python -m release dist              # build into dist/
    python -m release check [STEP …]    # all steps, or those named
    python -m release go                # let resources_go require the released root module

`make dist`, `make release-check` and `make release-go` run it with scripts/ on Python's path. Nothing is ever tagged,
pushed or uploaded.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from release import golang, rules
from release.build import CHECKSUMS, ROOT, TOOLS, build, build_sbom, checksums, dist, export, run
from release.install import try_extra

BIN = ROOT / "build" / "codegen" / "bin"
GO = ROOT / "build" / "go" / "bin" / "go"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
VERSION: str = PROJECT["version"]
EXTRAS = list(PROJECT["optional-dependencies"])
DIST = ROOT / "dist"


@dataclass(frozen=True)
class Step:
    """One line of the checklist."""

    name: str
    check: Callable[[], list[str]]
    fix: str


def check_tree() -> list[str]:
    return rules.tree_problems(run("git", "status", "--porcelain"))


def find_mentions() -> dict[str, str]:
    """Find the versions in the pages: that of the pre-commit hook, and that of a workflow."""
    found = run("git", "grep", "-nE", r"(rev: |resources-py@)v[0-9]+\.[0-9]+\.[0-9]+", "--", "*.md")
    return {
        ":".join(line.split(":", 2)[:2]): re.findall(r"(?:rev: |@)v([0-9.]+[0-9])", line)[0]
        for line in found.splitlines()
    }


def check_version() -> list[str]:
    return rules.version_problems(VERSION, find_mentions(), run("git", "tag").split())


def check_changelog() -> list[str]:
    return rules.changelog_problems((ROOT / "CHANGELOG.md").read_text("utf-8"), VERSION)


def check_schema() -> list[str]:
    run(BIN / "buf", "breaking", "--against", "proto/released.binpb")
    return []


def check_generated() -> list[str]:
    run("make", "check-generated")
    return []


def rebuild() -> list[str]:
    shutil.rmtree(DIST, ignore_errors=True)
    dist(DIST)
    return []


def find_wheel() -> Path:
    """Return the wheel in dist/."""
    (found,) = DIST.glob("*.whl")
    return found


def check_contents() -> list[str]:
    with zipfile.ZipFile(find_wheel()) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode()
    problems = rules.wheel_problems(names, run("git", "ls-files").splitlines())
    problems += rules.metadata_problems(metadata, VERSION, EXTRAS)
    run(TOOLS / "python", "-m", "twine", "check", "--strict", *sorted(DIST.glob("*.whl")), *DIST.glob("*.tar.gz"))
    return problems


def check_builds() -> list[str]:
    """Build again in other folders, at another time, under another umask and locale, and from the sdist."""
    released = {name: checksum for name, checksum in checksums(DIST).items() if name.endswith((".whl", ".tar.gz"))}
    builds = {"dist/": released}
    with tempfile.TemporaryDirectory(prefix="builds-") as name:
        folder = Path(name)
        other = {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7"}
        builds["another folder"] = build(export(folder / "a"), folder / "built-a", umask=0o077, **other)
        (sdist,) = DIST.glob("*.tar.gz")
        shutil.unpack_archive(sdist, folder / "b")
        (source,) = (folder / "b").iterdir()
        from_sdist = build(source, folder / "built-b", "wheel")
        problems = rules.build_problems(builds)
        return problems + rules.build_problems(
            {"dist/": {find_wheel().name: released[find_wheel().name]}, "the sdist": from_sdist}
        )


def check_sbom() -> list[str]:
    (file,) = DIST.glob("*.cdx.json")
    requirements = (ROOT / "requirements" / "extras.txt").read_text("utf-8")
    problems = rules.sbom_problems(json.loads(file.read_text("utf-8")), VERSION, requirements)
    with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
        build_sbom(find_wheel(), Path(folder, file.name))
        again = {file.name: checksums(Path(folder))[file.name]}
    return problems + rules.build_problems({"dist/": {file.name: checksums(DIST)[file.name]}, "another run": again})


def check_checksums() -> list[str]:
    listed = dict(line.split()[::-1] for line in (DIST / CHECKSUMS).read_text().splitlines())
    return rules.build_problems({CHECKSUMS: listed, "dist/": checksums(DIST)})


def try_extras() -> list[str]:
    return [
        f"with {extra or 'no extra'}: {problem}"
        for extra in ["", *EXTRAS, ",".join(EXTRAS)]
        for problem in try_extra(find_wheel(), extra, VERSION)
    ]


def check_compatibility() -> list[str]:
    run(sys.executable, "scripts/compatibility.py", "--ends", "--wheel", find_wheel())
    return []


def check_go_modules() -> list[str]:
    for folder in (ROOT, ROOT / "resources_go"):
        run(GO, "mod", "verify", cwd=folder)
        run(GO, "mod", "tidy", "-diff", cwd=folder)
    return []


def rehearse_go_release() -> list[str]:
    return rules.go_mod_problems(golang.rehearse(VERSION, GO), VERSION, golang.MODULE)


# The steps between dist and go-release look at what is in dist/.
STEPS = (
    Step("tree", check_tree, "commit or remove the files"),
    Step(
        "version",
        check_version,
        "pyproject.toml has the version; change the other places, or the version if it is released",
    ),
    Step("changelog", check_changelog, "move the entries under `## VERSION - YYYY-MM-DD`"),
    Step("schema", check_schema, "undo the breaking change, or add a new proto package"),
    Step("generated", check_generated, "make generate, then commit"),
    Step("go-modules", check_go_modules, "go mod tidy in . and resources_go, then commit"),
    Step("dist", rebuild, "make dist shows the failure"),
    Step(
        "contents",
        check_contents,
        "[tool.hatch.build] in pyproject.toml, or scripts/release/rules.py if it should change",
    ),
    Step("checksums", check_checksums, "make dist"),
    Step("reproducible", check_builds, "compare the archives, for example with diffoscope"),
    Step("sbom", check_sbom, "make lock; then make dist"),
    Step("install", try_extras, "run scripts/compatibility_smoke.py where the wheel is installed with this extra"),
    Step("compatibility", check_compatibility, "scripts/compatibility.py prints the failure of each row"),
    Step("go-release", rehearse_go_release, "see scripts/release/golang.py"),
)


def check(names: list[str]) -> int:
    """Run the steps and print a line for each; return the exit code."""
    chosen = [step for step in STEPS if not names or step.name in names]
    failed = 0
    for step in chosen:
        started = time.monotonic()
        try:
            problems = step.check()
        except Exception as error:  # the other steps still have something to say
            problems = [str(error) or repr(error)]
        print(f"{'FAILED' if problems else 'ok':6} {step.name} ({time.monotonic() - started:.0f} s)", flush=True)
        for problem in problems:
            print("       " + problem.replace("\n", "\n       "))
        if problems:
            failed += 1
            print(f"       To fix: {step.fix}.", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    if not failed and not names:
        print(f"Ready: tag {' and '.join(rules.go_tags(VERSION))} as docs/reference/releasing.md describes.")
    return 1 if failed else 0


def main() -> int:
    """Run one of the three commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["dist", "check", "go"])
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(step.name for step in STEPS))
    arguments = parser.parse_args()
    if unknown := set(arguments.steps) - {step.name for step in STEPS}:
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    if arguments.command == "check":
        return check(arguments.steps)
    if arguments.command == "dist":
        rebuild()
        print(*sorted(path.name for path in DIST.iterdir()), sep="\n")
    else:
        golang.require_release(ROOT / "resources_go", VERSION, GO)
    return 0


if __name__ == "__main__":
    sys.exit(main())
