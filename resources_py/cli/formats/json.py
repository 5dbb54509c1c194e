"""JSON of the constructor's dict."""

from __future__ import annotations

import json
import re

from resources_py import Resources, ResourcesError, Violation
from resources_py._reasons import Reason
from resources_py.cli.declarations import read_declaration
from resources_py.cli.diagnostics import Diagnostic, Place, unreadable
from resources_py.cli.documents.json import parse_json
from resources_py.cli.documents.nodes import MAX_DEPTH, Document, DocumentError
from resources_py.cli.formats.base import Format
from resources_py.cli.records import split_lines


def decode_text(data: bytes) -> str:
    """Decode UTF-8.

    Raises ResourcesError.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise undecodable(f"it is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}") from error


def undecodable(description: str) -> ResourcesError:
    """Return the error for a record that cannot be decoded."""
    return ResourcesError([Violation("", Reason.UNDECODABLE, description)])


def _read(data: bytes) -> Resources:
    text = decode_text(data)
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        _check_depth(text)
    return Resources.from_json(text)


def _check_depth(text: str) -> None:
    """Raise ResourcesError for a text that is nested too deeply; brackets within strings do not count."""
    depth = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[][{}]', text):
        depth += (bracket in "[{") - (bracket in "]}")
        if depth > MAX_DEPTH:
            raise undecodable(f"it is nested deeper than {MAX_DEPTH} levels")


def _locate(place: Place, data: bytes) -> list[Diagnostic]:
    """Read a record as a document, which knows where each value is."""
    text = data.decode().rstrip("\r\n")
    line = place.line or 1
    try:
        documents = parse_json(place.file, text, line)
    except DocumentError as error:
        return [unreadable(Document(place.file, text, line).place(error.offset), error.description)]
    root = documents[0].root if len(documents) == 1 else None
    return read_declaration(documents[0], root).diagnostics if root is not None else []


def _write(resources: Resources, _: str) -> bytes:
    """Write the values as written, without those that are not set."""
    values = {name: value for name, value in resources.to_dict().items() if value is not None}
    return json.dumps(values).encode() + b"\n"


JSON = Format(
    "json",
    "the constructor's dict, as JSON",
    suffixes=(".json",),
    read=_read,
    locate=_locate,
    write=_write,
    many="jsonl",
    is_declaration=True,
)
JSONL = Format(
    "jsonl",
    "the same, one per line",
    suffixes=(".jsonl", ".ndjson"),
    read=_read,
    split=split_lines,
    locate=_locate,
    write=_write,
    is_declaration=True,
)
