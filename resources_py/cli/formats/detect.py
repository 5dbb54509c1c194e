"""Detecting the format of an input: by its suffix, or by the keys of a YAML or JSON document."""

import io
import os
import re
from fnmatch import fnmatchcase
from typing import Any, Final

from resources_py._amounts import NAMES
from resources_py._names import did_you_mean
from resources_py.cli.diagnostics import Diagnostic
from resources_py.cli.documents.document import Document, DocumentError
from resources_py.cli.documents.read import parse_json, parse_text
from resources_py.cli.documents.window import Window
from resources_py.cli.documents.yaml_split import Chunk, split_yaml
from resources_py.cli.formats import FORMATS, Format, format_of_suffix
from resources_py.cli.formats.declarations import JSON, JSONL, YAML, is_whole, path_of_dict
from resources_py.cli.formats.kubernetes import MANIFEST
from resources_py.cli.formats.protobuf import PROTOJSON
from resources_py.cli.inputs import MAX_HEAD_BYTES, Source

_COMMENTS: Final = re.compile(r"\A(\s|#[^\n]*\n)*")
# A declaration last: the keys of a manifest may be close to a parameter's name.
_BY_KEYS: Final = sorted(
    (format_ for format_ in FORMATS.values() if format_.matches), key=lambda each: (each is YAML, each is not MANIFEST)
)
_VALUES_FILES: Final = "values*.y*ml"  # of a Helm chart
_API_VERSION: Final = re.compile(r"""^apiVersion:|"apiVersion"\s*:""", re.MULTILINE)


def match_keys(value: object) -> Format | None:
    """Return the format that a document's keys belong to."""
    if not isinstance(value, dict):
        return None
    return next((format_ for format_ in _BY_KEYS if format_.matches and format_.matches(value)), None)


def match_document(document: Document, *, is_in_folder: bool) -> Format | None:
    """Return the format of one document among others in a file that may hold anything; None if it has no resources."""
    if document.listed_in is not None:
        return MANIFEST
    format_ = match_keys(document.value)
    if format_ is YAML and (is_in_folder or not _is_declaration(document.value)):
        format_ = None
    if format_ is None and isinstance(document.value, dict):
        return MANIFEST if fnmatchcase(os.path.basename(document.file), _VALUES_FILES) else None
    return format_


def _is_declaration(value: dict[str, Any]) -> bool:
    """Return whether a parameter's name is among the keys, or all are close to one, not only some."""
    if path_of_dict(value) or is_whole(value) or not value.keys().isdisjoint(NAMES):
        return True
    return bool(value) and all(did_you_mean(key, NAMES) for key in value)


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
    if found is None or found not in (YAML, PROTOJSON):
        return None
    return FORMATS[(JSON if found is YAML else found).many]


def _match_line(line: str) -> Format | None:
    try:
        return match_keys(parse_json("", line).value)
    except DocumentError:
        return None


def _match_documents(source: Source, text: str, *, is_whole: bool) -> Format | None:
    """Match the first document that is not empty. If `text` is only its beginning, only a manifest is that long."""
    is_json = text.lstrip().startswith("{")
    chunks = [Chunk(1, text)] if is_json else [*split_yaml(Window(io.BytesIO(text.encode()), "utf-8"), len(text))]
    for line, chunk, _ in chunks:
        if not is_whole and line == chunks[-1].line:
            return MANIFEST if chunk and _API_VERSION.search(chunk) else None
        for document in parse_text(source.name, chunk or "", line):
            if isinstance(document, Diagnostic):
                raise DetectionError(f"{document.place}: cannot detect the format: {document.description}")
            return match_keys(document.value)
    return None
