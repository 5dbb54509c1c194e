"""Every code block of docs/ runs and prints the output shown.

A page runs from top to bottom, in its own temporary folder:

    pycon   an interactive session, run by doctest; names carry over to the next block of the page
    python  is run, unless its first line is a comment with a file name: then it is written to that file
    sh      is run in the page's folder
    text    the expected output of the python or sh block before it
    {name}  a directive of Sphinx: of these, only interactive sessions run, so other code must not be one
    others  must name their file on the first line

A page whose first line is `<!-- runs with: GROUP … -->` needs more packages. It runs only in the environments of those
groups (see scripts/ecosystem.py). To git, the URL of such a page's examples is a clone of this repository.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import resources_py

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GROUP = os.environ.get("ECOSYSTEM_GROUP", "")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

_BLOCK = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.M | re.S)
_FILE = re.compile(r"(?:#|//|--) ([\w./-]+\.\w+|go\.mod)\n")


class Block(NamedTuple):
    language: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    source = page.read_text("utf-8")
    for match in _BLOCK.finditer(source):
        yield Block(match[2].strip(), textwrap.dedent(match[3]), source.count("\n", 0, match.start()) + 2)


def groups(page: Path) -> list[str]:
    first = page.read_text("utf-8").partition("\n")[0]
    found = re.fullmatch(r"<!-- runs with: (.+) -->", first)
    return found[1].split() if found else [""]


# Not the benchmarks, which take too long.
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.name != "benchmarks.md")
# Directives that hold no code of their own. `eval-rst` has signatures and docstrings.
DIRECTIVES = {"click", "contents", "eval-rst", "go-package", "include", "literalinclude", "proto", "toctree"}


def page_name(page: Path) -> str:
    return str(page.relative_to(DOCS).with_suffix(""))


@pytest.mark.parametrize("page", [page for page in PAGES if GROUP in groups(page)], ids=page_name)
def test_page(
    page: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("REPOSITORY", str(ROOT))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    shell = {**os.environ, "PATH": path, "PYTHONSAFEPATH": "", "REPOSITORY": str(ROOT)}
    if GROUP:
        shell |= serve_clone(tmp_path_factory.mktemp("clone"))
    names: dict[str, Any] = {"__name__": page.stem}
    printed = ""
    for block in blocks(page):
        where = f"{page.relative_to(DOCS)}, line {block.line}"
        if block.language.startswith("{"):
            assert block.language[1:].partition("}")[0] in DIRECTIVES, where
            if ">>>" in block.text:
                session(block, {**vars(resources_py), **names}, where)
            continue
        named = _FILE.match(block.text)
        if block.language == "pycon":
            session(block, names, where)
        elif named:
            file = tmp_path / named[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
        elif block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile("\n" * (block.line - 1) + block.text, page, "exec", dont_inherit=True), names)
            printed = out.getvalue()
        elif block.language == "sh":
            command = ["bash", "-euo", "pipefail", "-c", block.text]
            result = subprocess.run(command, capture_output=True, text=True, env=shell)
            assert result.returncode == 0, f"{where}\n{result.stdout}{result.stderr}"
            printed = result.stdout
        elif block.language == "text":
            checker = doctest.OutputChecker()
            assert checker.check_output(block.text, printed, FLAGS), f"{where}\nprinted:\n{printed}"
        else:
            pytest.fail(f"{where}: a block of {block.language or 'no language'} that names no file")


def serve_clone(folder: Path) -> dict[str, str]:
    """Clone this repository with the tag of its version; return the variables that make git find it at the URL."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    subprocess.run(["git", "tag", "--force", "v0.1.0"], cwd=folder, check=True, capture_output=True)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{folder}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://git.example.com/resources-py",
        "PRE_COMMIT_HOME": str(folder / "build" / "pre-commit"),
    }


def session(block: Block, names: dict[str, Any], where: str) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, names, where, where, 0)
    assert test.examples, f"{where}: no >>> in it"
    test.globs = names  # not a copy: names carry over to the next block
    report = io.StringIO()
    failed, _ = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.write, clear_globs=False)
    assert not failed, report.getvalue()


if not GROUP:  # once is enough

    @pytest.mark.parametrize("page", PAGES, ids=page_name)
    def test_page_links_and_fences(page: Path) -> None:
        """The page's groups and link targets exist, and the test above sees each of its fences."""
        source = page.read_text("utf-8")
        for group in groups(page):
            assert not group or (ROOT / "requirements" / f"ecosystem-{group}.txt").exists(), group
        assert len(re.findall(r"^ *```", source, re.M)) == 2 * len(list(blocks(page)))
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", source):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
