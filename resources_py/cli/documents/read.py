"""The documents of a YAML or JSON file."""

import io
from collections.abc import Iterator
from functools import partial

from resources_py.cli.diagnostics import Diagnostic, Place, unreadable
from resources_py.cli.documents.document import Document, DocumentError
from resources_py.cli.documents.json import Finder, decode, skip_space
from resources_py.cli.documents.json_stream import JsonReader
from resources_py.cli.documents.nodes import find_span, to_plain
from resources_py.cli.documents.window import Window
from resources_py.cli.documents.yaml import parse_yaml, split_yaml
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
        for line, text in split_yaml(window.lines(MAX_DOCUMENT_BYTES), MAX_DOCUMENT_BYTES, window.line):
            if text is None:
                yield unreadable(Place(name, line), TOO_LARGE)
            else:
                yield from parse_text(name, text, line)
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
    try:
        roots = [(root, to_plain(root)) for root in parse_yaml(text)]
    except DocumentError as yaml_error:
        if error is None or _is_named(name, ".yaml", ".yml"):
            place = Document(name, text, line=line).place_of_offset(yaml_error.offset)
            error = unreadable(place, yaml_error.description)
        hint = " (a template? render it first)" if "{{" in text else ""
        return [error._replace(description=error.description + hint)]
    return [Document(name, text, value, partial(find_span, root), line) for root, value in roots if value is not None]


def parse_json(name: str, text: str, line: int = 1) -> Document:
    """Parse one JSON value.

    Raises DocumentError.
    """
    value, end = decode(text, skip_space(text, 0))
    if (rest := skip_space(text, end)) < len(text):
        raise DocumentError("invalid JSON: extra data", rest)
    return Document(name, text, value, Finder(text, value).find, line)


def _begins_as_json(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _is_named(name: str, *suffixes: str) -> bool:
    return name.removesuffix(".gz").endswith(suffixes)


def _is_not_null(document: Document | Diagnostic) -> bool:
    return isinstance(document, Diagnostic) or document.value is not None
