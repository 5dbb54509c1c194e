"""YAML of the constructor's dict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from resources_py import Resources
from resources_py.cli.declarations import looks_like_declaration, read_declaration
from resources_py.cli.documents.nodes import Document, Node
from resources_py.cli.formats.base import Format
from resources_py.cli.items import GpuResource, Item


def _read_document(document: Document, root: Node, _: GpuResource) -> Iterator[Item]:
    yield read_declaration(document, root)


def _write(resources: Resources, _: str) -> bytes:
    lines = []
    for name, value in resources.to_dict().items():
        if isinstance(value, list):
            lines.append(f"{name}: [{', '.join(map(yaml_scalar, value))}]\n")
        elif value is not None:
            lines.append(f"{name}: {yaml_scalar(value)}\n")
    return ("".join(lines) or "{}\n").encode()


def yaml_scalar(value: str | float | None) -> str:
    """Write a value so that every reader of YAML reads the same."""
    # 500m and 1Gi are strings to all of them; others are quoted, since readers differ over 1e3 or 0x1
    if isinstance(value, str) and re.fullmatch(r"[0-9]+(m|k|[MGTP]|[KMGTPE]i)", value):
        return value
    return json.dumps(value)


YAML = Format(
    "yaml",
    "the same, as YAML; many are separated by ---",
    suffixes=(".yaml", ".yml"),
    read_document=_read_document,
    matches=looks_like_declaration,
    write=_write,
    separator=b"---\n",
    is_declaration=True,
)
