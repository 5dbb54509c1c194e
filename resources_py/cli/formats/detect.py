"""Detecting the format of an input: by its suffix, or by the keys of a YAML or JSON document."""

import re
from typing import Final

from resources_py.cli.diagnostics import Diagnostic
from resources_py.cli.documents.document import DocumentError
from resources_py.cli.documents.read import parse_json, parse_text
from resources_py.cli.documents.yaml import split_yaml
from resources_py.cli.formats import FORMATS, Format, format_of_suffix
from resources_py.cli.formats.declarations import JSON, JSONL, YAML
from resources_py.cli.formats.kubernetes import MANIFEST
from resources_py.cli.formats.protobuf import PROTOJSON
from resources_py.cli.inputs import MAX_HEAD_BYTES, Source

_COMMENTS: Final = re.compile(r"\A(\s|#[^\n]*\n)*")
# A declaration last: the keys of a manifest may be close to a parameter's name.
_BY_KEYS: Final = sorted((format_ for format_ in FORMATS.values() if format_.matches), key=lambda each: each is YAML)
_API_VERSION: Final = re.compile(r"""^apiVersion:|"apiVersion"\s*:""", re.MULTILINE)


def match_keys(value: object) -> Format | None:
    """Return the format that a document's keys belong to."""
    if not isinstance(value, dict):
        return None
    return next((format_ for format_ in _BY_KEYS if format_.matches and format_.matches(value)), None)


class DetectionError(Exception):
    """The format cannot be detected."""


def detect_format(source: Source) -> tuple[Format, str]:
    """Return the format of a source, and what told it.

    Raises DetectionError where nothing does.
    """
    named = format_of_suffix(source.path)
    if named is JSONL and (of_lines := match_first_line(source)) is not JSONL:
        return of_lines, "by its name and first line"
    if named not in (None, JSON, YAML):
        return named, "by its name"
    head = source.head(_has_json_line)
    text = head.decode(source.encoding, "ignore")
    start = _COMMENTS.sub("", text)
    is_whole = len(head) < MAX_HEAD_BYTES
    if not start and is_whole:
        if named is not None:
            return named, "by its name"
        raise DetectionError(f"{source.name}: cannot detect the format: it is empty")
    found = _match_lines(start, is_pipe=source.size is None) if named is not YAML else None
    found = found or _match_documents(source, text, is_whole=is_whole)
    if found is None:
        raise DetectionError(f"{source.name}: cannot detect the format by its keys")
    if found is YAML and (named is JSON or (named is None and start.startswith("{"))):
        found = JSON
    return found, "by its content" if named is None else "by its name and content"


def match_first_line(source: Source) -> Format:
    """Return the format of a file of lines: declarations, unless the first line is of another format."""
    head = source.head(lambda seen: b"\n" in seen.lstrip())
    line, end, _ = head.decode(source.encoding, "replace").lstrip().partition("\n")
    found = _match_line(line)
    if found is MANIFEST or (not end and _API_VERSION.search(line)):
        return MANIFEST
    return FORMATS[PROTOJSON.many] if found is PROTOJSON else JSONL


def _has_json_line(head: bytes) -> bool:
    """Return whether a stream that may be slow begins with a whole line of JSON."""
    line, end, _ = head.lstrip().partition(b"\n")
    return bool(end) and line.startswith(b"{") and line.rstrip().endswith(b"}")


def _match_lines(text: str, *, is_pipe: bool) -> Format | None:
    """Match a text that begins with a line of JSON. In a file, one line is a document; on a pipe, more may follow."""
    line, end, rest = text.partition("\n")
    found = _match_line(line) if end and (is_pipe or rest.strip()) else None
    return FORMATS[(JSON if found is YAML else found).many] if found in (YAML, PROTOJSON) else None


def _match_line(line: str) -> Format | None:
    try:
        return match_keys(parse_json("", line).value)
    except DocumentError:
        return None


def _match_documents(source: Source, text: str, *, is_whole: bool) -> Format | None:
    """Match the first document that is not empty. If `text` is only its beginning, only a manifest is that long."""
    is_json = text.lstrip().startswith("{")
    lines = [text] if is_json else re.findall(r"[^\n]*\n|[^\n]+", text)
    chunks = list(split_yaml(lines, len(text)))
    for first_line, chunk in chunks:
        if not is_whole and first_line == chunks[-1][0]:
            return MANIFEST if chunk and _API_VERSION.search(chunk) else None
        for document in parse_text(source.name, chunk or "", first_line):
            if isinstance(document, Diagnostic):
                raise DetectionError(f"{document.place}: cannot detect the format: {document.description}")
            return match_keys(document.value)
    return None
