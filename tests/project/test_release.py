"""The checks of a release: each finds what it is there for. `make release-check` runs them on the real thing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from release import __main__ as checklist
from release import golang, install, rules
from release.build import build, checksums, export, run

# A wheel and the repository that it is of.
TRACKED = {
    *(name for name in rules.REQUIRED if name.startswith("resources_py/") and "/vectors/" not in name),
    *(f"generated/python/{name}" for name in rules.REQUIRED if name.startswith("resourceidl/")),
    "generated/betterproto/resourceidl_betterproto/py.typed",
    "resources_py/__init__.py",
    "tests/conftest.py",
}
WHEEL = {*rules.REQUIRED, "resources_py/__init__.py", "resources_py-1.2.3.dist-info/licenses/LICENSE"}


def test_every_page_has_the_version_of_pyproject() -> None:
    assert checklist.find_mentions()
    assert rules.version_problems(checklist.VERSION, checklist.find_mentions(), tags=[]) == []


def test_a_clean_tree() -> None:
    assert rules.tree_problems("") == []
    assert rules.tree_problems(" M README.md\n?? notes.txt\n") == [
        "not committed:  M README.md",
        "not committed: ?? notes.txt",
    ]


@pytest.mark.parametrize(
    ("version", "mentions", "tags", "problems"),
    [
        ("1.2.3", {"docs/check.md:65": "1.2.3"}, ["v1.2.2"], []),
        ("1.2.3", {"docs/check.md:65": "1.2.2"}, [], ["docs/check.md:65 has 1.2.2, not 1.2.3"]),
        ("1.2", {}, [], ["1.2 is not of the form X.Y.Z, which Go requires"]),
        ("1.2.3rc1", {}, [], ["1.2.3rc1 is not of the form X.Y.Z, which Go requires"]),
        ("1.2.3", {}, ["v1.2.3"], ["the tag v1.2.3 exists"]),
        ("1.2.3", {}, ["resources_go/v1.2.3"], ["the tag resources_go/v1.2.3 exists"]),
    ],
)
def test_versions(version: str, mentions: dict[str, str], tags: list[str], problems: list[str]) -> None:
    assert rules.version_problems(version, mentions, tags) == problems


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("## 1.2.3 - 2026-02-28\n\n- All new.\n\n## 1.2.2 - 2026-01-01\n", []),
        ("## Unreleased\n\n## 1.2.3 - 2026-02-28\n\n- All new.\n", []),
        ("## Unreleased\n\n- More.\n\n## 1.2.3 - 2026-02-28\n\n- All new.\n", ["there are entries under Unreleased"]),
        (
            "## 1.2.3 - 2026-02-28\n\n## 1.2.2 - 2026-01-01\n\n- Old.\n",
            ["the section 1.2.3 - 2026-02-28 has no entries"],
        ),
        (
            "## 1.2.3 - 2026-02-30\n\n- All new.\n",
            ["the section 1.2.3 - 2026-02-30 has no date: `## 1.2.3 - YYYY-MM-DD`"],
        ),
        ("## 1.2.3\n\n- All new.\n", ["the section 1.2.3 has no date: `## 1.2.3 - YYYY-MM-DD`"]),
        ("## 1.2.2 - 2026-01-01\n\n- Old.\n", ["the first section is not 1.2.3 but 1.2.2 - 2026-01-01"]),
        ("# Changelog\n", ["the first section is not 1.2.3 but missing"]),
    ],
)
def test_changelog(text: str, problems: list[str]) -> None:
    assert rules.changelog_problems(text, "1.2.3") == problems


def test_wheel() -> None:
    assert rules.wheel_problems(WHEEL, TRACKED) == []


@pytest.mark.parametrize(
    ("added", "removed", "problems"),
    [
        (
            "tests/conftest.py",
            "",
            ["a top-level name that is not ours: tests", "not in the repository: tests/conftest.py"],
        ),
        ("resources_py/scratch.py", "", ["not in the repository: resources_py/scratch.py"]),
        ("", "resources_py/__init__.py", ["missing: resources_py/__init__.py"]),
        ("", "resources_py-1.2.3.dist-info/licenses/LICENSE", ["missing: the license"]),
        *(("", name, [f"missing: {name}"]) for name in sorted(rules.REQUIRED)),
    ],
)
def test_wheel_contents(added: str, removed: str, problems: list[str]) -> None:
    names = (WHEEL | {added}) - {removed, ""}
    assert rules.wheel_problems(names, TRACKED) == problems


def test_a_file_that_the_repository_lacks_too() -> None:
    for name in rules.REQUIRED:
        tracked = {path for path in TRACKED if not path.endswith(name)}
        assert f"missing: {name}" in rules.wheel_problems(WHEEL - {name}, tracked)


METADATA = """\
Metadata-Version: 2.4
Name: resources-py
Version: 1.2.3
License-Expression: Apache-2.0
Provides-Extra: cli
Provides-Extra: grpc
Description-Content-Type: text/markdown

# resources-py
"""


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("", "", []),
        ("Version: 1.2.3", "Version: 1.2.2", ["Version is ['1.2.2'], not ['1.2.3']"]),
        ("License-Expression: Apache-2.0\n", "", ["License-Expression is [], not ['Apache-2.0']"]),
        ("Provides-Extra: cli\n", "", ["Provides-Extra is ['grpc'], not ['cli', 'grpc']"]),
        ("text/markdown", "text/x-rst", ["Description-Content-Type is ['text/x-rst'], not ['text/markdown']"]),
        ("# resources-py\n", "", ["the description is not the README"]),
    ],
)
def test_metadata(old: str, new: str, problems: list[str]) -> None:
    assert rules.metadata_problems(METADATA.replace(old, new), "1.2.3", ["grpc", "cli"]) == problems


def test_builds_are_compared() -> None:
    assert rules.build_problems({"a": {"x.whl": "1"}, "b": {"x.whl": "1"}}) == []
    assert rules.build_problems({"a": {"x.whl": "1"}, "b": {"x.whl": "2"}}) == ["x.whl of b differs from that of a"]
    assert rules.build_problems({"a": {"x.whl": "1"}, "b": {}}) == ["x.whl of b differs from that of a"]
    assert rules.build_problems({"a": {}, "b": {"x.whl": "1"}}) == [
        "a built nothing",
        "x.whl of b differs from that of a",
    ]


MODULE: dict[str, Any] = {"Require": [{"Path": "a.example/root", "Version": "v1.2.3"}], "Replace": None}


def test_go_mod() -> None:
    assert rules.go_mod_problems(MODULE, "1.2.3", "a.example/root") == []
    assert rules.go_mod_problems(MODULE, "1.2.4", "a.example/root") == ["it requires a.example/root v1.2.3, not v1.2.4"]
    assert rules.go_mod_problems({}, "1.2.3", "a.example/root") == ["it requires a.example/root None, not v1.2.3"]
    replaced = {**MODULE, "Replace": [{"Old": {"Path": "a.example/root"}, "New": {"Path": "../"}}]}
    assert rules.go_mod_problems(replaced, "1.2.3", "a.example/root") == ["it replaces a.example/root"]


def test_the_module_in_the_repository_is_not_yet_fit_for_a_release(root: Path, go_program: Any) -> None:
    """It replaces the root module. `make release-go` changes that."""
    problems = rules.go_mod_problems(golang.read_mod(root / "resources_go", go_program("go")), "1.2.3", golang.MODULE)
    assert problems[0] == f"it replaces {golang.MODULE}"


SBOM: dict[str, Any] = {
    "metadata": {"component": {"name": "resources-py", "version": "1.2.3"}},
    "components": [{"name": "PyYAML", "version": "6.0.3"}, {"name": "typing_extensions", "version": "4.15.0"}],
}
PINNED = "pyyaml==6.0.3 \\\n    --hash=sha256:1\ntyping-extensions==4.15.0 \\\n    --hash=sha256:2\n"


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, []),
        ({"metadata": {"component": {"name": "resources-py", "version": "1"}}}, ["it is of resources-py 1"]),
        ({"metadata": {}}, ["it is of None None"]),
        ({"components": SBOM["components"][:1]}, ["it lacks typing-extensions 4.15.0"]),
        (
            {"components": [*SBOM["components"], {"name": "pip", "version": "26.0"}]},
            ["it has pip 26.0, which is not pinned"],
        ),
        ({"serialNumber": "urn:uuid:1"}, ["it has a serial number, another each time"]),
        ({"properties": [{"url": "file:///tmp/x.whl"}]}, ["it names a local path: file:///tmp/x.whl"]),
        ({"properties": [{"value": "/opt/dist/x.whl"}]}, ["it names a local path: /opt/dist/x.whl"]),
    ],
)
def test_bill_of_materials(changes: dict[str, Any], problems: list[str]) -> None:
    assert rules.sbom_problems({**SBOM, **changes}, "1.2.3", PINNED) == problems


def test_a_failed_step_fails_the_check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def crash() -> list[str]:
        raise RuntimeError("cannot")

    steps = (
        checklist.Step("good", list, "nothing"),
        checklist.Step("bad", lambda: ["one", "two"], "mend it"),
        checklist.Step("broken", crash, "look"),
    )
    monkeypatch.setattr(checklist, "STEPS", steps)
    assert checklist.check([]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert [line.partition(" (")[0] for line in printed] == [
        "ok     good",
        "FAILED bad",
        "       one",
        "       two",
        "       To fix: mend it.",
        "FAILED broken",
        "       cannot",
        "       To fix: look.",
        "1 passed, 2 failed",
    ]
    assert checklist.check(["good"]) == 0


def test_a_failed_command_fails_its_step() -> None:
    assert run(sys.executable, "-c", "print('fine')") == "fine\n"
    with pytest.raises(RuntimeError, match="cannot do that"):
        run(sys.executable, "-c", "print('cannot do that'); raise SystemExit(1)")


@pytest.mark.parametrize(
    ("program", "passes"),
    [
        ("print('works')", True),
        ("print('fails')", False),
        ("print('works'); raise SystemExit(2)", False),
    ],
)
def test_an_installed_command_is_held_to_its_output_and_exit_code(tmp_path: Path, program: str, passes: bool) -> None:
    problems = install.try_command(tmp_path, (sys.executable, "-c", program), 0, "works")
    assert (problems == []) is passes


def test_build_is_reproducible(tmp_path: Path) -> None:
    """Anyone can verify that the archives were built from this source: here or there, now or later."""
    first = build(export(tmp_path / "a"), tmp_path / "built-a")
    other = export(tmp_path / "another folder")
    for path in other.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700 if path.is_dir() or path.stat().st_mode & 0o100 else 0o600)
    variables = {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7"}
    second = build(other, tmp_path / "built-b", umask=0o077, **variables)
    assert {Path(name).suffix for name in first} == {".whl", ".gz"}
    assert rules.build_problems({"here": first, "there": second}) == []
    # Another commit has another time: what is compared depends on the time at all.
    later = build(other, tmp_path / "built-c", "wheel", SOURCE_DATE_EPOCH="2000000000")
    assert rules.build_problems({"here": first, "later": later})


def test_checksums_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"abc")
    assert checksums(tmp_path) == {
        "a.whl": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    }  # FIPS 180-2
    (tmp_path / "SHA256SUMS").write_text("".join(f"{value}  {name}\n" for name, value in checksums(tmp_path).items()))
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True, capture_output=True)
