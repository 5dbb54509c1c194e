"""The documents of a YAML or JSON file."""

import io
from collections.abc import Iterator

from resources_py.cli.diagnostics import Diagnostic, Place, unreadable
from resources_py.cli.documents.json import parse_json
from resources_py.cli.documents.nodes import Document, DocumentError, is_null
from resources_py.cli.documents.yaml import parse_yaml, split_yaml
from resources_py.cli.inputs import MAX_DOCUMENT_BYTES, TOO_LARGE, Source, read_whole


def read_documents(source: Source) -> Iterator[Document | Diagnostic]:
    """Yield each document of a file, or why it, or the rest, cannot be read."""
    name, encoding = source.name, source.encoding
    place = Place(name)
    try:
        if _begins_as_json(source.head(lambda seen: bool(seen.strip())).decode(encoding, "ignore")):
            ((_, whole),) = read_whole(source.stream)
            chunks = iter([(1, whole.decode(encoding) if isinstance(whole, bytes) else None)])
        else:
            chunks = split_yaml(_lines(source), MAX_DOCUMENT_BYTES)
        for first_line, text in chunks:
            place = Place(name, first_line)
            if text is None:
                yield unreadable(place, TOO_LARGE)
                continue
            try:
                yield parse_text(name, text, first_line)
            except DocumentError as error:
                hint = " (a template? render it first)" if "{{" in text else ""
                yield unreadable(Document(name, text, first_line).place(error.offset), error.description + hint)
    except UnicodeDecodeError as error:
        yield unreadable(place, f"it is not {error.encoding.upper()}: {error.reason}")


def parse_text(name: str, text: str, first_line: int = 1) -> Document:
    """Parse JSON, or YAML that may begin as JSON does.

    Raises DocumentError.
    """
    if not _begins_as_json(text):
        roots = parse_yaml(text)
    else:
        try:
            roots = parse_json(text)
        except DocumentError as error:
            if name.endswith(".json"):
                raise
            try:
                roots = parse_yaml(text)
            except DocumentError as yaml_error:
                raise yaml_error if name.endswith((".yaml", ".yml")) else error from None
    return Document(name, text, first_line, [root for root in roots if not is_null(root)])


def _begins_as_json(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _lines(source: Source) -> Iterator[str]:
    """Yield the lines of a text; a very long one in parts, which `split_yaml` then finds too large."""
    stream = io.TextIOWrapper(source.stream, encoding=source.encoding, newline="\n")
    try:
        while line := stream.readline(MAX_DOCUMENT_BYTES + 1):
            yield line
    finally:
        stream.detach()
