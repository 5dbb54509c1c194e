"""The documents of a YAML or JSON file."""

from __future__ import annotations

import io
from collections.abc import Iterator

from resources_py.cli.diagnostics import Diagnostic, Place, unreadable
from resources_py.cli.documents.json import parse_json
from resources_py.cli.documents.nodes import Document, DocumentError
from resources_py.cli.documents.yaml import parse_yaml, split_yaml
from resources_py.cli.inputs import MAX_DOCUMENT_BYTES, Source
from resources_py.cli.records import TOO_LARGE, read_whole


def read_documents(source: Source) -> Iterator[Document | Diagnostic]:
    """Yield each document of a file, or why it, or the rest, cannot be read."""
    name, encoding = source.name, source.encoding
    place = Place(name)
    try:
        if source.head(lambda seen: bool(seen.strip())).decode(encoding, "ignore").lstrip().startswith(("{", "[")):
            for _, data in read_whole(source.stream):
                if isinstance(data, bytes):
                    yield from _parse(name, data.decode(encoding), 1)
                else:
                    yield unreadable(place, data)
            return
        for first_line, text in split_yaml(_lines(source, encoding), MAX_DOCUMENT_BYTES):
            place = Place(name, first_line)
            if text is None:
                yield unreadable(place, TOO_LARGE)
            else:
                yield from _parse(name, text, first_line)
    except UnicodeDecodeError as error:
        yield unreadable(place, f"it is not {'UTF-16' if encoding == 'utf-16' else 'UTF-8'}: {error.reason}")


def parse_text(name: str, text: str, first_line: int = 1) -> Iterator[Document]:
    """Yield the documents of a text: JSON, or YAML that may begin as JSON does.

    Raises DocumentError.
    """
    if not text.lstrip().startswith(("{", "[")):
        yield from parse_yaml(name, text, first_line)
        return
    try:
        found = parse_json(name, text, first_line)
    except DocumentError as error:
        if name.endswith(".json"):
            raise
        try:
            found = parse_yaml(name, text, first_line)
        except DocumentError:
            if name.endswith((".yaml", ".yml")):
                raise
            raise error from None
    yield from found


def _parse(name: str, text: str, first_line: int) -> Iterator[Document | Diagnostic]:
    try:
        yield from parse_text(name, text, first_line)
    except DocumentError as error:
        hint = " (a template? render it first)" if "{{" in text else ""
        yield unreadable(Document(name, text, first_line).place(error.offset), error.description + hint)


def _lines(source: Source, encoding: str) -> Iterator[str]:
    """Yield the lines of a text; a very long one in parts, which `split_yaml` then finds too large."""
    stream = io.TextIOWrapper(source.stream, encoding=encoding, newline="\n")
    try:
        while line := stream.readline(MAX_DOCUMENT_BYTES + 1):
            yield line
    finally:
        stream.detach()
