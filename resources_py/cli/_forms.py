"""The forms in which resources are written: telling them apart, reading and writing them."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import PurePath
from typing import IO, Final, NamedTuple

from resourceidl.v1 import resources_pb2 as pb
from resources_py import Resources
from resources_py._errors import ResourcesError, ResourcesWarning, Violation, quoted
from resources_py.cli import _inputs
from resources_py.cli._documents import (
    DEEPEST,
    Document,
    DocumentError,
    Mapping,
    Node,
    Scalar,
    Sequence,
    chunks,
    parse_json,
    parse_yaml,
    plain,
)
from resources_py.cli._findings import Finding, Place, errors, warned
from resources_py.cli._inputs import Source, Unreadable
from resources_py.cli._manifests import is_manifest, is_stanza, repeated, resources_of, stanzas, unwrapped
from resources_py.cli._terminal import Failure

# What each is, for help; the order is that of the help.
DESCRIPTIONS: Final = {
    "json": "the constructor's dict, as JSON",
    "jsonl": "the same, one a line",
    "yaml": "the same, as YAML; many are separated by ---",
    "kubernetes": "a container's resources: stanza, as YAML or JSON",
    "kubernetes-json": "the same, as JSON",
    "manifest": "Kubernetes objects: the resources of each container",
    "protojson": "resourceidl.v1.Resources, as ProtoJSON",
    "protojsonl": "the same, one a line",
    "txtpb": "the same, in protobuf's text format",
    "binpb": "the same, in binary",
    "delimited": "the same, many: each after its length, a varint",
}
SOURCES: Final = tuple(name for name in DESCRIPTIONS if name != "kubernetes-json")
TARGETS: Final = tuple(name for name in DESCRIPTIONS if name != "manifest")
BINARY: Final = ("binpb", "delimited")
ONE: Final = ("json", "kubernetes-json", "protojson", "txtpb", "binpb")  # a file holds one, not many

PARAMETERS: Final = tuple(field.name for field in fields(Resources))
DEFAULT_GPU_RESOURCE: Final = "nvidia.com/gpu"
_HEAD: Final = 2**16  # how far is looked ahead

_SUFFIXES: Final = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".txtpb": "txtpb",
    ".textproto": "txtpb",
    ".textpb": "txtpb",
    ".pbtxt": "txtpb",
    ".binpb": "binpb",
    ".pb": "binpb",
    ".delimited": "delimited",
}


class Item(NamedTuple):
    """One Resources that was read, or why it could not be."""

    place: Place
    resources: Resources | None
    findings: list[Finding]
    subject: str = ""


# ---- one record, or one document, at a time


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _undecodable(f"it is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}") from error


def _undecodable(description: str) -> ResourcesError:
    return ResourcesError([Violation("", "UNDECODABLE", description)])


def read_json(data: bytes) -> Resources:
    """Read the constructor's dict."""
    if data.count(b"[") + data.count(b"{") > DEEPEST:
        _refuse_depth(_text(data))
    return Resources.from_json(_text(data))


def _refuse_depth(text: str) -> None:
    """Raise ResourcesError for a text that is nested too deeply; brackets within strings do not count."""
    depth = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[][{}]', text):
        depth += (bracket in "[{") - (bracket in "]}")
        if depth > DEEPEST:
            raise _undecodable(f"it is nested deeper than {DEEPEST} levels")


def read_binary(data: bytes) -> Resources:
    """Read the bytes of a message."""
    return Resources.from_bytes(data)


def read_protojson(data: bytes) -> Resources:
    """Read a message's ProtoJSON."""
    from google.protobuf import json_format

    text = _text(data)
    try:
        message = json_format.Parse(text, pb.Resources())
    except (json_format.ParseError, ValueError, RecursionError) as error:
        raise _undecodable(f"no ProtoJSON of a Resources: {_one_line(error)}") from error
    return Resources.from_proto(message)


def read_protobuf_text(data: bytes) -> Resources:
    """Read a message in protobuf's text format."""
    from google.protobuf import text_format

    text = _text(data)
    try:
        message = text_format.Parse(text, pb.Resources())
    except (text_format.ParseError, ValueError, RecursionError) as error:
        raise _undecodable(f"no protobuf text of a Resources: {_one_line(error)}") from error
    return Resources.from_proto(message)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).encode("ascii", "backslashreplace").decode() or type(error).__name__


_CONSTRUCTOR: Final = ("json", "jsonl", "yaml")  # of these alone the constructor warns: others are no declarations
# A record's bytes, for the forms of many records; and a whole file's, for those of one.
_READERS: Final[dict[str, Callable[[bytes], Resources]]] = {
    "json": read_json,
    "jsonl": read_json,
    "protojson": read_protojson,
    "protojsonl": read_protojson,
    "txtpb": read_protobuf_text,
    "binpb": read_binary,
    "delimited": read_binary,
}
CUTTERS: Final[dict[str, Callable[[IO[bytes]], Iterator[tuple[int, bytes | Unreadable]]]]] = {
    "jsonl": _inputs.lines,
    "protojsonl": _inputs.lines,
    "delimited": _inputs.records,
}


def place_of(form: str, name: str, number: int) -> Place:
    """Say where the record of this number stands."""
    return Place(name, record=number) if form == "delimited" else Place(name, number)


def reader(form: str) -> Callable[[bytes], Resources]:
    """Give what reads one record, or one file, of a form. It raises ResourcesError."""
    return _READERS[form]


class Warned:
    """Catches what the constructor warns of, for as long as it is entered: a list that is taken after each item."""

    def __init__(self) -> None:
        self._catching = warnings.catch_warnings(record=True)
        self._log: list[warnings.WarningMessage] = []

    def __enter__(self) -> Warned:
        log = self._catching.__enter__()
        assert log is not None
        self._log = log
        warnings.simplefilter("always", ResourcesWarning)
        return self

    def __exit__(self, *_: object) -> None:
        self._catching.__exit__(None, None, None)

    def take(self) -> list[ResourcesWarning]:
        """Give what was warned of since the last time."""
        if not self._log:
            return []
        found = [entry.message for entry in self._log if isinstance(entry.message, ResourcesWarning)]
        self._log.clear()
        return found


def items(source: Source, form: str, gpu_resource: str = DEFAULT_GPU_RESOURCE) -> Iterator[Item]:
    """Read all that stands in a source, and say of each item what is wrong with it, or odd."""
    if form in CUTTERS:
        for number, data in CUTTERS[form](source.stream):
            yield _item(place_of(form, source.name, number), data, form)
    elif form in _READERS:
        yield _item(Place(source.name), _inputs.whole(source.stream), form)
    else:
        yield from _document_items(source, form, gpu_resource)


def _item(place: Place, data: bytes | Unreadable, form: str) -> Item:
    try:
        if isinstance(data, Unreadable):
            raise ResourcesError([data.violation()])
        resources = _READERS[form](data)
    except ResourcesError as error:
        return Item(place, None, errors(place, error.violations))
    return Item(place, resources, warned(place, resources.warnings) if form in _CONSTRUCTOR else [])


# ---- documents: YAML, and JSON where a place within it is asked for


def documents(source: Source) -> Iterator[Document | Finding]:
    """Give each document of a YAML or JSON file, or why the rest of it could not be read."""
    head = source.head(lambda seen: len(seen) >= 4)
    encoding = _inputs.encoding_of(head)
    looks_like_json = source.head(lambda seen: bool(seen.strip()))
    text = looks_like_json.decode(encoding, "ignore").lstrip()
    if text.startswith(("{", "[")):
        data = _inputs.whole(source.stream)
        if isinstance(data, Unreadable):
            yield Finding(Place(source.name), "error", data.reason, "", data.description)
            return
        try:
            decoded = data.decode(encoding)
        except UnicodeDecodeError as error:
            yield _not_text(Place(source.name), encoding, error)
            return
        if (found := _parsed_json(source.name, decoded)) is not None:
            yield from found
            return
        yield from _yaml_chunk(source.name, decoded, 1)
        return
    yield from _yaml_documents(source, encoding)


def _parsed_json(name: str, text: str) -> list[Document | Finding] | None:
    """Read JSON; None where it is YAML that begins as JSON does."""
    try:
        return list(parse_json(name, text))
    except DocumentError as error:
        found = error
    if not name.endswith(".json"):
        try:
            if parse_yaml(name, text):
                return None
        except DocumentError as error:
            if name.endswith((".yaml", ".yml")):
                found = error
    return [_unparsed(name, text, 1, found)]


def _yaml_documents(source: Source, encoding: str) -> Iterator[Document | Finding]:
    place = Place(source.name)
    try:
        for first_line, text in chunks(_text_lines(source, encoding)):
            place = Place(source.name, first_line)
            if text is None:
                described = f"the document is larger than {_inputs.LARGEST_DOCUMENT // 2**20} MiB"
                yield Finding(place, "error", "UNDECODABLE", "", described)
            else:
                yield from _yaml_chunk(source.name, text, first_line)
    except UnicodeDecodeError as error:
        yield _not_text(place, encoding, error)


def _text_lines(source: Source, encoding: str) -> Iterator[str]:
    """Give the lines of a text; a very long one in parts, which `chunks` then finds too large."""
    import io

    stream = io.TextIOWrapper(source.stream, encoding=encoding, newline="\n")
    try:
        while line := stream.readline(_inputs.LARGEST_DOCUMENT + 1):
            yield line
    finally:
        stream.detach()


def _yaml_chunk(name: str, text: str, first_line: int) -> Iterator[Document | Finding]:
    try:
        yield from parse_yaml(name, text, first_line)
    except DocumentError as error:
        yield _unparsed(name, text, first_line, error)


def _unparsed(name: str, text: str, first_line: int, error: DocumentError) -> Finding:
    place = Document(name, text, first_line, None).place(min(error.offset, len(text)))
    hint = " (a template? render it first)" if "{{" in text else ""
    return Finding(place, "error", "UNDECODABLE", "", error.description + hint)


def _not_text(place: Place, encoding: str, error: UnicodeDecodeError) -> Finding:
    what = "UTF-16" if encoding == "utf-16" else "UTF-8"
    return Finding(place, "error", "UNDECODABLE", "", f"it is not {what}: {error.reason}")


def _document_items(source: Source, form: str, gpu_resource: str) -> Iterator[Item]:
    for document in documents(source):
        if isinstance(document, Finding):
            yield Item(document.place, None, [document])
            continue
        root = document.root
        if root is None or (isinstance(root, Scalar) and root.value is None):
            continue
        place = document.place(root.start)
        try:
            if form == "manifest":
                yield from _manifest_items(document, root, gpu_resource)
                continue
            resources = _from_stanza(unwrapped(root), gpu_resource) if form == "kubernetes" else from_tree(root)
        except ResourcesError as error:
            yield Item(place, None, errors(place, error.violations))
        except DocumentError as error:
            yield Item(
                place, None, [Finding(document.place(error.offset), "error", "UNDECODABLE", "", error.description)]
            )
        else:
            yield Item(place, resources, warned(place, resources.warnings) if form in _CONSTRUCTOR else [])


def _manifest_items(document: Document, root: Node, gpu_resource: str) -> Iterator[Item]:
    for stanza in stanzas(root):
        node = stanza.node
        place = document.place(node.start if node is not None else root.start)
        try:
            resources = Resources() if node is None else _from_stanza(node, gpu_resource)
        except ResourcesError as error:
            yield Item(place, None, errors(place, error.violations, stanza.subject), stanza.subject)
        else:
            yield Item(place, resources, [], stanza.subject)


def _from_stanza(node: Node, gpu_resource: str) -> Resources:
    if not isinstance(node, Mapping):
        return Resources() if plain(node) is None else Resources.from_kubernetes(plain(node), gpu_resource)
    for mapping in (node, *(value for _, value in node.effective().values() if isinstance(value, Mapping))):
        if again := repeated(mapping):
            raise ResourcesError(again)
    return resources_of(node, gpu_resource)


def from_tree(root: Node) -> Resources:
    """Read the constructor's dict from a tree.

    Raises ResourcesError.
    """
    if isinstance(root, Mapping) and (again := repeated(root)):
        raise ResourcesError(again)
    return Resources.from_dict(plain(root))


# ---- telling them apart


def kind_of(root: Node | None) -> str | None:
    """Say which form a document has; None where it is none of them."""
    if not isinstance(root, Mapping):
        return None
    if is_manifest(root):
        return "manifest"
    keys = root.effective()
    if keys and set(keys) <= {"requests", "limits"} and any(isinstance(v, Sequence) for _, v in keys.values()):
        return "protojson"
    if is_stanza(root):
        return "kubernetes"
    if not keys or any(key in PARAMETERS for key in keys) or any(_near_parameter(key) for key in keys):
        return "yaml"
    return None


def _near_parameter(key: str) -> bool:
    from resources_py._names import did_you_mean

    return bool(did_you_mean(key, PARAMETERS))


def guess(source: Source) -> tuple[str, str]:
    """Say which form a source has, and by what that was told.

    Raises Failure where it may be more than one.
    """
    suffix = PurePath(source.path).suffix.lower()
    by_name = _SUFFIXES.get(suffix)
    named = "by its name"
    if by_name in ("txtpb", "delimited"):
        return by_name, named
    if by_name == "jsonl":
        line = source.head(lambda seen: b"\n" in seen.lstrip()).lstrip().partition(b"\n")[0]
        return ("protojsonl", f"{named} and first line") if _line_kind(line) == "protojson" else ("jsonl", named)
    head = source.head(_has_json_line)
    if by_name == "binpb" and not head:
        return by_name, named
    if by_name == "binpb" or (by_name is None and _looks_binary(head)):
        return _guess_binary(source, head, by_name is not None)
    return _guess_text(source, head, by_name)


def _has_json_line(head: bytes) -> bool:
    """Return whether a stream that may be slow begins with a whole line of JSON."""
    line, end, _ = head.lstrip().partition(b"\n")
    return bool(end) and line.startswith(b"{") and line.rstrip().endswith(b"}")


def _guess_binary(source: Source, head: bytes, named: bool) -> tuple[str, str]:
    ended = len(head) < _HEAD
    one = ended and _is_message(head)
    many = _is_stream(head, ended)
    if one and not many:
        return "binpb", "by its name and content" if named else "by its content"
    if many and not one:
        return "delimited", "by its content"
    raise _unsure(source, "binpb or delimited" if one or not named else "binpb, and does not look it")


def _guess_text(source: Source, head: bytes, by_name: str | None) -> tuple[str, str]:
    told = "by its content" if by_name is None else "by its name and content"
    text = head.decode(_inputs.encoding_of(head), "ignore")
    beginning = re.sub(r"\A(\s|#[^\n]*\n)*", "", text)
    if not beginning and len(head) < _HEAD:
        if by_name is not None:
            return by_name, "by its name"
        raise _unsure(source, "anything: it is empty")
    if by_name is None and re.match(r"(requests|limits)\s*[{<]", beginning):
        return "txtpb", told
    if beginning.startswith("{") and by_name != "yaml":
        line, end, rest = beginning.partition("\n")
        kind = _line_kind(line.encode()) if end else None
        # One line of JSON in a file is a document; on a pipe, more lines may follow.
        if kind is not None and (rest.strip() or (source.size is None and kind in ("yaml", "protojson"))):
            return ("protojsonl" if kind == "protojson" else "jsonl"), told
    kind = _first_kind(source, text, ended=len(head) < _HEAD)
    if kind is None:
        raise _unsure(source, "none of the forms that the command reads")
    if kind == "yaml" and (by_name == "json" or (by_name is None and beginning.startswith("{"))):
        kind = "json"
    return kind, told


_API_VERSION: Final = re.compile(r"""^apiVersion:|"apiVersion"\s*:""", re.MULTILINE)


def _first_kind(source: Source, text: str, *, ended: bool) -> str | None:
    """Say which form the first document has. Where `text` is but a beginning, only a manifest is that long."""
    try:
        if text.lstrip().startswith("{"):
            if not ended:
                return "manifest" if _API_VERSION.search(text) else None
            roots = [document.root for document in parse_json(source.name, text)]
            return next((kind_of(root) for root in roots), None)
        parts = list(chunks(re.findall(r"[^\n]*\n|[^\n]+", text)))
        for index, (first_line, chunk) in enumerate(parts):
            if not ended and index == len(parts) - 1:
                return "manifest" if chunk and _API_VERSION.search(chunk) else None
            for document in parse_yaml(source.name, chunk or "", first_line):
                if not (isinstance(document.root, Scalar) and document.root.value is None):
                    return kind_of(document.root)
    except DocumentError as error:
        place = Document(source.name, text, 1, None).place(min(error.offset, len(text)))
        raise Failure(f"{place}: {error.description}: if it is no YAML or JSON, say --from") from error
    return None


def _line_kind(line: bytes) -> str | None:
    try:
        found = parse_json("", line.decode())
    except (DocumentError, UnicodeDecodeError):
        return None
    if len(found) != 1:
        return None
    return kind_of(found[0].root) or "json"


def _unsure(source: Source, what: str) -> Failure:
    return Failure(f"{source.name}: cannot tell what it is ({what}): say --from, one of {', '.join(SOURCES)}")


def _looks_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return re.search(rb"[\x00-\x08\x0e-\x1f]", head) is not None


def _is_message(data: bytes) -> bool:
    """Say whether these are the bytes of a Resources, with nothing in them that it does not have."""
    from google.protobuf.message import DecodeError

    try:
        message = pb.Resources.FromString(data)
    except DecodeError:
        return False
    known = pb.Resources.FromString(data)
    known.DiscardUnknownFields()
    return known.ByteSize() == message.ByteSize()


def _is_stream(head: bytes, ended: bool) -> bool:
    import io

    stream = io.BytesIO(head)
    found = False
    for _, data in _inputs.records(stream):
        if isinstance(data, Unreadable):
            return found and not ended
        if data and not _is_message(data):
            return False
        found = found or bool(data)
    return found


# ---- writing


def write_json(resources: Resources) -> str:
    """Write the constructor's dict, as it was written, without what is not set."""
    return json.dumps({name: value for name, value in resources.to_dict().items() if value is not None})


def _write_yaml(resources: Resources) -> str:
    lines = []
    for name, value in resources.to_dict().items():
        if isinstance(value, list):
            lines.append(f"{name}: [{', '.join(_yaml_scalar(side) for side in value)}]\n")
        elif value is not None:
            lines.append(f"{name}: {_yaml_scalar(value)}\n")
    return "".join(lines) or "{}\n"


def _yaml_scalar(value: str | float | None) -> str:
    # 500m and 1Gi are strings to every reader of YAML; others are quoted, since readers differ over 1e3 or 0x1.
    if isinstance(value, str) and re.fullmatch(r"[0-9]+(m|k|[MGTP]|[KMGTPE]i)", value):
        return value
    return json.dumps(value)


def _write_stanza(resources: Resources, gpu_resource: str) -> str:
    lines = []
    for side, amounts in resources.to_kubernetes(gpu_resource).items():
        lines.append(f"{side}:\n")
        lines += [f"  {name}: {_yaml_scalar(amount)}\n" for name, amount in amounts.items()]
    return "".join(lines) or "{}\n"


def _write_protojson(resources: Resources, indent: int | None) -> str:
    from google.protobuf import json_format

    return json.dumps(json_format.MessageToDict(resources.to_proto()), indent=indent)


def _write_protobuf_text(resources: Resources) -> str:
    from google.protobuf import text_format

    text: str = text_format.MessageToString(resources.to_proto())
    return text


def _write_delimited(resources: Resources) -> bytes:
    data = bytes(resources)
    return _inputs.length_prefix(len(data)) + data


def writer(form: str, gpu_resource: str = DEFAULT_GPU_RESOURCE) -> Callable[[Resources], bytes]:
    """Give what writes one Resources in a form.

    It raises ResourcesError for what Kubernetes refuses, if the form is Kubernetes'.
    """
    texts: dict[str, Callable[[Resources], str]] = {
        "json": lambda r: write_json(r) + "\n",
        "jsonl": lambda r: write_json(r) + "\n",
        "yaml": _write_yaml,
        "kubernetes": lambda r: _write_stanza(r, gpu_resource),
        "kubernetes-json": lambda r: json.dumps(r.to_kubernetes(gpu_resource), indent=2) + "\n",
        "protojson": lambda r: _write_protojson(r, 2) + "\n",
        "protojsonl": lambda r: _write_protojson(r, None) + "\n",
        "txtpb": _write_protobuf_text,
    }
    if form == "binpb":
        return bytes
    if form == "delimited":
        return _write_delimited
    text = texts[form]
    return lambda resources: text(resources).encode()


SEPARATORS: Final = {"yaml": b"---\n", "kubernetes": b"---\n"}


def target_of(path: str) -> str | None:
    """Say which form a file of this name has, where its name says it."""
    return _SUFFIXES.get(PurePath(path).suffix.lower())


def check_target(form: str, many: bool) -> None:
    """Refuse to write many where a file holds one."""
    if many and form in ONE:
        fitting = {"json": "jsonl", "protojson": "protojsonl", "binpb": "delimited", "txtpb": "delimited"}
        raise Failure(f"there is more than one to write, and {form} holds one: --to {fitting.get(form, 'kubernetes')}")


def shown(value: object) -> str:
    """Give a value as it was written, for a person."""
    return value if isinstance(value, str) else quoted(value)
