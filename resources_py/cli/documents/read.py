"""The documents of a YAML or JSON file."""

import io
from collections.abc import Iterator
from functools import partial
from typing import Any

from resources_py.cli.diagnostics import Diagnostic, Place, unreadable
from resources_py.cli.documents.document import Document, DocumentError
from resources_py.cli.documents.json import Finder, decode, skip_space
from resources_py.cli.documents.json_stream import JsonReader
from resources_py.cli.documents.nodes import to_plain
from resources_py.cli.documents.window import Window
from resources_py.cli.documents.yaml import Nodes
from resources_py.cli.documents.yaml_fast import read_fast
from resources_py.cli.documents.yaml_split import split_yaml
from resources_py.cli.inputs import MAX_DOCUMENT_BYTES, TOO_LARGE, Source


def read_documents(source: Source) -> Iterator[Document | Diagnostic]:
    """Yield each document of a file that is not null, or why it, or the rest, cannot be read."""
    name, window = source.name, Window(source.stream, source.encoding)
    try:
        if _begins_as_json(source.head(lambda seen: bool(seen.strip())).decode(source.encoding, "ignore")):
            reader = JsonReader(window, name, may_be_yaml=not _is_named(name, ".json"))
            yield from filter(_is_not_null, reader.documents())
            if not reader.is_yaml:
                return
        for line, text, listed_in in split_yaml(window, MAX_DOCUMENT_BYTES):
            if text is None:
                yield unreadable(Place(name, line), TOO_LARGE)
            elif listed_in is None:
                yield from parse_text(name, text, line)
            else:
                yield from _parse_yaml(name, text, line, listed_in)
    except UnicodeDecodeError as error:
        yield unreadable(Place(name, window.line), f"it is not {error.encoding.upper()}: {error.reason}")


def parse_text(name: str, text: str, line: int = 1) -> list[Document | Diagnostic]:
    """Parse JSON, or YAML that may begin as JSON does; return what `read_documents` yields."""
    error = None
    if _begins_as_json(text):
        window = Window(io.BytesIO(text.encode()), "utf-8")
        window.line = line
        reader = JsonReader(window, name, may_be_yaml=not _is_named(name, ".json"))
        found = [*filter(_is_not_null, reader.documents())]
        if not reader.is_yaml:
            return found
        error = reader.error
    found = _parse_yaml(name, text, line)
    if error and not _is_named(name, ".yaml", ".yml") and isinstance(found[0], Diagnostic):
        return [error._replace(description=error.description + _template_hint(text))]
    return found


def _parse_yaml(
    name: str, text: str, line: int, listed_in: dict[str, Any] | None = None
) -> list[Document | Diagnostic]:
    """Parse YAML; of a part of a list, each item is a document."""
    nodes = Nodes(text)
    try:
        values = read_fast(text)
        if values is None:
            values = [to_plain(root) for root in nodes.roots]
    except DocumentError as error:
        document = Document(name, text, line=line)
        described = error.description + _template_hint(text)
        return [unreadable(document.place_of_offset(error.offset), described)._replace(document=document)]
    documents: list[Document | Diagnostic] = []
    for root, value in enumerate(values):
        if listed_in is not None and isinstance(value, list):
            for item, each in enumerate(value):
                documents.append(Document(name, text, each, partial(nodes.find, (root, item)), line, 1, listed_in))
        elif value is not None:
            documents.append(Document(name, text, value, partial(nodes.find, (root,)), line, 1, listed_in))
    return documents


def parse_json(name: str, text: str, line: int = 1) -> Document:
    """Parse one JSON value.

    Raises DocumentError.
    """
    value, end = decode(text, skip_space(text, 0))
    if (rest := skip_space(text, end)) < len(text):
        raise DocumentError("invalid JSON: extra data", rest)
    return Document(name, text, value, Finder(text, value).find, line)


def _template_hint(text: str) -> str:
    return " (a template? render it first)" if "{{" in text else ""


def _begins_as_json(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _is_named(name: str, *suffixes: str) -> bool:
    return name.removesuffix(".gz").endswith(suffixes)


def _is_not_null(document: Document | Diagnostic) -> bool:
    return isinstance(document, Diagnostic) or document.value is not None
