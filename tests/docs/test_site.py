"""The built site is complete: every public name, command, field and function, and no dead link.

Runs with the folder of the site in the variable SITE: `make test-docs`.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import html
import importlib
import inspect
import os
import re
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import pytest

import resources_py
from resources_py import Reason
from resources_py.cli import _main

if "SITE" not in os.environ:
    pytest.skip("needs the built site: make test-docs", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ["SITE"])
PAGES = sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)
MODULES = ("resources_py", "resources_py.kubernetes", "resources_py.grpc", "resources_py.service")


def words(text: str) -> str:
    """Reduce text to its words: what is not one may be markup, and so are the roles of a docstring."""
    return " ".join(re.findall(r"\w+", re.sub(r":\w+:`", "`", text)))


def plain(markup: str) -> str:
    return words(html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"</?(?:span|code|em|strong|a|p)\b[^>]*>", "", markup))))


@functools.cache
def page(name: str) -> str:
    return (SITE / f"{name}.html").read_text("utf-8")


@functools.cache
def inventory() -> dict[str, str]:
    """The names that other sites can link to, each with its page."""
    found = {}
    lines = (SITE / "objects.inv").read_bytes().split(b"\n", 4)
    for line in zlib.decompress(lines[4]).decode().splitlines():
        name, role, _, target, _ = line.split(" ", 4)
        if role.startswith("py:"):
            found[name] = target.partition(".html")[0]
    return found


def section(name: str) -> str:
    """The text of an object in Python, up to the next one."""
    markup = page(inventory()[name])
    start = markup.index(f'id="{name}"')
    following = re.compile(r'<dt class="sig [^>]*id="').search(markup, start)
    return markup[start : following.start() if following else len(markup)]


def public() -> Iterator[tuple[str, Any]]:
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            yield f"{module.__name__}.{name}", getattr(module, name)


def members(owner: type) -> Iterator[str]:
    """The members that this package adds, and those that mashumaro does."""
    for name in dir(owner):
        of_base = any(hasattr(base, name) for base in (tuple, UserWarning, ValueError))
        if not (name.startswith("_") or name == "Config" or (of_base and name not in vars(owner))):
            yield name


PUBLIC = dict(public())
MASHUMARO = ("to_dict", "from_dict", "to_json")  # without docstrings: described once, in Resources
CLASSES = {name: thing for name, thing in PUBLIC.items() if inspect.isclass(thing)}


# ---- Python


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_its_docstring(name: str) -> None:
    thing = PUBLIC[name]
    if inspect.isclass(thing) or inspect.isfunction(thing):
        (summary, *_) = inspect.cleandoc(thing.__doc__ or "").split("\n\n")
    else:
        summary = ALIASES[name.rpartition(".")[2]]
    assert words(summary) in plain(section(name))


@pytest.mark.parametrize("name", [name for name, thing in PUBLIC.items() if inspect.isfunction(thing)] + [*CLASSES])
def test_a_public_name_has_its_parameters(name: str) -> None:
    """Each that the docstring describes has its description; each of a signature is named."""
    described = arguments(PUBLIC[name].__doc__)
    text = plain(section(name))
    for parameter, description in described.items():
        assert f"<strong>{parameter}</strong>" in section(name), parameter
        assert words(description) in text, parameter
    if described:
        assert set(inspect.signature(PUBLIC[name]).parameters) == {parameter.lstrip("*") for parameter in described}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_has_its_members(name: str) -> None:
    for member in members(CLASSES[name]):
        if member in MASHUMARO and CLASSES[name] is not resources_py.Resources:
            assert member in page(inventory()[name])
            continue
        value = inspect.getattr_static(CLASSES[name], member)
        value = getattr(value, "__func__", getattr(value, "fget", value))
        text = section(f"{name}.{member}")
        if inspect.isfunction(value) and value.__module__.startswith("resources_py"):
            (summary, *_) = inspect.cleandoc(value.__doc__ or "").split("\n\n")
            assert summary
            assert words(summary) in plain(text), member
            for parameter in arguments(value.__doc__):
                assert f"<strong>{parameter.replace('*', '')}" in text.replace("*", ""), (member, parameter)


def names_of(annotation: object) -> set[str]:
    """Return the names in a type, as the page spells it: without modules, and `str | None` for `Union[str, NoneType]`."""
    names = set(re.findall(r"\w+", re.sub(r"\w+\.", "", str(annotation))))
    return {"None" if name == "NoneType" else name for name in names - {"Union"}}


@pytest.mark.parametrize("name", ["Resources", "ContainerResources", "ExtendedResources", "SharedMemory"])
def test_a_constructor_shows_what_it_accepts(name: str) -> None:
    """Not what the attribute of that name holds."""
    markup = section(f"resources_py.{name}")
    for parameter in inspect.signature(getattr(resources_py, name)).parameters.values():
        described = markup[markup.index(f"<strong>{parameter.name}</strong>") :].partition("</li>")[0]
        assert names_of(parameter.annotation) <= set(plain(described).split()), parameter


def test_attributes_have_their_docstrings() -> None:
    """They are lost without a warning if Sphinx looks for them in another module than the one that defines them."""
    count = 0
    for name, attribute, docstring in attribute_docstrings():
        assert words(docstring) in plain(section(f"{name}.{attribute}")), f"{name}.{attribute}"
        count += 1
    fields = [
        field for thing in CLASSES.values() if dataclasses.is_dataclass(thing) for field in dataclasses.fields(thing)
    ]
    assert count >= len(fields) > 10


def arguments(docstring: str | None) -> dict[str, str]:
    """The parameters that a docstring describes."""
    _, _, rest = inspect.cleandoc(docstring or "").partition("\nArgs:\n")
    block = re.split(r"\n(?=\S)", rest)[0]
    return dict(re.findall(r"^    ([*\w]+): (.*(?:\n {5,}.*)*)", block, re.M))


def attribute_docstrings() -> Iterator[tuple[str, str, str]]:
    """Public class, attribute and docstring, from the source."""
    owners = {name.rpartition(".")[2]: name for name in CLASSES} | {"_Fields": "resources_py.Resources"}
    for path in sorted((ROOT / "resources_py").glob("**/_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name in owners:
                for before, after in pairwise(node.body):
                    if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name):
                        match after:
                            case ast.Expr(ast.Constant(str(docstring))):
                                yield owners[node.name], before.target.id, docstring


def alias_docstrings() -> Iterator[tuple[str, str]]:
    """Those of module-level names."""
    for path in sorted((ROOT / "resources_py").glob("**/_*.py")):
        body = ast.parse(path.read_text("utf-8")).body
        for before, after in pairwise(body):
            match before, after:
                case ast.AnnAssign(ast.Name(name)), ast.Expr(ast.Constant(str(docstring))):
                    yield name, docstring


ALIASES = dict(alias_docstrings())


# ---- the command line, the schema, Go, reasons


@pytest.mark.parametrize("name", _main._COMMANDS)
def test_a_command_has_its_options(name: str) -> None:
    command = importlib.import_module(f"resources_py.cli.commands.{name}").command
    markup = page("reference/command-line")
    assert f'id="resources-py-{name}"' in markup
    start = markup.index(f'id="resources-py-{name}"')
    text = plain(markup[start:].partition('id="resources-py-')[2].partition('<section id="resources-py-')[0])
    assert words(command.help.split("\n\n")[0].replace("\b", "")) in text
    for option in command.params:
        if isinstance(option, click.Option):
            assert f'id="cmdoption-resources-py-{name}-{option.opts[-1].lstrip("-")}"' in markup, option.name
            assert words(option.help or "") in text, option.name


@pytest.mark.parametrize("path", sorted((ROOT / "proto").rglob("*.proto")), ids=lambda path: path.name)
def test_the_schema_has_every_comment(path: Path) -> None:
    """Each paragraph, table cell and line of a grammar."""
    text = plain(page("reference/schema"))
    source = path.read_text("utf-8")
    lines = re.findall(r"^ *// ?(.*)$", source, re.M)
    assert len(lines) > 50
    for line in lines:
        line = re.sub(r"^ *(?:# |\d\. )", "", line)  # a heading, or an item of a list
        for cell in line.split("|") if re.search(r"\S +\|", line) else [line]:
            assert words(cell) in text, line
    for name in re.findall(r"^ *(?:message|enum|service|rpc) (\w+)|^ *(?:[\w.]+ )+(\w+) = \d+;", source, re.M):
        assert re.search(rf'id="[\w.-]*\b{"".join(name).lower().replace("_", "-")}"', page("reference/schema")), name


def test_go_has_every_exported_name() -> None:
    text = plain(page("reference/go"))
    names = set()
    for path in (ROOT / "resources_go").glob("*.go"):
        if not path.name.endswith("_test.go"):
            source = path.read_text("utf-8")
            names |= set(re.findall(r"^(?:func (?:\(\w+ \*?[A-Z]\w*\) )?|type |var |const )([A-Z]\w*)", source, re.M))
            names |= set(re.findall(r"^\t(Reason[A-Z]\w*) ", source, re.M))
            for comment in re.findall(
                r"((?:^//.*\n)+)^(?:func (?:\(\w+ \*?[A-Z]\w*\) )?|type |var )[A-Z]", source, re.M
            ):
                prose = re.sub(r"^// ?", "", comment, flags=re.M)
                assert words(prose) in text, comment
    assert len(names) > 30
    assert not {name for name in names if not re.search(rf"\b{name}\b", text)}


def test_every_reason_has_an_anchor() -> None:
    for name in vars(Reason):
        if name.isupper():
            assert f'id="{name.lower().replace("_", "-")}"' in page("reference/reasons"), name


# ---- every page


def links(path: Path) -> Iterator[str]:
    for link in re.findall(r'<[a-z]+ [^>]*?\b(?:href|src|data)="([^"]*)"', path.read_text("utf-8")):
        yield html.unescape(link)


@functools.cache
def anchors(path: Path) -> set[str]:
    return set(re.findall(r'\bid="([^"]*)"', path.read_text("utf-8")))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(SITE)))
def test_links_resolve(path: Path) -> None:
    count = 0
    for link in links(path):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or not link:
            assert parts.scheme in ("http", "https", ""), link
            continue
        count += 1
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        assert target.is_file(), link
        if parts.fragment and target.suffix == ".html":
            assert unquote(parts.fragment) in anchors(target), link
    assert count > 10


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(SITE)))
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    for tag in re.findall(r"<(?:script|link|img|iframe|source|object)\b[^>]*>", path.read_text("utf-8")):
        assert not re.search(r'\b(?:src|href|data)="(?:https?:)?//', tag), tag


def test_styles_load_nothing_from_elsewhere() -> None:
    styles = list((SITE / "_static").rglob("*.css"))
    assert len(styles) > 3
    for path in styles:
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", path.read_text("utf-8")), path


def test_the_copy_button_copies_only_what_follows_a_prompt() -> None:
    """Its pattern matches just the lines that start with a prompt: no output, no traceback."""
    (pattern,) = re.findall(r"formatCopyText\(text, '(.*?)', true, true,", script("copybutton.js"))
    prompt = re.compile(pattern.replace(r"\\", "\\"))
    count = 0
    for block in re.findall(r'<div class="highlight-pycon .*?<pre>(.*?)</pre>', page("faq"), re.S):
        for line in block.splitlines():
            text = html.unescape(re.sub(r"<[^>]*>", "", line))
            assert bool(prompt.match(text)) == ('class="gp"' in line), text
            count += text.startswith("Traceback")
    assert count > 1


def script(name: str) -> str:
    return (SITE / "_static" / name).read_text("utf-8")


def test_every_page_was_built() -> None:
    sources = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    assert sources <= {path.relative_to(SITE).with_suffix("") for path in PAGES}
