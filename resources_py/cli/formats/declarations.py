"""The constructor's dict, as JSON and as YAML: that of a Resources, or that of a ContainerResources."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any, Final

import resources_py
from resources_py import ResourcesError, ResourcesWarning, Violation
from resources_py._amounts import NAMES
from resources_py._errors import field_path, quoted
from resources_py._json import decode_json
from resources_py._names import MAX_SUGGESTIONS, did_you_mean
from resources_py._reasons import Reason
from resources_py._resource_names import is_container_resource
from resources_py._stanza import SIDES
from resources_py.cli.diagnostics import Diagnostic, Place, severity_of, unreadable
from resources_py.cli.documents.document import Document, DocumentError, Path
from resources_py.cli.documents.plain import DuplicateDict, MisreadInt
from resources_py.cli.documents.read import parse_json
from resources_py.cli.formats.base import AnyResources, Format, Item, Reading, decode_text
from resources_py.cli.formats.containers import find_lost, simplify, to_dict
from resources_py.cli.inputs import split_lines
from resources_py.cli.manifests.subjects import NO_SUBJECT, Subject, name_of

_RESOURCES: Final = "resources"
_PARTS: Final = ("extended", "named", "claims")  # of a ContainerResources, beside these
_KEYS_BESIDE: Final = {_RESOURCES, *_PARTS, *Subject._fields}

# ---- reading a document


def _looks_like_declaration(value: dict[str, Any]) -> bool:
    """Return whether a mapping has a parameter's name, or one that is close, among its keys; or no keys at all."""
    inner = value[_RESOURCES] if path_of_dict(value) else value
    if is_whole(value) and _has_known_part(value):
        return True
    if not inner or not inner.keys().isdisjoint(NAMES):
        return True
    return any(did_you_mean(key, NAMES) for key in islice(value, MAX_SUGGESTIONS))


def _has_known_part(value: dict[str, Any]) -> bool:
    """Return whether a part of a ContainerResources has one of its keys: the parts' own names are common words."""
    extended, named = value.get("extended"), value.get("named")
    if isinstance(named, dict) and any(is_container_resource(name) for name in named if isinstance(name, str)):
        return True
    return isinstance(extended, dict) and not extended.keys().isdisjoint(_known_keys("extended") or ())


def read_declaration(document: Document, reading: Reading) -> Item:
    """Read the constructor's dict, alone or with the subject whose resources these are."""
    place, value, subject = document.place(), document.value, NO_SUBJECT
    if path_of_dict(value) or is_whole(value):
        subject = Subject(**{key: name_of(value[key]) for key in Subject._fields if key in value})
        value = {key: each for key, each in value.items() if key not in Subject._fields}
        value = value if is_whole(document.value) else value[_RESOURCES]
    found = [each for path in _mappings(document.value) for each in duplicate_key_errors(document, path, subject)]
    if found:
        return Item(place, None, found, subject)
    try:
        declared = read_dict(value)
    except ResourcesError as error:
        return Item(place, None, _diagnose(document, error.violations, subject), subject)
    lost = tuple(each.violation for each in find_lost(declared, reading))
    diagnostics = _diagnose(document, declared.warnings, subject) + _diagnose(document, lost, subject)
    return Item(place, simplify(declared), diagnostics, subject)


def read_dict(value: Any) -> AnyResources:
    """Read the dict of a Resources or of a ContainerResources.

    Raises ResourcesError.
    """
    if not is_whole(value):
        return resources_py.Resources.from_dict(value)
    return resources_py.ContainerResources.from_dict(value)


def path_of_dict(value: Any) -> Path:
    """Return where the four resources are: at the root, or under ``resources`` beside other parts, and the subject."""
    if not isinstance(value, dict) or _RESOURCES not in value or not value.keys() <= _KEYS_BESIDE:
        return ()
    inner = value[_RESOURCES]
    return (_RESOURCES,) if isinstance(inner, dict) and inner.keys().isdisjoint(SIDES) else ()


def is_whole(value: Any) -> bool:
    """Return whether a dict is that of a ContainerResources, of which no part is required."""
    if not isinstance(value, dict) or not value.keys() <= _KEYS_BESIDE:
        return False
    has_part = any(part in value for part in _PARTS) or value.keys() == {_RESOURCES}
    return has_part and (value.get(_RESOURCES) is None or bool(path_of_dict(value)))


def _mappings(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each mapping in a declaration."""
    if isinstance(value, dict):
        yield path
        for key, each in value.items():
            yield from _mappings(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _mappings(each, (*path, index))


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


_REASONS_OF_NAMES: Final = (Reason.UNSUPPORTED_NAME, Reason.DUPLICATE_NAME, Reason.UNKNOWN_KEY)


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
                about_key=about_key or (path[:1] == ("named",) and each.reason in _REASONS_OF_NAMES),
            )
        )
    return diagnostics


def _paths_by_field(value: Any) -> dict[str, tuple[Path, bool]]:
    """Return the path of each field, and whether the field is about the key: one that is unknown."""
    paths: dict[str, tuple[Path, bool]] = {}
    path = path_of_dict(value)
    if is_whole(value):
        for part in (_RESOURCES, *_PARTS):
            if part in value:
                _add_paths(paths, part, value[part], (part,))
    elif isinstance(value, dict):
        for name, each in (value[_RESOURCES] if path else value).items():
            _add_paths(paths, _shown(name), each, (*path, name), is_known=name in NAMES)
    return paths


def _add_paths(
    paths: dict[str, tuple[Path, bool]], field: str, value: Any, path: Path, *, is_known: bool = True
) -> None:
    paths[field] = path, not is_known
    if not is_known:
        return
    if isinstance(value, list):
        for index, each in enumerate(value):
            paths[f"{field}[{index}]"] = (*path, index), False
            if field == "claims":
                _add_claim(paths, f"{field}[{index}]", each, (*path, index))
    elif isinstance(value, dict):
        known = _known_keys(field)
        for name, each in value.items():
            inner = field_path(field, name) if field == "named" else f"{field}.{_shown(name)}"
            _add_paths(paths, inner, each, (*path, name), is_known=known is None or name in known)


def _known_keys(field: str) -> Sequence[str] | None:
    """Return the keys that the mapping of a field may have; None if they are names of resources."""
    # The classes are imported late: that takes longer than to check a manifest.
    if field == _RESOURCES:
        return NAMES
    if field == "extended":
        return [each.name for each in fields(resources_py.ExtendedResources)]
    if field == "extended.shared_memory":
        return [each.name for each in fields(resources_py.SharedMemory)]
    return None


def _add_claim(paths: dict[str, tuple[Path, bool]], field: str, claim: Any, path: Path) -> None:
    """Add name and request of a claim: a name, a pair, or what Kubernetes writes."""
    for index, key in enumerate(("name", "request")):
        is_pair, is_mapping = isinstance(claim, list) and index < len(claim), isinstance(claim, dict) and key in claim
        paths[f"{field}.{key}"] = (*path, index) if is_pair else (*path, key) if is_mapping else path, False


def _shown(key: str) -> str:
    return quoted(key)[1:-1]


# ---- JSON


def _locate(place: Place, data: bytes, reading: Reading) -> Item | None:
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
    return read_declaration(document, reading)


def _write_json(declared: AnyResources, _: str | None) -> bytes:
    """Write the values as written, without those that are not set."""
    return json.dumps(to_dict(declared)).encode() + b"\n"


def _add_subject(subject: Subject, line: bytes) -> bytes:
    parts = {key: part for key, part in subject._asdict().items() if part}
    if not parts:
        return line
    values = json.loads(line)
    return json.dumps(parts | (values if _RESOURCES in values else {_RESOURCES: values})).encode() + b"\n"


JSON = Format(
    "json",
    "the constructor's dict, as JSON",
    suffixes=(".json",),
    read=lambda data: read_dict(decode_json(decode_text(data))),
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


def _write_yaml(declared: AnyResources, _: str | None) -> bytes:
    return ("".join(_yaml_lines(to_dict(declared))) or "{}\n").encode()


def _yaml_lines(values: dict[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:\n"
            yield from _yaml_lines(value, indent + "  ")
        else:
            yield f"{indent}{name}: {_yaml_flow(value)}\n"


def _yaml_flow(value: Any) -> str:
    return f"[{', '.join(map(_yaml_flow, value))}]" if isinstance(value, list) else yaml_scalar(value)


def yaml_scalar(value: object) -> str:
    """Write a value so that every reader of YAML reads the same."""
    # 500m and 1Gi are strings to all of them; others are quoted, since readers differ over 1e3 or 0x1
    if isinstance(value, str) and re.fullmatch(r"[0-9]+(m|k|[MGTP]|[KMGTPE]i)", value):
        return value
    # JSON's pairs of surrogates are two characters in YAML.
    return re.sub(r"[^ -~]", lambda found: f"\\U{ord(found[0]):08x}", json.dumps(value, ensure_ascii=False))


YAML = Format(
    "yaml",
    "the same, as YAML; many are separated by ---",
    suffixes=(".yaml", ".yml"),
    read_document=lambda document, reading: iter([read_declaration(document, reading)]),
    matches=_looks_like_declaration,
    write=_write_yaml,
    separator=b"---\n",
    is_declaration=True,
)
