"""Which files are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resources_py.cli.diagnostics import Diagnostic
from resources_py.cli.files import File, find_files, is_excluded


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (
        "b/c.yaml",
        "b/a.yml",
        "b/z.json",
        "b/notes.md",
        "b/.hidden/x.yaml",
        "b/.x.yaml",
        "b/charts/t.yaml",
        "a.txt",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    monkeypatch.chdir(tmp_path)


def test_named_files_and_folders() -> None:
    """In the order in which they are named; a folder's in the order of their names. What is named may have any name."""
    assert list(find_files(["a.txt", "b", "-", "nowhere.yaml", "b/.x.yaml"], [])) == [
        File("a.txt"),
        File(os.path.join("b", "a.yml"), is_in_folder=True),
        File(os.path.join("b", "c.yaml"), is_in_folder=True),
        File(os.path.join("b", "z.json"), is_in_folder=True),
        File(os.path.join("b", "charts", "t.yaml"), is_in_folder=True),
        File("-"),
        File("nowhere.yaml"),
        File("b/.x.yaml"),
    ]


def test_what_is_excluded_is_left_out() -> None:
    """Named or found in a folder; an excluded folder is not looked into."""
    found = [
        each.path
        for each in find_files(["a.txt", "b", "./b/c.yaml", "-"], ["*.txt", "charts", "b/c.*"])
        if isinstance(each, File)
    ]
    assert found == [os.path.join("b", "a.yml"), os.path.join("b", "z.json"), "-"]
    assert list(find_files(["b"], ["b"])) == []


def test_an_excluded_folder_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    scandir, seen = os.scandir, []
    monkeypatch.setattr(os, "scandir", lambda path: seen.append(path) or scandir(path))  # type: ignore[func-returns-value]
    assert not any(isinstance(each, Diagnostic) for each in find_files(["b"], ["charts/"]))
    assert seen == ["b"]


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("charts", "charts/a.yaml", True),
        ("charts", "x/charts/y/a.yaml", True),
        ("charts", "x/mycharts/a.yaml", False),
        ("charts/", "x/charts/a.yaml", True),
        ("x/charts", "x/charts/a.yaml", True),
        ("x/charts", "y/x/charts/a.yaml", False),
        ("x/*/a.yaml", "x/y/a.yaml", True),
        ("*.golden.yaml", "x/y/a.golden.yaml", True),
        ("*.golden.yaml", "x/y/a.yaml", False),
        ("**/tests/**", "tests/a.yaml", True),
        ("**/tests/**", "x/tests/y/a.yaml", True),
        ("**/tests/**", "x/latests/a.yaml", False),
        ("./x", "x/a.yaml", True),
        ("x", "./x/a.yaml", True),
        ("a.yaml", "/x/a.yaml", True),
        ("/x", "/x/a.yaml", True),
        ("../x", "../x/a.yaml", True),
        ("[ab].yaml", "a.yaml", True),
        ("A.yaml", "a.yaml", False),
    ],
)
def test_globs(glob: str, path: str, expected: bool) -> None:
    assert is_excluded(path, [glob]) == expected
