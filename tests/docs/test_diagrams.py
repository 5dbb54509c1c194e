"""The diagrams show what the library gives."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import yaml

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources

STATIC = Path(__file__).resolve().parents[2] / "docs" / "_static"
TEXT = "{http://www.w3.org/2000/svg}text"


class Diagram:
    """The texts of an SVG file."""

    def __init__(self, name: str) -> None:
        self._root = ElementTree.parse(STATIC / name).getroot()

    def lines(self, identifier: str = "") -> list[str]:
        """Return the lines of the element with this id, or all."""
        element = self._root.find(f".//*[@id='{identifier}']") if identifier else self._root
        assert element is not None, identifier
        texts = list(element.iter(TEXT)) or [element]
        return ["".join(text.itertext()) for text in texts]

    def line(self, identifier: str) -> str:
        [line] = self.lines(identifier)
        return line


def test_the_way_shows_one_declaration_at_each_step() -> None:
    way = Diagram("way.svg")
    declared = eval(way.line("declaration"), {"Resources": Resources})
    encoded = bytes.fromhex("".join(way.lines("bytes")))
    assert encoded == bytes(declared)
    assert int(way.line("length")) == len(encoded)

    message = pb.Resources.FromString(encoded)
    stanza = yaml.safe_load("\n".join(way.lines("stanza")))
    assert stanza == {"resources": declared.to_kubernetes()}
    for side in ("requests", "limits"):
        entries = [(pb.Resources.ResourceName.Name(entry.name), entry.value) for entry in getattr(message, side)]
        assert re.findall(r'(\w+) "(\S+)"', way.line(side)) == entries
        quantities = ", ".join(f"{name} {value}" for name, value in stanza["resources"][side].items())
        assert way.line(f"go-{side}") == quantities


def test_the_packages_exist(root: Path) -> None:
    lines = Diagram("packages.svg").lines()
    project = tomllib.loads((root / "pyproject.toml").read_text())
    roots = {Path(path).name for path in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]}
    assert roots == {line for line in lines if line.startswith("resource") and line.isidentifier()}
    folders = [line for line in lines if re.fullmatch(r"[\w/]+/", line)]
    assert len(folders) == 4
    assert [folder for folder in folders if not (root / folder).is_dir()] == []
    extras = {name for line in lines if "extra" in line for name in re.findall(r"\w+", line.partition("extra")[2])}
    assert extras - {"s"} == set(project["project"]["optional-dependencies"])


def test_the_diagrams_have_a_description() -> None:
    for path in STATIC.glob("*.svg"):
        if path.name == "favicon.svg":
            continue
        root = ElementTree.parse(path).getroot()
        named = (root.get("aria-labelledby") or "").split()
        described = {element.get("id"): element.text for element in root}
        assert len(named) == 2, path
        assert all(described[name] for name in named), path
