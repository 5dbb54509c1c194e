"""The constructor's dict, as JSON and as YAML."""

import json
import re
from collections.abc import Iterator
from itertools import islice

from resources_py import Resources, ResourcesError, ResourcesWarning, Violation
from resources_py._errors import quoted
from resources_py._names import MAX_SUGGESTIONS, did_you_mean
from resources_py._parameters import NAMES
from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Diagnostic, Place, diagnose, unreadable
from resources_py.cli.documents.json import parse_json
from resources_py.cli.documents.nodes import Document, DocumentError, Mapping, Node, Scalar, Sequence, to_python
from resources_py.cli.formats.base import Format, Item, decode_text
from resources_py.cli.inputs import split_lines
from resources_py.cli.manifests.subjects import NO_SUBJECT, Subject

# ---- reading a document


def _looks_like_declaration(root: Mapping) -> bool:
    """Return whether a mapping has a parameter's name, or one that is close, among its keys; or no keys at all."""
    keys = root.entries
    first = islice(keys, MAX_SUGGESTIONS)
    return not keys or not keys.keys().isdisjoint(NAMES) or any(did_you_mean(key, NAMES) for key in first)


def read_declaration(document: Document, root: Node) -> Item:
    """Read the constructor's dict."""
    place = document.place(root)
    if isinstance(root, Mapping) and root.duplicates:
        return Item(place, None, duplicate_key_errors(document, root))
    try:
        resources = Resources.from_dict(to_python(root, 2))  # the dict, and its lists or dicts
    except ResourcesError as error:
        return Item(place, None, _diagnose(document, root, error.violations))
    return Item(place, resources, _diagnose(document, root, resources.warnings))


def duplicate_key_errors(document: Document, node: Mapping, subject: Subject = NO_SUBJECT) -> list[Diagnostic]:
    """Reject keys that are written twice."""
    return [
        Diagnostic(
            document.place(key),
            "error",
            Reason.UNDECODABLE,
            quoted(key.written)[1:-1],
            f"key {quoted(key.written)} is given twice: write it once",
            subject,
            document,
        )
        for key in node.duplicates
    ]


def misread_numbers(document: Document, root: Node) -> Iterator[Diagnostic]:
    """Warn about numbers that do not mean what they look like, such as ``010``."""
    for field, node in _nodes_by_field(root).items():
        if isinstance(node, Scalar) and node.misread is not None:
            yield misread_number(document, node, field)


def misread_number(document: Document, node: Scalar, field: str, subject: Subject = NO_SUBJECT) -> Diagnostic:
    """Return the warning about such a number."""
    description = f"{node.written} is read as {node.misread}: write {node.misread}, or quote it"
    place = document.place(node)
    return Diagnostic(place, "warning", Reason.NOT_DECIMAL, field, description, subject, document)


def _diagnose(
    document: Document, root: Node, found: tuple[Violation, ...] | tuple[ResourcesWarning, ...]
) -> list[Diagnostic]:
    nodes = _nodes_by_field(root) if found else {}
    return diagnose(found, lambda field, _: document.place(nodes.get(field, root)), document=document)


def _nodes_by_field(root: Node) -> dict[str, Node]:
    """Return the node of each field: that of a value, of one of its sides, or of a key that is unknown."""
    nodes: dict[str, Node] = {}
    for name, (key, value) in root.entries.items() if isinstance(root, Mapping) else ():
        if name not in NAMES:
            nodes[quoted(name)[1:-1]] = key
            continue
        nodes[name] = value
        if isinstance(value, Sequence):
            nodes.update((f"{name}[{index}]", side) for index, side in enumerate(value[:2]))
    return nodes


# ---- JSON


def _locate(place: Place, data: bytes) -> list[Diagnostic]:
    """Read a record as a document, which knows where each value is."""
    try:
        text = decode_text(data).rstrip("\r\n")
    except ResourcesError:
        return []
    document = Document(place.file, text, place.line or 1)
    try:
        roots = parse_json(text)
    except DocumentError as error:
        return [unreadable(document.place(error.offset), error.description)]
    return read_declaration(document, roots[0]).diagnostics if len(roots) == 1 else []


def _write_json(resources: Resources, _: str) -> bytes:
    """Write the values as written, without those that are not set."""
    values = {name: value for name, value in resources.to_dict().items() if value is not None}
    return json.dumps(values).encode() + b"\n"


JSON = Format(
    "json",
    "the constructor's dict, as JSON",
    suffixes=(".json",),
    read=lambda data: Resources.from_json(decode_text(data)),
    locate=_locate,
    write=_write_json,
    many="jsonl",
    is_declaration=True,
)
JSONL = Format(
    "jsonl",
    "the same, one per line",
    suffixes=(".jsonl", ".ndjson"),
    read=JSON.read,
    split=split_lines,
    locate=_locate,
    write=_write_json,
    is_declaration=True,
)


# ---- YAML


def _write_yaml(resources: Resources, _: str) -> bytes:
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
    read_document=lambda document, root, _: iter([read_declaration(document, root)]),
    matches=_looks_like_declaration,
    write=_write_yaml,
    separator=b"---\n",
    is_declaration=True,
)
