"""The constructor's dict, as JSON and as YAML."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import resources_py
from resources_py import ResourcesError, ResourcesWarning, Violation
from resources_py._amounts import NAMES
from resources_py._errors import quoted
from resources_py._names import MAX_SUGGESTIONS, did_you_mean
from resources_py._reasons import Reason
from resources_py._stanza import SIDES
from resources_py.cli.diagnostics import Diagnostic, Place, severity_of, unreadable
from resources_py.cli.documents.document import Document, DocumentError, Path
from resources_py.cli.documents.plain import DuplicateDict, MisreadInt
from resources_py.cli.documents.read import parse_json
from resources_py.cli.formats.base import Format, Item, decode_text
from resources_py.cli.inputs import split_lines
from resources_py.cli.manifests.subjects import NO_SUBJECT, Subject, name_of

if TYPE_CHECKING:  # imported when the first declaration is read, which `check` rarely does
    from resources_py import Resources

_RESOURCES: Final = "resources"
_KEYS_WITH_SUBJECT: Final = {_RESOURCES, *Subject._fields}

# ---- reading a document


def _looks_like_declaration(value: dict[str, Any]) -> bool:
    """Return whether a mapping has a parameter's name, or one that is close, among its keys; or no keys at all."""
    inner = value[_RESOURCES] if path_of_dict(value) else value
    if not inner or not inner.keys().isdisjoint(NAMES):
        return True
    return any(did_you_mean(key, NAMES) for key in islice(value, MAX_SUGGESTIONS))


def read_declaration(document: Document) -> Item:
    """Read the constructor's dict, alone or with the subject whose resources these are."""
    place, value, subject = document.place(), document.value, NO_SUBJECT
    found = duplicate_key_errors(document, ()) if isinstance(value, dict) else []
    if path := path_of_dict(value):
        subject = Subject(**{key: name_of(each) for key, each in value.items() if key not in path})
        value = value[_RESOURCES]
        found += duplicate_key_errors(document, path, subject)
    if found:
        return Item(place, None, found, subject)
    try:
        resources = resources_py.Resources.from_dict(value)
    except ResourcesError as error:
        return Item(place, None, _diagnose(document, error.violations, subject), subject)
    return Item(place, resources, _diagnose(document, resources.warnings, subject), subject)


def path_of_dict(value: Any) -> Path:
    """Return where the constructor's dict is: at the root, or under ``resources`` beside the parts of a subject."""
    if not isinstance(value, dict) or not {_RESOURCES} < value.keys() <= _KEYS_WITH_SUBJECT:
        return ()
    inner = value[_RESOURCES]
    return (_RESOURCES,) if isinstance(inner, dict) and inner.keys().isdisjoint(SIDES) else ()


def duplicate_key_errors(document: Document, path: Path, subject: Subject = NO_SUBJECT) -> list[Diagnostic]:
    """Reject keys that are written twice in the mapping at a path."""
    value = document.value
    for step in path:
        value = value[step]
    return [
        document.diagnose(
            (*path, key),
            Reason.UNDECODABLE,
            quoted(key)[1:-1],
            f"key {quoted(key)} is given twice: write it once",
            subject,
            about_key=True,
        )
        for key in (value.duplicates if isinstance(value, DuplicateDict) else ())
    ]


def misread_numbers(document: Document) -> Iterator[Diagnostic]:
    """Warn about numbers that do not mean what they look like, such as ``010``."""
    for field, (path, _) in _paths_by_field(document.value).items():
        value = document.value
        for step in path:
            value = value[step]
        if isinstance(value, MisreadInt):
            described = f"{value.written} is read as {int(value)}: write {int(value)}, or quote it"
            yield document.diagnose(path, Reason.NOT_DECIMAL, field, described, severity="warning")


def _diagnose(
    document: Document, found: tuple[Violation, ...] | tuple[ResourcesWarning, ...], subject: Subject
) -> list[Diagnostic]:
    paths = _paths_by_field(document.value) if found else {}
    diagnostics = []
    for each in found:
        path, about_key = paths.get(each.field, ((), False))
        diagnostics.append(
            document.diagnose(
                path,
                each.reason,
                each.field,
                each.description,
                subject,
                severity=severity_of(each),
                about_key=about_key,
            )
        )
    return diagnostics


def _paths_by_field(value: Any) -> dict[str, tuple[Path, bool]]:
    """Return the path of each field, and whether the field is about the key: one that is unknown."""
    paths: dict[str, tuple[Path, bool]] = {}
    at = path_of_dict(value)
    value = value[_RESOURCES] if at else value
    for name, each in value.items() if isinstance(value, dict) else ():
        is_known = name in NAMES
        paths[name if is_known else quoted(name)[1:-1]] = (*at, name), not is_known
        if is_known and isinstance(each, list):
            paths.update((f"{name}[{index}]", ((*at, name, index), False)) for index in range(min(len(each), 2)))
    return paths


# ---- JSON


def _locate(place: Place, data: bytes) -> Item | None:
    """Read a record as a document, which knows where each value is."""
    try:
        text = decode_text(data).rstrip("\r\n")
    except ResourcesError:
        return None
    try:
        document = parse_json(place.file, text, place.line or 1)
    except DocumentError as error:
        place = Document(place.file, text, line=place.line or 1).place_of_offset(error.offset)
        return Item(place, None, [unreadable(place, error.description)])
    return read_declaration(document)


def _write_json(resources: "Resources", _: str) -> bytes:
    """Write the values as written, without those that are not set."""
    values = {name: value for name, value in resources.to_dict().items() if value is not None}
    return json.dumps(values).encode() + b"\n"


def _add_subject(subject: Subject, line: bytes) -> bytes:
    parts = {key: part for key, part in subject._asdict().items() if part}
    return json.dumps({**parts, _RESOURCES: json.loads(line)}).encode() + b"\n" if parts else line


JSON = Format(
    "json",
    "the constructor's dict, as JSON",
    suffixes=(".json",),
    read=lambda data: resources_py.Resources.from_json(decode_text(data)),
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
    add_subject=_add_subject,
    is_declaration=True,
)


# ---- YAML


def _write_yaml(resources: "Resources", _: str) -> bytes:
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
    read_document=lambda document, _: iter([read_declaration(document)]),
    matches=_looks_like_declaration,
    write=_write_yaml,
    separator=b"---\n",
    is_declaration=True,
)
