"""The constructor's dict in a document: read, with the place of whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from resources_py import Resources, ResourcesError
from resources_py._errors import quoted
from resources_py._names import did_you_mean
from resources_py._parameters import NAMES
from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Diagnostic, Place, diagnose
from resources_py.cli.documents.nodes import Document, Mapping, Node, Scalar, Sequence, to_python
from resources_py.cli.items import Item

_LEVELS: Final = 2  # the dict, and its lists or dicts


def looks_like_declaration(root: Mapping) -> bool:
    """Return whether a mapping has a parameter's name, or one that is close, among its keys; or no keys at all."""
    keys = root.merged()
    return not keys or any(key in NAMES or did_you_mean(key, NAMES) for key in keys)


def read_declaration(document: Document, root: Node) -> Item:
    """Read the constructor's dict."""
    place = document.place(root)
    if isinstance(root, Mapping) and (duplicates := duplicate_key_errors(document, root)):
        return Item(place, None, duplicates)

    def locate(field: str, reason: str) -> Place:
        return document.place(_find(root, field, reason))

    try:
        resources = Resources.from_dict(to_python(root, _LEVELS))
    except ResourcesError as error:
        return Item(place, None, diagnose(error.violations, locate, document=document))
    return Item(place, resources, diagnose(resources.warnings, locate, document=document))


def duplicate_key_errors(document: Document, node: Mapping, subject: str = "") -> list[Diagnostic]:
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
        for key in node.duplicate_keys()
    ]


def misread_numbers(document: Document, root: Node) -> Iterator[Diagnostic]:
    """Warn about numbers that do not mean what they look like, such as ``010``."""
    for name, (_, value) in root.merged().items() if isinstance(root, Mapping) else ():
        sides = enumerate(value) if isinstance(value, Sequence) else ()
        fields = [(name, value), *((f"{name}[{index}]", side) for index, side in sides)]
        for field, node in fields:
            if isinstance(node, Scalar) and node.misread is not None:
                yield misread_number(document, node, field)


def misread_number(document: Document, node: Scalar, field: str, subject: str = "") -> Diagnostic:
    """Return the warning about such a number."""
    description = f"{node.written} is read as {node.misread}: write {node.misread}, or quote it"
    place = document.place(node)
    return Diagnostic(place, "warning", Reason.NOT_DECIMAL, field, description, subject, document)


def _find(root: Node, field: str, reason: str) -> Node:
    """Find the node of a violation's field; that of the key, if it is unknown."""
    name, _, index = field.partition("[")
    for key, (key_node, value) in root.merged().items() if isinstance(root, Mapping) else ():
        if reason == Reason.UNKNOWN_KEY:
            if quoted(key)[1:-1] == field:
                return key_node
        elif key == name:
            return value[int(index[0])] if index and isinstance(value, Sequence) and len(value) == 2 else value
    return root
